"""Opening the review, its meeting and its promises (P50)."""

from datetime import UTC, datetime, timedelta

import pytest

from deadlines.models import Deadline
from deadlines.sweeping import sweep
from incidents.lifecycle.actions import change_status
from incidents.lifecycle.declaring import declare_incident
from incidents.record.models import Incident
from incidents.roster.actions import assign_role
from notifications.models import Delivery
from people.models import User
from postmortems.items.models import ActionItem
from postmortems.publication.actions import publish_postmortem
from postmortems.review.actions import (
    change_facilitator,
    hold_meeting,
    meets_late,
    open_review,
    schedule_meeting,
)
from postmortems.review.facts import agree_facts
from postmortems.review.models import Postmortem
from refusals.errors import Forbidden, Invalid, NotVisible, Refused
from tests.conftest import Clock
from tests.postmortems.conftest import MONDAY, resolve, set_clock

pytestmark = pytest.mark.django_db


def open_deadlines(postmortem: Postmortem) -> dict[str, datetime]:
    rows = Deadline.objects.open().filter(
        kind__in=["review", "publication", "follow_up"], subject_id=postmortem.pk
    )
    return dict(rows.values_list("kind", "due_at"))


def test_p50_resolving_a_sev1_opens_its_review_with_both_deadlines(
    review: Postmortem, commander: User
) -> None:
    resolved_at = review.incident.resolved_at
    assert resolved_at is not None
    assert review.state == "draft"
    assert review.is_required
    assert review.facilitator == commander
    # Resolved on Monday just after 10:00: 48 h later the next full office hour is 11:00.
    assert review.meeting_at == datetime(2026, 3, 11, 11, 0, tzinfo=UTC)
    assert review.due_at == resolved_at + timedelta(hours=72)
    assert review.publish_due_at == datetime(2026, 3, 18, 11, 0, tzinfo=UTC)
    assert open_deadlines(review) == {"review": review.due_at, "publication": review.publish_due_at}
    entry = review.incident.entries.get(kind="review_opened")
    assert entry.text == (
        "opened the review; Maya Köhler facilitates, proposed for 11 Mar 11:00 UTC"
    )
    assert entry.actor == commander


def test_p50_an_office_hour_past_72_hours_is_said_and_no_breach(
    clock: Clock, incident: Incident, commander: User
) -> None:
    set_clock(datetime(2026, 3, 12, 15, 30, tzinfo=UTC))  # A Thursday: 48 h later is Saturday.
    review = Postmortem.objects.get(incident=resolve(incident, commander))
    assert review.meeting_at == datetime(2026, 3, 16, 9, 0, tzinfo=UTC)
    assert meets_late(review, review.incident)
    assert review.due_at == review.meeting_at + timedelta(minutes=50)
    entry = review.incident.entries.get(kind="review_opened")
    assert entry.text.endswith("the first office hour, which is past 72 hours")


def test_p50_the_fix_owner_never_facilitates(
    incident: Incident, commander: User, responder: User
) -> None:
    assign_role(incident, by=commander, role="fix_owner", person=commander)
    assign_role(incident, by=commander, role="scribe", person=responder)
    review = Postmortem.objects.get(incident=resolve(incident, commander))
    assert review.facilitator == responder
    with pytest.raises(Invalid) as refusal:
        change_facilitator(review, by=responder, person=commander)
    assert refusal.value.errors == {
        "facilitator": "Maya Köhler owned the fix. Somebody else facilitates."
    }


def test_p50_a_sev3_asks_for_none_and_the_highest_severity_counts(commander: User) -> None:
    small = declare_incident(by=commander, title="A slow page", severity="sev3")
    assert not Postmortem.objects.filter(incident=resolve(small, commander)).exists()
    was_high = declare_incident(by=commander, title="A slow page", severity="sev2")
    was_high.severity = "sev4"
    was_high.save(update_fields=["severity"])
    assert Postmortem.objects.filter(incident=resolve(was_high, commander)).exists()


