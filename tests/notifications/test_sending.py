"""Sending the outbox: claim, lease, fence, retry, expiry, and what is never sent."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import connection

from clock.queries import now
from notifications import claiming, sending, settling
from notifications.actions import cancel_deliveries
from notifications.channels import Later, Never, Send, register_channel
from notifications.messages import ChannelTest
from notifications.models import Delivery, State
from notifications.queries import check_books
from notifications.sending import send_due
from notifications.settling import SendResult, wait_after
from people.models import User
from tests.notifications.conftest import ahead, mail_to
from tests.notifications.smtp import Post
from tests.outbox import channels_put_back, queue_delivery, unregister_channel

HOUR = timedelta(hours=1)

pytestmark = pytest.mark.django_db


class Hook:
    """The other side of a webhook channel: ``answers`` are raised one after the other."""

    def __init__(self) -> None:
        self.answers: list[Exception] = []
        self.taken: list[str] = []
        self.in_transaction: list[bool] = []

    @contextmanager
    def session(self) -> Iterator[Send]:
        def send(rows: Sequence[Delivery]) -> None:
            self.in_transaction.append(connection.in_atomic_block)
            if self.answers:
                raise self.answers.pop(0)
            self.taken += [row.key for row in rows]

        yield send


@pytest.fixture
def hook() -> Iterator[Hook]:
    """A webhook channel for the length of a test."""
    receiver = Hook()
    with channels_put_back():
        register_channel("webhook", receiver.session)
        yield receiver


def post_to_hook(key: str = "k", **more: object) -> Delivery:
    """Queue one webhook message and answer its row."""
    fields = {"kind": "test", "subject_line": "S", "text": "T", **more}
    queue_delivery(key=key, address="https://h.example", channels=("webhook",), **fields)  # type: ignore[arg-type]
    return Delivery.objects.get(key=f"{key}/webhook")


def test_a_channel_that_cannot_be_opened_costs_no_row_its_life(
    hook: Hook, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> object:
        raise ImportError("no such backend")

    register_channel("webhook", broken)  # type: ignore[arg-type]
    rows = [post_to_hook(f"k{number}") for number in range(3)]
    assert send_due("webhook") == SendResult(retried=3, blocked=True)
    states = set(Delivery.objects.values_list("state", "last_error", "crashes"))
    assert states == {("pending", "ImportError: no such backend", 0)}
    register_channel("webhook", hook.session)
    ahead(seconds=15)
    assert send_due("webhook") == SendResult(sent=len(rows))


def test_nothing_stale_is_sent(hook: Hook, lena: User, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = {"a/webhook": "The update was published.", "b/webhook": None}
    monkeypatch.setattr(ChannelTest, "why_stale", lambda kind, delivery: answers[delivery.key])
    stale, fresh = post_to_hook("a"), post_to_hook("b")
    assert send_due("webhook") == SendResult(sent=1, cancelled=1)
    stale.refresh_from_db()
    fresh.refresh_from_db()
    assert (stale.state, stale.cancelled_reason, fresh.state) == (
        "cancelled",
        "The update was published.",
        "sent",
    )
    assert hook.taken == ["b/webhook"]


def test_a_person_who_left_gets_nothing(post: Post, lena: User) -> None:
    row = mail_to(lena)
    User.objects.update(is_active=False)
    assert send_due("email") == SendResult(cancelled=1)
    row.refresh_from_db()
    assert (row.cancelled_reason, post.messages) == ("The account is not active.", [])


def test_a_relevance_check_that_fails_holds_the_message_back(
    hook: Hook, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(kind: ChannelTest, delivery: Delivery) -> str | None:
        raise ZeroDivisionError

    monkeypatch.setattr(ChannelTest, "why_stale", breaks)
    post_to_hook()
    assert send_due("webhook") == SendResult(retried=1)
    assert hook.taken == []


def test_what_is_no_longer_worth_it_expires(hook: Hook) -> None:
    row = post_to_hook(expires_at=now() + HOUR)
    ahead(hours=2)
    assert send_due("webhook") == SendResult(expired=1)
    row.refresh_from_db()
    assert (row.state, hook.taken) == ("expired", [])


def test_a_retry_that_would_come_too_late_expires_at_once(hook: Hook) -> None:
    hook.answers = [Later("503", after=timedelta(minutes=30))]
    row = post_to_hook(expires_at=now() + timedelta(minutes=20))
    assert send_due("webhook") == SendResult(expired=1)
    row.refresh_from_db()
    assert (row.state, row.last_error) == ("expired", "503")


def test_retry_after_is_obeyed(hook: Hook) -> None:
    hook.answers = [Later("429", after=timedelta(minutes=30))]
    post_to_hook()
    send_due("webhook")
    ahead(minutes=29)
    assert send_due("webhook") == SendResult()
    ahead(minutes=31)
    assert send_due("webhook") == SendResult(sent=1)


def test_waits_double_with_jitter_up_to_an_hour() -> None:
    for attempt, seconds in [(1, 10), (2, 20), (5, 160), (9, 2560), (10, 3600), (99, 3600)]:
        waits = {wait_after(attempt).total_seconds() for _ in range(50)}
        assert seconds * 0.75 <= min(waits) < max(waits) <= seconds * 1.25


def test_after_72_hours_it_is_given_up_and_shown(hook: Hook, manager: User) -> None:
    row = post_to_hook(incident_id=7)
    for hours in (0, 24, 48, 71):
        ahead(hours=hours)
        hook.answers = [Later("timed out")]
        assert send_due("webhook") == SendResult(retried=1)
    ahead(hours=73)
    hook.answers = [Later("timed out")]
    assert send_due("webhook") == SendResult(dead=1)
    row.refresh_from_db()
    assert (row.state, row.attempt, row.last_error) == ("dead", 5, "timed out")
    reported = Delivery.objects.filter(kind="undelivered", person=manager)
    assert sorted(reported.values_list("channel", flat=True)) == ["email", "in_app"]


def test_gone_is_given_up_at_once(hook: Hook) -> None:
    hook.answers = [Never("410 Gone")]
    row = post_to_hook()
    assert send_due("webhook") == SendResult(dead=1)
    row.refresh_from_db()
    assert row.last_error == "410 Gone"


def test_an_unforeseen_error_is_a_retry(hook: Hook) -> None:
    hook.answers = [KeyError("x")]
    row = post_to_hook()
    assert send_due("webhook") == SendResult(retried=1)
    row.refresh_from_db()
    assert (row.state, row.last_error, row.crashes) == ("pending", "KeyError: 'x'", 0)


def test_cancelled_while_being_sent_ends_as_sent_or_cancelled_never_retried(hook: Hook) -> None:
    outcomes = []
    for key, then in [("a", None), ("b", Later("timed out"))]:
        row = post_to_hook(key, source="s:1")
        (claimed,) = claiming.claim_batch("webhook")
        cancel_deliveries(source="s:1", reason="It was done.")
        if then:
            settling.try_again([claimed], then)
        else:
            settling.settle(claimed, State.SENT, sent_at=now(), cancelled_reason="")
        row.refresh_from_db()
        outcomes.append((row.state, row.cancelled_reason))
    assert outcomes == [("sent", ""), ("cancelled", "It was done.")]


def test_the_fence_holds_off_a_sender_whose_lease_ran_out(hook: Hook) -> None:
    row = post_to_hook()
    (slow,) = claiming.claim_batch("webhook")
    assert send_due("webhook") == SendResult(), "the lease holds"
    ahead(seconds=31)
    assert send_due("webhook") == SendResult(sent=1)
    assert settling.settle(slow, State.DEAD) is False
    assert settling.try_again([slow], Later("late")) == SendResult()
    row.refresh_from_db()
    assert (row.state, row.attempt, row.crashes) == ("sent", 2, 1)


def test_a_row_that_kills_five_senders_is_set_aside_and_the_others_leave(
    hook: Hook, manager: User
) -> None:
    bad = post_to_hook("bad", incident_id=7)
    for number in range(30):
        post_to_hook(f"k{number:02}")
    assert len(claiming.claim_batch("webhook")) == 20, "and here the sender dies"
    assert send_due("webhook") == SendResult(sent=11)
    died = 0
    while True:
        ahead(seconds=31 * (died + 1))
        # Whoever had a dying sender goes alone, so that only the bad row is lost with it.
        alone = claiming.claim_suspect("webhook")
        if alone[0].pk != bad.pk:
            sending._send_batch("webhook", alone)
            continue
        if alone[0].crashes >= settling.CRASHES:
            assert sending._send_batch("webhook", alone) == SendResult(dead=1)
            break
        died += 1
    assert died == 4
    assert len(hook.taken) == 30
    bad.refresh_from_db()
    assert (bad.state, bad.last_error) == ("dead", "5 senders died with it in hand.")


def test_the_books_say_what_time_shows(hook: Hook, lena: User) -> None:
    post_to_hook("waiting")
    post_to_hook("held")
    Delivery.objects.filter(key="held/webhook").update(state=State.SENDING)
    queue_delivery(
        key="x",
        kind="test",
        address="c",
        channels=("chat",),
        subject_line="S",
        text="T",
        due_at=now() + HOUR,
    )
    unregister_channel("chat")
    assert check_books() == ["Deliveries wait for the channel chat, which nobody serves."]
    ahead(minutes=10)
    assert check_books() == [
        "1 deliveries are held by senders that died, and nobody takes them.",
        "1 deliveries are due for more than five minutes.",
        "Deliveries wait for the channel chat, which nobody serves.",
    ]


@pytest.mark.django_db(transaction=True)
def test_nothing_is_sent_inside_a_transaction(hook: Hook) -> None:
    post_to_hook()
    assert send_due("webhook") == SendResult(sent=1)
    assert hook.in_transaction == [False]
