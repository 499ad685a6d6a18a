"""P48: a day of hundreds of words is one message, and asks as much as a day of five."""

import json
from collections.abc import Sequence

import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext

from incidents.record.models import Incident
from notifications.channels.letters import letter_of
from notifications.endpoints import add_channel
from notifications.models import Delivery
from notifications.outbox import Message, queue_deliveries
from notifications.sending import send_due
from notifications.settling import SendResult
from people.models import User
from stakeholders.subscriptions.actions import confirm_subscription, end_subscription, subscribe
from stakeholders.subscriptions.models import Subscription
from tests.conftest import Clock
from tests.notifications.receiver import Receiver
from tests.stakeholders.conftest import follow, leave

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("letters")]

MANY = 500


def a_day(told: Incident, row: Subscription, count: int, kind: str = "word") -> None:
    """Let that many messages wait for the reader of a subscription, as one digest."""
    to = row.endpoint
    queue_deliveries(
        [
            Message(
                key=f"day:{count}:{number}",
                kind=kind,
                subject_line=f"{told.ref}: word {number}",
                text=f"Text {number}.",
                about=told,
                person=None if row.address or to else row.person,
                address=to.address if to else row.address,
                channels=(to.channel if to else "email",),
                digest="daily",
                context={"by": [row.pk], "inside": not row.address},
            )
            for number in range(count)
        ]
    )


def sent(clock: Clock) -> tuple[SendResult, int]:
    """What leaves by mail now, and by how many queries."""
    clock.advance(minutes=1)
    with CaptureQueriesContext(connection) as seen:
        result = send_due("email")
    return result, len(seen)


@pytest.mark.parametrize("target", ["", "board@elsewhere.example"])
def test_p48_a_day_of_500_words_is_one_mail_with_the_queries_of_5(
    told: Incident, stakeholder: User, clock: Clock, target: str
) -> None:
    row = follow(stakeholder, told, every="daily", target=target)
    confirm_subscription(row.pk)
    leave()
    a_day(told, row, 5)
    few, queries = sent(clock)
    a_day(told, row, MANY)
    many, as_many = sent(clock)
    assert (few, many) == (SendResult(sent=5), SendResult(sent=MANY))
    assert as_many == queries
    letter = mail.outbox[-1]
    assert letter.subject == f"{MANY} words of the last day"
    assert letter.body.count("Text ") == 50
    assert f"and {MANY - 50} more before these, on the pages" in letter.body
    assert letter.extra_headers["List-Unsubscribe"].startswith("<http")


def test_a_day_of_what_waits_for_somebody_asks_once_how_things_stand(
    told: Incident, stakeholder: User, commander: User
) -> None:
    """Nudges say severity and miss as the mail leaves: of 500 in one query."""
    row = follow(stakeholder, told, every="daily")
    for count in (5, MANY):
        a_day(told, row, count, kind="reply")
        rows: Sequence[Delivery] = list(
            Delivery.objects.filter(key__startswith=f"day:{count}:").select_related("person")
        )
        with CaptureQueriesContext(connection) as seen:
            letter = letter_of(rows)
        assert (len(seen), letter.text.count(f"SEV1 {told.ref}: word")) == (1, min(count, 50))


def test_p48_of_500_words_those_leave_whose_subscription_stands(
    told: Incident, stakeholder: User, clock: Clock
) -> None:
    kept, ended = follow(stakeholder, told, every="daily"), follow(stakeholder, every="daily")
    leave()
    a_day(told, kept, 250)
    a_day(told, ended, 249)
    end_subscription(ended.pk, by=stakeholder)
    assert sent(clock)[0] == SendResult(sent=250, cancelled=249)
    why = Delivery.objects.filter(state="cancelled", key__startswith="day:")
    assert set(why.values_list("cancelled_reason", flat=True)) == {
        "They are not subscribed any more."
    }


def test_a_day_that_nobody_takes_is_told_to_administrators_once(
    told: Incident, admin: User, other_side: Receiver, clock: Clock
) -> None:
    add_channel(by=admin, kind="slack", url=other_side.url, name="#ops")
    row, _ = subscribe(by=admin, to="everything", way="chat", target="#ops", every="daily")
    leave()
    other_side.answers = [(403, {})]
    a_day(told, row, 60)
    clock.advance(minutes=1)
    assert send_due("chat") == SendResult(dead=60)
    (notice,) = Delivery.objects.inbox_of(admin.pk).filter(kind="undelivered")
    assert "” and 59 more in the same message for" in notice.text
    assert "It answered 403" in notice.text
    said = json.loads(other_side.arrived[-1].body)["text"]
    assert said.startswith("*60 words of the last day*")
    assert "… and 10 more before these, on the pages." in said
