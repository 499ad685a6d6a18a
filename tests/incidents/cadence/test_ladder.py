"""P45: what happens when a promised update does not come."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from clock.queries import now
from deadlines.actions import sweep
from deadlines.office_hours import local_moment
from incidents.board.actions import add_card, move_card
from incidents.cadence.deadlines import who_sleeps
from incidents.lifecycle.actions import change_status
from incidents.lifecycle.declaring import declare_incident
from incidents.lifecycle.notes import add_note
from incidents.record.models import Incident, Service, SeverityPolicy
from incidents.roster.actions import assign_role, join, release_role
from notifications.models import Delivery
from notifications.sending import send_due
from people.models import User
from tests.conftest import Clock
from tests.incidents.cast import last_words, publish


def told() -> list[tuple[str, str]]:
    """Steps and first names of the update ladder, as queued in the product."""
    rows = Delivery.objects.filter(kind="update", channel="in_app").select_related("person")
    return sorted((one.step, one.person.get_short_name()) for one in rows if one.person)


def pass_time(clock: Clock, minutes: float) -> None:
    """Let time pass and enforce."""
    clock.advance(minutes=minutes)
    sweep()


def test_p45_the_ladder_climbs_step_by_step(
    incident: Incident,
    commander: User,
    responder: User,
    other_responder: User,
    admin: User,
    clock: Clock,
) -> None:
    SeverityPolicy.objects.get(severity="sev1").escalation_contacts.add(admin)
    assign_role(incident, by=commander, role="communications", person=responder)
    join(incident, by=other_responder)
    pass_time(clock, 9)
    assert told() == []
    pass_time(clock, 1.1)
    assert told() == [("before", "Tunde")]
    pass_time(clock, 5)
    due = [("before", "Tunde"), ("due", "Maya"), ("due", "Tunde")]
    assert told() == due
    assert last_words(incident, "update_overdue") == ["The promised update is overdue"]
    pass_time(clock, 5)
    late = [("late", "Maya"), ("late", "Ravi"), ("late", "Tunde")]
    assert told() == sorted(due + late)
    pass_time(clock, 10)
    assert told() == sorted([*due, *late, ("escalated", "Ada")])
    pass_time(clock, 60)
    assert len(told()) == 7


def test_p45_whoever_has_a_now_card_is_left_alone_at_five_minutes(
    incident: Incident, commander: User, responder: User, clock: Clock
) -> None:
    card = add_card(
        incident,
        by=commander,
        title="Read logs",
        owner=responder,
        expected_proof="a line",
        risk="read_only",
        column="next",
    )
    move_card(card.pk, by=responder, to="now", version=card.version)
    pass_time(clock, 15.1)
    pass_time(clock, 5)
    assert [name for step, name in told() if step == "late"] == ["Maya"]


def test_p45_an_update_in_time_silences_the_ladder(
    incident: Incident, commander: User, clock: Clock
) -> None:
    clock.advance(minutes=14)
    sweep()
    publish(incident, commander, next_update_at=now() + timedelta(minutes=15))
    pass_time(clock, 5)
    assert told() == [("before", "Maya")]
    waiting = Delivery.objects.filter(kind="update", state="pending").count()
    assert waiting == 0


def test_p45_nothing_is_sent_after_the_incident_ended(
    incident: Incident, commander: User, clock: Clock
) -> None:
    pass_time(clock, 15.1)
    change_status(incident, by=commander, to="cancelled", reason="A false alarm.")
    send_due("email")
    mails = Delivery.objects.filter(kind="update", channel="email")
    assert {(one.state, one.cancelled_reason) for one in mails} == {
        ("cancelled", "The incident was cancelled.")
    }


def test_p45_three_hours_of_downtime_are_one_notice(
    incident: Incident, commander: User, clock: Clock
) -> None:
    pass_time(clock, 180)
    assert len(told()) == len({name for _, name in told()})
    assert sweep().stepped == 0


def test_p45_an_empty_roster_passes_to_the_service_owner(
    responder: User, outsider: User, clock: Clock, db: None
) -> None:
    Service.objects.create(name="Search", slug="search", owner=responder)
    incident = declare_incident(by=None, title="Alert", severity="sev1", services=["search"])
    clock.advance(minutes=2, seconds=1)
    sweep()
    alone = Delivery.objects.filter(kind="no_commander", channel="in_app")
    assert [one.person for one in alone] == [responder]
    release_role(join(incident, by=outsider).pk, by=outsider)
    pass_time(clock, 10.1)
    assert told() == [("before", "Tunde")]
    assert incident.roles.active().count() == 0


@pytest.mark.parametrize(
    ("severity", "hour", "waits_until"),
    [("sev1", 3, None), ("sev3", 3, 9), ("sev3", 14, None), ("sev4", 22, 33), ("sev3", 9, None)],
)
def test_p45_at_night_small_incidents_wait_for_the_morning(
    commander: User, outsider: User, severity: str, hour: int, waits_until: int | None
) -> None:
    incident = declare_incident(by=commander, title="It is slow", severity=severity)
    day = datetime(2026, 3, 2, tzinfo=UTC)
    asleep, morning = who_sleeps(incident, [outsider], day + timedelta(hours=hour))
    assert asleep == (set() if waits_until is None else {outsider.pk})
    assert morning == (None if waits_until is None else day + timedelta(hours=waits_until))


def night(clock: Clock, hour: int = 2) -> None:
    """Move to that hour of the coming night, UTC."""
    clock.advance(
        seconds=(local_moment(ZoneInfo("UTC"), now(), time(hour)) - now()).total_seconds()
    )


def test_p45_at_night_a_step_reaches_who_acted_in_the_last_half_hour_and_the_rest_at_nine(
    commander: User, responder: User, clock: Clock
) -> None:
    night(clock)
    incident = declare_incident(by=commander, title="It is slow", severity="sev3")
    assign_role(incident, by=commander, role="communications", person=responder)
    clock.advance(minutes=50)
    add_note(incident, by=commander, text="Still looking.")
    pass_time(clock, 10.1)
    rows = Delivery.objects.filter(kind="update", channel="in_app", step="due")
    due = {one.person.name: one for one in rows.select_related("person") if one.person}
    morning = local_moment(ZoneInfo("UTC"), now(), time(9))
    assert (due["Maya Köhler"].state, due["Tunde Okafor"].state) == ("sent", "pending")
    assert due["Tunde Okafor"].due_at == morning
    publish(incident, commander, next_update_at=now() + timedelta(minutes=30))
    due["Tunde Okafor"].refresh_from_db()
    assert due["Tunde Okafor"].state == "cancelled", "kept before anybody had to be told"


def test_p45_a_drill_never_reaches_escalation_contacts(
    commander: User, admin: User, clock: Clock
) -> None:
    SeverityPolicy.objects.get(severity="sev1").escalation_contacts.add(admin)
    declare_incident(by=commander, title="Rehearsal", severity="sev1", kind="drill")
    for _ in range(8):
        pass_time(clock, 5)
    assert {name for _, name in told()} == {"Maya"}


def test_p01_two_minutes_without_a_link_asks_the_commander(
    incident: Incident, commander: User, clock: Clock
) -> None:
    pass_time(clock, 2.1)
    asked = Delivery.objects.filter(kind="war_room_link", channel="in_app")
    assert [one.person for one in asked] == [commander]
