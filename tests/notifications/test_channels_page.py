"""The managers' page of channels: whether each works, and a test to oneself."""

from datetime import timedelta

import pytest
from django.test import Client, override_settings
from django.urls import reverse

from clock.queries import now
from notifications.channels import setup_of
from notifications.models import Delivery, Endpoint, State
from notifications.queries import channel_overview
from notifications.sending import send_due
from people.models import User
from tests.conftest import Clock
from tests.notifications.smtp import Post
from tests.outbox import queue_delivery

PAGE = "admin:notifications_channelstatus_changelist"
TEST = "admin:notifications_channelstatus_test"
SMTP = {
    "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
    "EMAIL_HOST": "mail.example.org",
    "EMAIL_PORT": 587,
    "EMAIL_HOST_USER": "the-user",
    "EMAIL_HOST_PASSWORD": "the-password",
    "EMAIL_USE_TLS": True,
    "EMAIL_USE_SSL": False,
}


@pytest.fixture
def seat(manager: User, client: Client) -> Client:
    """The manager, signed in."""
    client.force_login(manager)
    return client


def mail(key: str, person: User, **fields: object) -> None:
    """A mail in the outbox, brought to where ``fields`` say."""
    queue_delivery(
        key=key, kind="test", subject_line=key, text=key, person=person, channels=("email",)
    )
    Delivery.objects.filter(key=f"{key}/email").update(**fields)


def give_up(key: str, person: User, *, hours_ago: float) -> None:
    """A mail that could not be delivered."""
    at = now() - timedelta(hours=hours_ago)
    said = f"{key}: the mailbox is full."
    mail(key, person, state=State.DEAD, next_attempt_at=None, settled_at=at, last_error=said)


def test_a_line_says_what_a_channel_did_lately(lena: User) -> None:
    mail("waits", lena)
    sent_at = now()
    mail("went", lena, state=State.SENT, next_attempt_at=None, settled_at=sent_at, sent_at=sent_at)
    give_up("old", lena, hours_ago=30)
    give_up("new", lena, hours_ago=2)
    chat, email, fan_out, in_app, webhook = channel_overview(now() - timedelta(hours=24))
    own = [one.is_own for one in (chat, email, fan_out, in_app, webhook)]
    assert own == [False, True, False, True, False]
    assert (email.name, email.waiting, email.dead, email.succeeded_at) == ("email", 1, 1, sent_at)
    assert email.failed is not None
    assert email.failed.last_error == "new: the mailbox is full."
    assert (in_app.name, in_app.waiting, in_app.dead) == ("in_app", 0, 0)
    assert (in_app.succeeded_at, in_app.failed) == (None, None)


def test_the_page_links_the_very_rows_it_counts(seat: Client, lena: User) -> None:
    give_up("old", lena, hours_ago=30)
    give_up("new", lena, hours_ago=2)
    mail("waits", lena)
    answer = seat.get(reverse(PAGE))
    page = answer.content.decode()
    assert "new: the mailbox is full." in page
    assert "1 given up" in page and "1 waiting" in page
    (line,) = [one for one in answer.context["lines"] if one["view"].name == "email"]
    shown = {
        name: [row.subject_line for row in seat.get(line[name]).context["cl"].result_list]
        for name in ("waiting_url", "dead_url")
    }
    assert shown == {"waiting_url": ["waits"], "dead_url": ["new"]}


@override_settings(**SMTP)
def test_how_mail_is_set_up_is_told_without_secrets(seat: Client) -> None:
    words = "SMTP to mail.example.org:587, STARTTLS, signed in."
    assert (setup_of("email").is_ready, setup_of("email").words) == (True, words)
    page = seat.get(reverse(PAGE)).content.decode()
    assert words in page
    assert "the-user" not in page and "the-password" not in page


@override_settings(EMAIL_BACKEND="django.core.mail.backends.filebased.EmailBackend")
def test_mail_without_a_server_is_not_set_up(seat: Client) -> None:
    assert setup_of("email").is_ready is False
    assert "No EMAIL_URL is set" in seat.get(reverse(PAGE)).content.decode()


