"""Mails: what arrives, for which address, and what the mail server may answer."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest
from django.test import override_settings

from notifications.channels import Send, register_channel
from notifications.models import Delivery
from notifications.sending import send_due
from notifications.settling import SendResult
from people.models import User
from tests.notifications.conftest import ahead, mail_to
from tests.notifications.smtp import Post, post_office
from tests.outbox import channels_put_back, queue_delivery

pytestmark = pytest.mark.django_db

HELLO = """Hello there.

http://127.0.0.1:8000/incidents/INC-7/

--\x20
You get this because somebody tests one of your channels.
Nobody reads replies to this address."""


def test_a_mail_arrives_with_its_row_as_message_id(post: Post, lena: User) -> None:
    row = mail_to(
        lena, html="<p>Hello</p>", url="/incidents/INC-7/", incident_id=7, incident_ref="INC-7"
    )
    assert send_due("email") == SendResult(sent=1)
    (message,) = post.messages
    plain = message.get_body(("plain",))
    html = message.get_body(("html",))
    assert plain is not None and html is not None
    assert (
        message["Message-ID"],
        message["To"],
        message["Subject"],
        message["References"],
        message["Auto-Submitted"],
        plain.get_content().replace("\r\n", "\n").strip(),
        html.get_content().strip(),
    ) == (
        f"<{row.pk}@127.0.0.1>",
        "lena@example.org",
        "Hello",
        "<INC-7@127.0.0.1>",
        "auto-generated",
        HELLO,
        "<p>Hello</p>",
    )
    row.refresh_from_db()
    assert (row.state, row.attempt, row.sent_at is not None) == ("sent", 1, True)
    assert send_due("email") == SendResult()


def test_many_mails_share_a_connection(post: Post, lena: User) -> None:
    for number in range(45):
        mail_to(lena, f"k{number}")
    assert send_due("email").sent == 45
    assert (len(set(post.ids)), post.connections) == (45, 3)


def test_a_subject_cannot_add_headers(post: Post, lena: User) -> None:
    mail_to(lena, subject_line="Hi\nBcc: everybody@example.org\r\n\r\nBody")
    send_due("email")
    (message,) = post.messages
    assert (message["Subject"], message["Bcc"]) == ("Hi Bcc: everybody@example.org Body", None)


def test_a_mail_leaves_for_the_address_that_somebody_has_then(lena: User, post: Post) -> None:
    mail_to(lena, "queued before")
    User.objects.filter(pk=lena.pk).update(email="lena@new.example")
    assert send_due("email") == SendResult(sent=1)
    assert [message["To"] for message in post.messages] == ["lena@new.example"]


def test_an_address_that_changes_while_a_batch_leaves_counts_at_once(
    lena: User,
) -> None:
    taken: list[str] = []

    @contextmanager
    def session() -> Iterator[Send]:
        def send(rows: Sequence[Delivery]) -> None:
            assert rows[0].person is not None
            taken.append(rows[0].person.email)
            # Both are claimed, the first is in hand.
            User.objects.filter(pk=lena.pk).update(email="lena@new.example")

        yield send

    before = lena.email
    mail_to(lena, "first")
    mail_to(lena, "second")
    with channels_put_back():
        register_channel("email", session)
        assert send_due("email") == SendResult(sent=2)
    assert taken == [before, "lena@new.example"]


def test_an_address_that_is_none_is_given_up_at_once(post: Post, manager: User) -> None:
    queue_delivery(
        key="k",
        kind="test",
        subject_line="S",
        text="T",
        channels=("email",),
        address="a@b.org\nRCPT TO:<x@y.org>",
    )
    assert send_due("email") == SendResult(dead=1)
    assert post.messages == []


def test_a_mailbox_that_does_not_exist_is_given_up_and_said_so_elsewhere(
    post: Post, lena: User, manager: User
) -> None:
    post.answers[lena.email] = "550 5.1.1 No such user"
    row = mail_to(lena, incident_id=7, incident_ref="INC-7")
    mail_to(manager, "other")
    assert send_due("email") == SendResult(sent=1, dead=1)
    row.refresh_from_db()
    assert (row.state, row.last_error) == (
        "dead",
        "The mail server refused lena@example.org: 550 5.1.1 No such user",
    )
    notice = Delivery.objects.get(kind="undelivered")
    assert (notice.person, notice.channel, notice.incident_id, notice.subject_line) == (
        manager,
        "in_app",
        7,
        "A message about INC-7 could not be delivered",
    )


def test_a_busy_mailbox_is_tried_again_with_the_same_id(post: Post, lena: User) -> None:
    post.answers[lena.email] = "450 4.2.1 Busy"
    row = mail_to(lena)
    assert send_due("email") == SendResult(retried=1)
    post.answers.clear()
    assert send_due("email") == SendResult(), "not before its time"
    ahead(seconds=15)
    assert send_due("email") == SendResult(sent=1)
    assert post.ids == [f"<{row.pk}@127.0.0.1>"]


def test_without_a_mail_server_a_pass_ends_early_and_nothing_is_lost(lena: User) -> None:
    with post_office() as post:
        port = post.port
    for number in range(50):
        mail_to(lena, f"k{number}")
    with override_settings(
        EMAIL_BACKEND="django.core.mail.backends.smtp.EmailBackend",
        EMAIL_HOST="127.0.0.1",
        EMAIL_PORT=port,
    ):
        assert send_due("email") == SendResult(retried=20, blocked=True)
    ahead(seconds=20)
    with post_office() as post:
        assert send_due("email") == SendResult(sent=50)
    assert len(set(post.ids)) == 50
