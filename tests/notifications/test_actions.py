"""Writing the outbox: once per key, to the channels a person wants, and cancelling it again."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from clock.queries import now
from notifications.actions import (
    cancel_deliveries,
    mark_all_read,
    mark_read,
    replay_delivery,
)
from notifications.models import Delivery, State
from notifications.queries import inbox
from people.models import User
from refusals.errors import NotVisible
from tests.outbox import queue_delivery

pytestmark = pytest.mark.django_db


def tell(person: User, key: str = "k", **more: object) -> None:
    """Queue a message nobody has to read."""
    fields = {"kind": "test", "subject_line": "Hello", "text": "Hello there.", **more}
    queue_delivery(key=key, person=person, **fields)  # type: ignore[arg-type]


def test_a_message_is_in_the_inbox_at_once_and_waits_for_the_mail(lena: User) -> None:
    tell(lena, incident_id=7, incident_ref="INC-7", url="/incidents/INC-7/")
    rows = Delivery.objects.order_by("channel")
    assert [
        (row.key, row.channel, row.state, row.next_attempt_at == row.due_at) for row in rows
    ] == [("k/email", "email", "pending", True), ("k/in_app", "in_app", "sent", False)]
    assert [row.text for row in inbox(lena)] == ["Hello there."]


def test_the_same_key_is_once(lena: User) -> None:
    tell(lena)
    tell(lena, text="Something else.")
    assert sorted(Delivery.objects.values_list("key", "text")) == [
        ("k/email", "Hello there."),
        ("k/in_app", "Hello there."),
    ]


def test_who_wants_no_mail_gets_none(lena: User) -> None:
    lena.by_email = False
    tell(lena)
    assert [row.channel for row in Delivery.objects.all()] == ["in_app"]


def test_an_address_needs_its_channel() -> None:
    with pytest.raises(ValueError, match="names its channel"):
        queue_delivery(key="k", kind="test", address="a@b.org", subject_line="S", text="T")
    queue_delivery(
        key="k", kind="test", address="a@b.org", subject_line="S", text="T", channels=("email",)
    )
    assert Delivery.objects.get().recipient == "a@b.org"


def test_a_rollback_leaves_nothing(lena: User) -> None:
    def fails() -> None:
        with transaction.atomic():
            tell(lena)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fails()
    assert Delivery.objects.count() == 0


def test_what_cannot_be_stored_or_sent_as_a_header_is_taken_out(lena: User) -> None:
    tell(
        lena,
        subject_line="Hello\r\nBcc: all@example.org\x00",
        text="a\x00b\nc\x1b",
        url="/x\r\nY: z",
    )
    row = Delivery.objects.get(channel="email")
    assert (row.subject_line, row.text, row.url) == (
        "Hello Bcc: all@example.org",
        "ab\nc",
        "/x Y: z",
    )


def test_cancelling_by_source_leaves_other_sources_and_what_was_sent(lena: User) -> None:
    tell(lena, "a", source="deadline:1")
    tell(lena, "b", source="deadline:2")
    assert cancel_deliveries(source="deadline:1", reason="It was done.") == 1
    assert cancel_deliveries(source="deadline:1", reason="Again.") == 0
    assert sorted(Delivery.objects.values_list("key", "state", "cancelled_reason")) == [
        ("a/email", "cancelled", "It was done."),
        ("a/in_app", "sent", ""),
        ("b/email", "pending", ""),
        ("b/in_app", "sent", ""),
    ]


def test_cancelling_by_incident_person_and_kind(lena: User, manager: User) -> None:
    tell(lena, "a", incident_id=7, kind="test")
    tell(manager, "b", incident_id=7, kind="undelivered")
    tell(lena, "c", incident_id=8, kind="test")
    assert cancel_deliveries(incident_id=7, kinds=["test"], reason="Ended.") == 1
    assert cancel_deliveries(person=lena, reason="Gone.") == 1
    states = (
        Delivery.objects.filter(channel="email").order_by("key").values_list("state", flat=True)
    )
    assert list(states) == ["cancelled", "pending", "cancelled"]


def test_cancelling_everything_is_refused() -> None:
    with pytest.raises(ValueError, match="needs a source"):
        cancel_deliveries(reason="No.")


def test_cancelling_a_row_that_is_being_sent_only_notes_it(lena: User) -> None:
    tell(lena, source="deadline:1")
    Delivery.objects.filter(channel="email").update(state=State.SENDING)
    assert cancel_deliveries(source="deadline:1", reason="It was done.") == 0
    row = Delivery.objects.get(channel="email")
    assert (row.state, row.cancelled_reason) == ("sending", "It was done.")


def test_reading_is_noted_once_and_only_by_the_recipient(lena: User, manager: User) -> None:
    tell(lena)
    row = inbox(lena).get()
    with pytest.raises(NotVisible):
        mark_read(row.pk, by=manager)
    first = mark_read(row.pk, by=lena).read_at
    assert mark_read(row.pk, by=lena).read_at == first is not None
    assert not inbox(lena).filter(read_at=None).exists()


def test_a_mail_row_cannot_be_read_as_a_message(lena: User) -> None:
    tell(lena)
    with pytest.raises(NotVisible):
        mark_read(Delivery.objects.get(channel="email").pk, by=lena)


def test_all_is_read_at_once(lena: User, manager: User) -> None:
    for key in "abc":
        tell(lena, key)
    tell(manager, "m")
    assert (mark_all_read(by=lena), mark_all_read(by=lena)) == (3, 0)
    assert [inbox(one).filter(read_at=None).count() for one in (lena, manager)] == [0, 1]


def test_a_dead_delivery_is_tried_again_and_others_are_not(lena: User) -> None:
    tell(lena, incident_id=7)
    email, message = Delivery.objects.order_by("channel")
    long_ago = now() - timedelta(hours=80)
    Delivery.objects.filter(pk=email.pk).update(
        state=State.DEAD,
        next_attempt_at=None,
        settled_at=long_ago,
        due_at=long_ago,
        expires_at=long_ago + timedelta(hours=24),
        crashes=5,
        attempt=9,
        last_error="It did not answer.",
    )
    again = replay_delivery(email.pk)
    assert (again.pk, again.state, again.crashes, again.attempt) == (email.pk, "pending", 0, 9)
    assert again.due_at > long_ago
    assert again.expires_at is None, "else it would end at once"
    assert replay_delivery(message.pk).state == "sent"


@pytest.mark.parametrize(
    "wrong",
    [
        {"state": "sent"},
        {"state": "sent", "next_attempt_at": None},
        {"state": "elsewhere"},
        {"next_attempt_at": None},
        {"channel": "pigeon"},
        {"person": None},
    ],
)
def test_the_database_refuses_a_row_in_no_state_or_in_two(
    wrong: dict[str, object], lena: User
) -> None:
    tell(lena)
    with pytest.raises(IntegrityError), transaction.atomic():
        Delivery.objects.filter(channel="email").update(**wrong)
