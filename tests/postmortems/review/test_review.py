"""Opening the review, its meeting and its promises (P50)."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from deadlines.models import Deadline
from incidents.lifecycle.actions import change_status
from incidents.lifecycle.declaring import declare_incident
from incidents.record.models import Incident
from incidents.roster.actions import assign_role
from notifications.models import Delivery
from people.models import User
from postmortems.items.models import ActionItem
from postmortems.publication.actions import look_again, publish_postmortem
from postmortems.publication.overrides import overrides_of
from postmortems.review.actions import (
    change_facilitator,
    hold_meeting,
    meets_late,
    open_review,
    schedule_meeting,
)
from postmortems.review.facts import agree_facts, choose_fact, timeline_of
from postmortems.review.models import Postmortem
from postmortems.review.thanks import thank
from refusals.errors import Forbidden, Invalid, NotVisible, Refused
from tests.conftest import Clock
from tests.postmortems.conftest import MONDAY, go_through, resolve, set_clock, told_in_the_mornings

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
    # Five working days after the resolution: the next Monday.
    assert review.publish_due_at == resolved_at + timedelta(days=7)
    assert open_deadlines(review) == {"review": review.due_at, "publication": review.publish_due_at}
    entry = review.incident.entries.get(kind="review_opened")
    assert entry.text == (
        "opened the review; Maya Köhler facilitates, proposed for 11 Mar 2026 11:00 UTC"
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
    assert moved.publish_due_at == review.publish_due_at
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
    assert settled.settled_at is not None
    assert (settled.state, settled.settled_at > settled.due_at) == ("kept", False)


def test_p50_a_missed_review_climbs_to_the_facilitator_and_beyond(
    review: Postmortem, commander: User, admin: User, clock: Clock
) -> None:
    assert review.due_at is not None
    go_through(
        review.due_at - timedelta(hours=23),
        review.due_at + timedelta(minutes=1),
        review.due_at + timedelta(days=1, minutes=1),
    )
    ref = review.incident.ref
    hold, late = f"- {ref}: hold the review", f"- {ref}: the review has not met"
    by = f", due {review.due_at:%-d %b %H:%M} UTC"
    called = review.incident.called.removesuffix(".")
    named = (
        f"- {ref}: you facilitate the review of “{called}”, proposed for "
        "11 Mar 11:00 UTC. Agree on the facts first"
    )
    first, due, *after = told_in_the_mornings()
    assert first == ("Maya Köhler", f"{named}\n{hold}{by}")
    assert due == ("Maya Köhler", f"{late}{by}")
    assert sorted(after) == [("Ada Quist", f"{late}{by}"), ("Maya Köhler", f"{late}{by}")]


def test_p50_nothing_about_the_review_leaves_with_an_all_clear_at_night(
    clock: Clock, incident: Incident, commander: User
) -> None:
    set_clock(datetime(2026, 3, 10, 5, 30, tzinfo=UTC))
    review = Postmortem.objects.get(incident=resolve(incident, commander))
    go_through(datetime(2026, 3, 10, 5, 40, tzinfo=UTC), datetime(2026, 3, 10, 8, 50, tzinfo=UTC))
    assert not Delivery.objects.filter(kind__in=["review", "morning"]).exists()
    go_through(datetime(2026, 3, 10, 9, 0, tzinfo=UTC))
    ((name, text),) = told_in_the_mornings()
    assert (name, text.split(":")[0]) == ("Maya Köhler", f"- {review.ref}")
    assert "you facilitate the review" in text


def test_p50_a_review_that_rests_again_by_the_morning_is_not_spoken_of(
    clock: Clock, incident: Incident, commander: User
) -> None:
    set_clock(datetime(2026, 3, 10, 5, 30, tzinfo=UTC))
    resolve(incident, commander)
    change_status(incident, by=commander, to="investigating", reason="It is back.")
    go_through(datetime(2026, 3, 10, 9, 0, tzinfo=UTC))
    assert told_in_the_mornings() == []


def test_p50_only_the_end_opens_a_review(
    incident: Incident, commander: User, responder: User
) -> None:
    with pytest.raises(Refused) as refusal:
        open_review(incident, by=commander)
    assert refusal.value.code == "invalid_transition"
    thank(incident, by=commander, person=responder, text="For asking early.")
    assert not Postmortem.objects.filter(incident=incident).exists()
    (told,) = Delivery.objects.filter(kind="thanks", channel="in_app")
    assert (told.person, told.url) == (responder, incident.get_absolute_url())


def test_p50_held_is_after_the_resolution_said_by_the_facilitator_and_not_in_the_future(
    review: Postmortem, commander: User, responder: User, monday: Clock
) -> None:
    resolved_at = review.incident.resolved_at
    assert resolved_at is not None
    monday.advance(hours=2)
    with pytest.raises(Forbidden):
        hold_meeting(review, by=responder)
    for at in (datetime(2001, 1, 1, tzinfo=UTC), resolved_at - timedelta(seconds=1)):
        with pytest.raises(Invalid) as invalid:
            hold_meeting(review, by=commander, at=at)
        assert "after the resolution" in invalid.value.errors["meeting_held_at"]
    with pytest.raises(Invalid):
        hold_meeting(review, by=commander, at=resolved_at + timedelta(days=1))
    at = resolved_at + timedelta(hours=1)
    assert hold_meeting(review, by=commander, at=at).meeting_held_at == at
    assert Deadline.objects.get(kind="review", subject_id=review.pk).state == "kept"


def test_p50_publication_is_due_two_working_days_after_a_late_meeting(
    review: Postmortem, commander: User
) -> None:
    set_clock(MONDAY + timedelta(days=4, hours=1))  # Friday; publication was due on Monday.
    held = hold_meeting(review, by=commander)
    assert held.meeting_held_at is not None
    assert held.publish_due_at == held.meeting_held_at + timedelta(days=4)


def test_p50_with_nobody_else_the_same_person_facilitates_marked(
    clock: Clock, incident: Incident, commander: User
) -> None:
    assign_role(incident, by=commander, role="fix_owner", person=commander)
    review = Postmortem.objects.get(incident=resolve(incident, commander))
    assert (review.facilitator, review.facilitates_alone) == (commander, True)
    assert (
        "Maya Köhler facilitates (nobody else)"
        in review.incident.entries.get(kind="review_opened").text
    )


def test_p50_a_review_published_before_a_reopening_is_looked_at_again_before_closing(
    item: ActionItem, commander: User, responder: User, monday: Clock
) -> None:
    """It does not satisfy closing again, and the override never vanishes."""
    incident, review = item.postmortem.incident, item.postmortem
    publish_postmortem(review, by=commander)
    change_status(incident, by=commander, to="investigating", reason="It is back.")
    with pytest.raises(Refused) as running:
        look_again(review, by=commander, note="It stands.")
    assert running.value.code == "invalid_transition"
    monday.advance(days=1)
    incident = resolve(Incident.objects.get(pk=incident.pk), commander)
    assert [one.reason for one in overrides_of(incident)] == ["No signal measures it yet."] * 2
    with pytest.raises(Refused) as refusal:
        change_status(incident, by=commander, to="closed")
    assert refusal.value.facts["open"] == [
        {
            "kind": "postmortem",
            "text": "The post-mortem was published before it was reopened: look at it again.",
        }
    ]
    assert "publication" in open_deadlines(review)
    with pytest.raises(Forbidden):
        look_again(review, by=responder, note="It stands.")
    with pytest.raises(Refused) as silent:
        look_again(review, by=commander, note=" ")
    assert silent.value.code == "reason_required"
    with pytest.raises(Refused) as caught:
        look_again(review, by=commander, note="Tunde Okafor forgot the second limit.")
    assert caught.value.code == "language_flagged"
    again = look_again(review, by=commander, note="The same limit was missing elsewhere.")
    assert (again.is_settled, again.looked_again_by) == (True, commander)
    assert "publication" not in open_deadlines(review)
    assert change_status(incident, by=commander, to="closed").status == "closed"


def test_p50_what_does_not_stand_after_a_reopening_is_revised_and_published_again(
    item: ActionItem, commander: User
) -> None:
    incident, review = item.postmortem.incident, item.postmortem
    publish_postmortem(review, by=commander)
    change_status(incident, by=commander, to="investigating", reason="It is back.")
    resolve(Incident.objects.get(pk=incident.pk), commander)
    revised = look_again(review, by=commander, note="A second cause.", revise=True)
    assert (revised.state, revised.has_agreed_facts) == ("draft", False)
    with pytest.raises(Refused):
        change_status(incident, by=commander, to="closed")
    agree_facts(review, by=commander)
    assert publish_postmortem(review, by=commander).is_settled
    assert change_status(incident, by=commander, to="closed").status == "closed"


def test_p24_the_override_stands_at_the_head_whoever_curates(
    review: Postmortem, commander: User, responder: User, client: Client
) -> None:
    for fact in timeline_of(review):
        choose_fact(review, by=responder, entry_id=fact.pk, included=False)
    agree_facts(review, by=responder)
    client.force_login(responder)
    head = client.get(review.get_absolute_url()).content.decode().split("</header>")[1]
    assert "Resolved although the end state was not met" in head
    assert "No signal measures it yet." in head
    taken = client.get(f"{review.get_absolute_url()}?as=md").content.decode()
    assert "Resolved although the end state was not met: No signal measures it yet" in taken


def test_p51_facts_are_agreed_by_somebody_who_was_there(
    review: Postmortem, outsider: User, other_responder: User, admin: User
) -> None:
    for nobody in (outsider, admin):
        with pytest.raises(Forbidden):
            agree_facts(review, by=nobody)
    assert agree_facts(review, by=other_responder).facts_agreed_by == other_responder


def test_p51_who_was_only_offered_a_seat_was_not_there(
    incident: Incident, commander: User, responder: User, outsider: User
) -> None:
    assign_role(incident, by=commander, role="commander", person=outsider, note="Yours?")
    assign_role(incident, by=commander, role="scribe", person=responder)
    review = Postmortem.objects.get(incident=resolve(incident, commander))
    with pytest.raises(Forbidden):
        agree_facts(review, by=outsider)
    assert agree_facts(review, by=responder).facts_agreed_by == responder


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
