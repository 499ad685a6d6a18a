"""A target that takes nothing: one message tries it for all, and nobody else waits for it."""

import smtplib
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import connections
from django.test import override_settings

from clock.actions import set_offset
from clock.queries import now
from notifications import targets
from notifications.channels import Later, Send, email, register_channel, smtp
from notifications.models import Delivery, ShutTarget
from notifications.queries import check_books
from notifications.sending import seconds_until_due, send_due
from notifications.settling import SendResult, wait_unsure
from people.models import User
from tests.notifications.conftest import nobody_judges
from tests.notifications.smtp import Post, post_office
from tests.outbox import channels_put_back, queue_delivery

__all__ = ["nobody_judges"]

pytestmark = pytest.mark.django_db

BACKEND = "django.core.mail.backends.smtp.EmailBackend"


def mails(person: User, count: int, **more: object) -> None:
    """Queue that many mails."""
    for number in range(count):
        fields = {"kind": "test", "subject_line": "S", "text": "T", **more}
        queue_delivery(key=f"k{number}", person=person, channels=("email",), **fields)  # type: ignore[arg-type]


def at(seconds: float) -> None:
    """Move the clock to that far ahead."""
    set_offset(seconds)


def gone() -> int:
    """A port where nobody listens."""
    with post_office() as post:
        return post.port


def without_end(failures: int) -> timedelta:
    """A wait that doubles: the fifth try comes after 3 472 s, the next an hour later."""
    wait: timedelta = timedelta(seconds=112) * 2 ** (failures - 1)
    return wait