def test_p50_any_near_miss_can_have_one_by_hand_without_a_deadline(
    commander: User, stakeholder: User
) -> None:
    miss = declare_incident(by=commander, title="Almost", severity="sev2", kind="near_miss")
    review = open_review(miss, by=commander)
    assert (review.is_required, review.due_at, review.publish_due_at) == (False, None, None)
    assert open_review(miss, by=commander) == review
    assert miss.entries.filter(kind="review_opened").count() == 1
    with pytest.raises(Forbidden):
        open_review(miss, by=stakeholder)


def test_p50_reopening_lets_the_review_rest_and_resolving_again_takes_it_up(
    review: Postmortem, commander: User, monday: Clock
) -> None:
    change_status(review.incident, by=commander, to="investigating", reason="It is back.")
    assert open_deadlines(review) == {}
    monday.advance(hours=5)
    again = Postmortem.objects.get(incident=resolve(review.incident, commander))
    assert again.pk == review.pk
    assert open_deadlines(again) == {"review": again.due_at, "publication": again.publish_due_at}
    assert again.due_at is not None
    assert review.due_at is not None
    assert again.due_at > review.due_at


def test_p50_the_meeting_moves_publication_and_held_keeps_its_promise(
    review: Postmortem, commander: User, monday: Clock
) -> None:
    at = datetime(2026, 3, 12, 9, 0, tzinfo=UTC)
    moved = schedule_meeting(review, by=commander, at=at, length_min=40)
    assert (moved.meeting_at, moved.meeting_length_min) == (at, 40)
    assert moved.due_at == review.due_at
    assert moved.publish_due_at == datetime(2026, 3, 19, 9, 0, tzinfo=UTC)
    with pytest.raises(Invalid):
        schedule_meeting(review, by=commander, at=at, length_min=61)
    with pytest.raises(Invalid):
        hold_meeting(review, by=commander, at=at)
    monday.advance(days=2, hours=23)
    held = hold_meeting(review, by=commander)
    assert hold_meeting(review, by=commander).meeting_held_at == held.meeting_held_at
    assert open_deadlines(review) == {"publication": held.publish_due_at}
    assert review.incident.entries.filter(kind="review_held").count() == 1
    (settled,) = Deadline.objects.filter(kind="review", subject_id=review.pk)
    assert (settled.state, settled.settled_at > settled.due_at) == ("kept", False)


def test_p50_a_missed_review_climbs_to_the_facilitator_and_beyond(
    review: Postmortem, commander: User, admin: User, clock: Clock
) -> None:
    def told() -> list[tuple[str, str, str]]:
        rows = Delivery.objects.filter(channel="in_app", kind="review").exclude(step="named")
        return list(
            rows.order_by("created_at", "person_id").values_list(
                "step", "person__name", "subject_line"
            )
        )

    assert review.due_at is not None
    set_clock(review.due_at - timedelta(hours=23))
    sweep()
    set_clock(review.due_at + timedelta(minutes=1))
    sweep()
    set_clock(review.due_at + timedelta(days=1, minutes=1))
    sweep()
    ref = review.incident.ref
    assert told() == [
        ("before", "Maya Köhler", f"{ref}: hold the review"),
        ("due", "Maya Köhler", f"{ref}: hold the review"),
        ("late", "Maya Köhler", f"{ref}: the review has not met"),
        ("late", "Ada Quist", f"{ref}: the review has not met"),
    ]


def test_p50_closing_waits_for_the_publication(item: ActionItem, commander: User) -> None:
    incident = item.postmortem.incident
    with pytest.raises(Refused) as refusal:
        change_status(incident, by=commander, to="closed")
    assert refusal.value.code == "not_closable"
    assert refusal.value.facts["open"] == [
        {"kind": "postmortem", "text": "The post-mortem is not published yet."}
    ]
    publish_postmortem(item.postmortem, by=commander)
    assert change_status(incident, by=commander, to="closed").status == "closed"


def test_p50_a_private_review_is_not_there_for_others(commander: User, outsider: User) -> None:
    secret = declare_incident(by=commander, title="Hush", severity="sev1", private=True)
    review = Postmortem.objects.get(incident=resolve(secret, commander))
    with pytest.raises(NotVisible):
        agree_facts(review, by=outsider)
    assert list(Postmortem.objects.visible_to(outsider)) == []
    assert list(Postmortem.objects.visible_to(commander)) == [review]


def test_the_fixture_starts_on_a_monday() -> None:
    assert MONDAY.weekday() == 0