def test_a_test_to_oneself_goes_the_way_of_every_delivery(
    seat: Client, manager: User, post: Post
) -> None:
    User.objects.filter(pk=manager.pk).update(by_email=False)
    answer = seat.post(reverse(TEST, args=["email"]), follow=True)
    assert [str(one) for one in answer.context["messages"]] == [
        "A test is on its way to you: E-mail."
    ]
    delivery = Delivery.objects.get(kind="test")
    assert (delivery.channel, delivery.person, delivery.state) == ("email", manager, "pending")
    assert send_due("email").sent == 1
    assert [one["Subject"] for one in post.messages] == ["A test from Endstate"]


def test_a_test_inside_the_product_is_there_at_once(seat: Client, manager: User) -> None:
    seat.post(reverse(TEST, args=["in_app"]))
    seat.post(reverse(TEST, args=["in_app"]))
    assert Delivery.objects.inbox_of(manager.pk).count() == 2


def test_a_test_that_nobody_sent_for_an_hour_is_let_go(
    seat: Client, manager: User, clock: Clock
) -> None:
    seat.post(reverse(TEST, args=["email"]))
    clock.advance(minutes=61)
    assert send_due("email").expired == 1


def test_only_a_post_with_its_token_sends_a_test(seat: Client, manager: User) -> None:
    assert seat.get(reverse(TEST, args=["email"])).status_code == 405
    assert seat.post(reverse(TEST, args=["pigeon"])).status_code == 404
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(manager)
    assert strict.post(reverse(TEST, args=["email"])).status_code == 403
    assert Delivery.objects.count() == 0


@pytest.mark.parametrize("role", ["responder", "stakeholder", None])
def test_nobody_else_sees_the_page_or_sends_a_test(
    role: str | None, client: Client, lena: User
) -> None:
    if role is not None:
        User.objects.filter(pk=lena.pk).update(role=role)
        lena.refresh_from_db()
        client.force_login(lena)
    assert client.get(reverse(PAGE)).status_code in (302, 403)
    assert client.post(reverse(TEST, args=["email"])).status_code in (302, 403)
    assert Delivery.objects.count() == 0


def test_the_index_leads_to_the_page_which_holds_nothing_inline(seat: Client) -> None:
    assert reverse(PAGE) in seat.get(reverse("admin:index")).content.decode()
    page = seat.get(reverse(PAGE)).content.decode()
    assert page.count("csrfmiddlewaretoken") >= 2
    assert "<style" not in page and " style=" not in page and "onclick" not in page


def test_a_manager_makes_tries_and_removes_a_channel_outside(seat: Client) -> None:
    add = reverse("admin:notifications_endpoint_add")
    typed = {"kind": "webhook", "name": "Ops", "url": "http://10.0.0.1/", "room_url": ""}
    assert "is not a public address" in seat.post(add, typed).content.decode()
    answer = seat.post(add, {**typed, "url": "https://hooks.example.com/T0/secret-part"})
    assert "whsec_" in answer.content.decode()
    assert "no-store" in answer.headers["Cache-Control"]
    endpoint = Endpoint.objects.get()
    page = seat.get(reverse(PAGE)).content.decode()
    assert "hooks.example.com" in page and "secret-part" not in page and "whsec_" not in page
    tried = seat.post(reverse("admin:notifications_endpoint_test", args=[endpoint.pk]), follow=True)
    assert [str(one) for one in tried.context["messages"]] == ["A test is on its way to Ops."]
    delivery = Delivery.objects.get(kind="test")
    assert (delivery.channel, delivery.recipient) == ("webhook", "Ops")
    removed = seat.post(
        reverse("admin:notifications_endpoint_delete", args=[endpoint.pk]), {"post": "yes"}
    )
    delivery.refresh_from_db()
    assert (removed.status_code, delivery.state) == (302, "cancelled")
    assert not Endpoint.objects.exists()