@pytest.mark.parametrize(
    ("wait_after", "sent"),
    [(targets.wait_after, 60), (without_end, 0)],
    ids=["opens for all", "control: a wait that doubles without end"],
)
def test_after_an_hour_without_a_mail_server_everything_leaves_within_40_s(
    wait_after: Callable[[int], timedelta],
    sent: int,
    lena: User,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(targets, "wait_after", wait_after)
    port = gone()
    mails(lena, 60)
    with override_settings(EMAIL_BACKEND=BACKEND, EMAIL_HOST="127.0.0.1", EMAIL_PORT=port):
        for second in range(0, 3600, 20):
            at(second)
            send_due("email")
    at(3640)
    with post_office() as post:
        assert send_due("email").sent == sent
    assert len(set(post.ids)) == len(post.ids) == sent


def test_while_it_is_shut_one_message_is_tried_and_the_others_say_why_they_wait(
    lena: User,
) -> None:
    port = gone()
    mails(lena, 50)
    with override_settings(EMAIL_BACKEND=BACKEND, EMAIL_HOST="127.0.0.1", EMAIL_PORT=port):
        assert send_due("email") == SendResult(retried=20, blocked=True)
        assert send_due("email") == SendResult(), "nobody tries before its time"
        waits = seconds_until_due("email")
        assert waits is not None
        assert 1 < waits <= 2.5
        at(10)
        assert send_due("email") == SendResult(retried=1, blocked=True)
    reasons = set(Delivery.objects.values_list("last_error", flat=True))
    assert len(reasons) == 1
    assert reasons.pop().startswith("The mail server cannot be reached")
    assert Delivery.objects.filter(state="pending", next_attempt_at__lte=now()).count() == 50
    at(900)
    assert check_books() == [], "what waits for a machine that is away is accounted for"


def test_what_waits_for_a_shut_target_still_expires_and_is_given_up_after_72_hours(
    lena: User,
) -> None:
    port = gone()
    mails(lena, 30, expires_at=now() + timedelta(minutes=5))
    queue_delivery(
        key="old", kind="test", subject_line="S", text="T", person=lena, channels=("email",)
    )
    with override_settings(EMAIL_BACKEND=BACKEND, EMAIL_HOST="127.0.0.1", EMAIL_PORT=port):
        send_due("email")
        at(600)
        assert send_due("email").expired == 30
        at(73 * 3600)
        assert send_due("email").dead == 1


@pytest.mark.parametrize(
    ("verdict", "result", "state"),
    [
        ("554 5.7.1 Refused", SendResult(dead=1), "dead"),
        ("552 5.3.4 Too big", SendResult(dead=1), "dead"),
        ("451 4.3.0 Later", SendResult(retried=1), "pending"),
        ("421 4.3.2 Closing", SendResult(retried=1, blocked=True), "pending"),
        ("530 5.7.0 Sign in first", SendResult(retried=1, blocked=True), "pending"),
    ],
)
def test_permanent_is_permanent_and_the_rest_is_not(
    post: Post, lena: User, verdict: str, result: SendResult, state: str
) -> None:
    post.verdict = verdict
    mails(lena, 1)
    assert send_due("email") == result
    assert Delivery.objects.get(key="k0/email").state == state
    at(3600)
    send_due("email")
    assert len(post.ids) == (1 if state == "dead" else 2)


def test_control_taken_for_a_moment_s_refusal_a_permanent_one_is_asked_for_again(
    post: Post, lena: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(email, "_refused", lambda code, said, may_change=False: Later(said))
    post.verdict = "554 5.7.1 Refused"
    mails(lena, 1)
    assert send_due("email") == SendResult(retried=1)
    at(3600)
    assert send_due("email") == SendResult(retried=1)
    assert len(post.ids) == 2


def test_a_relay_that_refuses_the_recipient_for_good_is_not_asked_again(
    post: Post, lena: User
) -> None:
    post.answers[lena.email] = "554 5.7.1 Relay access denied"
    mails(lena, 1)
    assert send_due("email") == SendResult(dead=1)


def test_a_mailbox_that_is_full_may_have_room_again(post: Post, lena: User) -> None:
    post.answers[lena.email] = "552 5.2.2 Mailbox full"
    mails(lena, 1)
    assert send_due("email") == SendResult(retried=1)
    post.answers.clear()
    at(3600)
    assert send_due("email") == SendResult(sent=1)


def test_a_server_that_hangs_up_after_the_mail_gets_at_most_one_in_a_hundred_twice(
    post: Post, lena: User
) -> None:
    mails(lena, 300)
    post.drops = 3
    for second in [*range(0, 60, 5), 700]:
        at(second)
        send_due("email")
    copies = Counter(post.ids)
    assert Delivery.objects.filter(channel="email", state="sent").count() == 300
    assert sorted(copies.values()) == [1] * 297 + [2] * 3


@pytest.mark.parametrize(
    ("doubts", "copies"),
    [(True, {2}), (False, {4, 5, 6})],
    ids=["in doubt it waits", "control: as soon as it opens"],
)
def test_a_mail_that_may_have_arrived_is_not_sent_again_and_again(
    doubts: bool, copies: set[int], post: Post, lena: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not doubts:
        monkeypatch.setattr(smtp._Bounded, "getreply", smtplib.SMTP.getreply)
    mails(lena, 1)
    post.drops = 100
    for second in range(0, 60, 5):
        at(second)
        send_due("email")
    assert len(set(post.ids)) == 1, "the Message-ID stays"
    assert len(post.ids) in copies


def test_a_message_in_doubt_waits_longer_each_time() -> None:
    waits = [wait_unsure(number).total_seconds() for number in range(4)]
    assert waits == [30, 600, 3600, 3600]


@contextmanager
def talking(words: bytes) -> Iterator[int]:
    """A server that says ``words`` twice a second and never comes to an end."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        over = threading.Event()

        def talk() -> None:
            try:
                line, _ = listener.accept()
                with line:
                    while not over.wait(0.5):
                        line.sendall(words)
            except OSError:
                return

        thread = threading.Thread(target=talk, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        over.set()
    thread.join(5)


@pytest.mark.parametrize(
    ("limit_s", "ends"), [(2.0, True), (1000.0, False)], ids=["cut off", "control: no limit"]
)
def test_a_mail_server_that_talks_for_ever_is_cut_off(
    limit_s: float, ends: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smtp, "CONVERSATION_S", limit_s)
    with talking(b"220-wait\r\n") as port:
        done = threading.Event()

        def connect() -> None:
            with pytest.raises(smtplib.SMTPException):
                smtp.Backend(host="127.0.0.1", port=port, timeout=10).open()
            done.set()

        thread = threading.Thread(target=connect, daemon=True)
        thread.start()
        assert done.wait(8) is ends
    assert done.wait(15)


class Hooks:
    """Several machines of one channel, some of which take nothing."""

    def __init__(self) -> None:
        self.away: set[str] = set()
        self.taken: list[str] = []

    @contextmanager
    def session(self) -> Iterator[Send]:
        def send(rows: Sequence[Delivery]) -> None:
            if rows[0].target in self.away:
                raise Later("It is away.", whole_channel=True)
            self.taken += [row.key for row in rows]

        yield send


@pytest.fixture
def hooks() -> Iterator[Hooks]:
    found = Hooks()
    with channels_put_back():
        register_channel("webhook", found.session, target_of=lambda address: address.split("/")[2])
        yield found


def test_one_machine_that_is_away_holds_up_nothing_for_another(hooks: Hooks) -> None:
    for number in range(40):
        host = "a.example" if number % 2 else "b.example"
        queue_delivery(
            key=f"k{number}",
            kind="test",
            subject_line="S",
            text="T",
            address=f"https://{host}/x",
            channels=("webhook",),
        )
    hooks.away = {"a.example"}
    assert send_due("webhook").sent == 20
    assert len(hooks.taken) == 20
    assert set(ShutTarget.objects.values_list("target", flat=True)) == {"a.example"}
    hooks.away = set()
    at(5)
    assert send_due("webhook").sent == 20
    assert not ShutTarget.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_of_eight_senders_one_tries_a_shut_target(hooks: Hooks, lena: User) -> None:
    mails(lena, 30)
    tried = []

    @contextmanager
    def session() -> Iterator[Send]:
        tried.append(threading.get_ident())
        time.sleep(0.3)
        raise Later("It is away.", whole_channel=True)
        yield

    register_channel("email", session)
    targets.shut("email", "", "It is away.")
    at(5)

    def run() -> None:
        try:
            send_due("email")
        finally:
            connections.close_all()

    senders = [threading.Thread(target=run) for _ in range(8)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    assert len(tried) == 1
