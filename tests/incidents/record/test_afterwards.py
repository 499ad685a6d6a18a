"""What is recorded afterwards carries a time that can be true, whichever way it is recorded."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db.models import F

from deadlines.models import Deadline
from incidents.board.actions import move_card
from incidents.endstate.actions import write_end_state
from incidents.escalations.actions import escalate
from incidents.lifecycle.actions import change_status
from incidents.lifecycle.details import change_incident
from incidents.lifecycle.notes import add_note
from incidents.line.actions import stop_line
from incidents.record.models import Incident, RoleAssignment
from incidents.roster.actions import assign_role, join
from incidents.updates.questions import ask_question
from notifications.models import Delivery
from people.models import User
from postmortems.review.figures import spans_of
from refusals.errors import Invalid
from tests.conftest import Clock
from tests.incidents.cast import fresh, invalid, publish, ready

pytestmark = pytest.mark.django_db

Record = Callable[[Incident, User, User, datetime], Any]

WAYS: dict[str, Record] = {
    "a step": lambda incident, by, other, at: change_status(
        incident, by=by, to="identified", occurred_at=at
    ),
    "the end": lambda incident, by, other, at: change_status(
        incident, by=by, to="resolved", occurred_at=at
    ),
    "a false alarm": lambda incident, by, other, at: change_status(
        incident, by=by, to="cancelled", reason="The probe was wrong.", occurred_at=at
    ),
    "a role": lambda incident, by, other, at: assign_role(
        incident, by=by, role="scribe", person=other, occurred_at=at
    ),
    "an update": lambda incident, by, other, at: publish(
        incident, by, occurred_at=at, next_update_at=None
    ),
}


def set_start(incident: Incident, by: User, at: datetime) -> None:
    times = {"impact_started_at": {"at": at, "reason": ""}}
    change_incident(fresh(incident), by=by, times=times)


@pytest.mark.parametrize("way", WAYS)
def test_a_clock_that_is_a_little_wrong_is_let_pass_and_clamped(
    incident: Incident, commander: User, responder: User, clock: Clock, way: str
) -> None:
    clock.advance(minutes=10)
    for at, least in (
        (clock.now + timedelta(seconds=20), clock.now),
        (incident.declared_at - timedelta(seconds=20), incident.declared_at),
    ):
        one = Incident.objects.get(pk=incident.pk)
        WAYS[way](one, commander, responder, at)
        entry = one.entries.filter(afterwards=True).latest("seq")
        assert least <= entry.at <= clock.now
        change_status_back(one, commander)
        RoleAssignment.objects.filter(role="scribe").delete()


def change_status_back(incident: Incident, by: User) -> None:
    """As if the first one had not been recorded."""
    Incident.objects.filter(pk=incident.pk).update(
        status="investigating", resolved_at=None, mitigated_at=None, impact_ended_at=None
    )
    RoleAssignment.objects.filter(incident=incident, person=by).update(
        ended_at=None, ended_by_end=False
    )


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("off", "said"),
    [
        (timedelta(minutes=6), "That is in the future."),
        (timedelta(hours=-1), "That is before the incident was declared."),
    ],
)
def test_what_lies_outside_of_the_incident_is_refused(
    incident: Incident,
    commander: User,
    responder: User,
    clock: Clock,
    way: str,
    off: timedelta,
    said: str,
) -> None:
    with pytest.raises(Invalid) as caught:
        WAYS[way](incident, commander, responder, clock.now + off)
    assert caught.value.errors == {"occurred_at": said}


@pytest.mark.parametrize("to", ["monitoring", "resolved"])
def test_no_step_is_recorded_before_the_impact_it_ended(
    incident: Incident, commander: User, clock: Clock, to: str
) -> None:
    clock.advance(minutes=30)
    set_start(incident, commander, clock.now - timedelta(minutes=10))
    with pytest.raises(Invalid, match="would lie before the start of impact") as caught:
        change_status(incident, by=commander, to=to, occurred_at=clock.now - timedelta(minutes=20))
    assert list(caught.value.errors) == ["occurred_at"]
    assert fresh(incident).status == "investigating"


def test_no_end_is_recorded_before_the_mitigation_nor_a_closing_before_the_end(
    commander: User, incident: Incident, clock: Clock
) -> None:
    clock.advance(minutes=30)
    change_status(incident, by=commander, to="monitoring")
    clock.advance(minutes=30)
    early = clock.now - timedelta(minutes=40)
    with pytest.raises(Invalid, match="would lie before the mitigation"):
        change_status(incident, by=commander, to="resolved", occurred_at=early)
    change_status(incident, by=commander, to="resolved", occurred_at=clock.now)
    Incident.objects.filter(pk=incident.pk).update(kind="drill")
    early = clock.now - timedelta(minutes=10)
    with pytest.raises(Invalid, match="would lie before the resolution"):
        change_status(fresh(incident), by=commander, to="closed", occurred_at=early)
    assert fresh(incident).status == "resolved"


def test_a_reopening_is_recorded_after_the_resolution_and_an_end_after_the_reopening(
    incident: Incident, commander: User, clock: Clock
) -> None:
    clock.advance(minutes=10)
    change_status(incident, by=commander, to="resolved", occurred_at=clock.now)
    clock.advance(minutes=10)
    early, since = clock.now - timedelta(minutes=15), clock.now - timedelta(minutes=5)
    with pytest.raises(Invalid, match="before it was resolved"):
        change_status(
            incident, by=commander, to="investigating", reason="It is back.", occurred_at=early
        )
    change_status(
        incident, by=commander, to="investigating", reason="It is back.", occurred_at=since
    )
    entry = incident.entries.get(kind="reopened")
    assert (entry.at, entry.afterwards) == (since, True)
    promised = fresh(incident).next_update_at
    assert promised is not None and promised > clock.now
    with pytest.raises(Invalid, match="It was reopened after that"):
        change_status(incident, by=commander, to="resolved", occurred_at=early)


def test_nothing_that_an_end_recorded_afterwards_ends_began_after_its_end(
    incident: Incident, commander: User, responder: User, clock: Clock
) -> None:
    clock.advance(minutes=10)
    then = clock.now
    clock.advance(minutes=10)
    write_end_state(incident, by=commander, text="Calls work.")
    assign_role(incident, by=commander, role="fix_owner", person=responder)
    stop = stop_line(incident, by=responder, reason="Errors rise.")
    escalate(incident, by=responder, text="The replica lags.")
    question = ask_question(incident, by=commander, text="Since when?")
    change_status(incident, by=commander, to="resolved", occurred_at=then)
    seats = RoleAssignment.objects.filter(incident=incident)
    assert seats.filter(ended_at__gte=F("started_at")).count() == seats.count() == 2
    stop.refresh_from_db()
    question.refresh_from_db()
    assert stop.resumed_at == stop.at
    assert question.declined_at == question.asked_at
    lengths = [one.length for one in spans_of(fresh(incident)) if one.length is not None]
    assert min(lengths) >= timedelta(0)


def test_a_card_recorded_afterwards_escapes_what_is_asked_beforehand_marked(
    incident: Incident, commander: User, responder: User, outsider: User, clock: Clock
) -> None:
    join(incident, by=outsider)
    clock.advance(minutes=10)
    then = clock.now
    clock.advance(minutes=10)
    stop_line(incident, by=outsider, reason="Errors rise.")
    card = ready(incident, responder, risk="risky")
    ran = move_card(card.pk, by=responder, to="now", version=card.version, occurred_at=then)
    assert (ran.entered_now_at, ran.time_box_ends_at) == (then, then + timedelta(minutes=15))
    assert ran.marks == ["warn:line_stopped", "warn:pair_required", "warn:change_required"]
    entry = incident.entries.get(kind="card_moved")
    assert (entry.at, entry.afterwards) == (then, True)
    over: dict[str, Any] = {"to": "done", "proof": "5 % at 03:10"}
    early = then - timedelta(minutes=1)
    assert invalid(
        move_card, card.pk, by=responder, **over, version=ran.version, occurred_at=early
    ) == ["occurred_at"]
    clock.advance(minutes=10)
    on_time = then + timedelta(minutes=14)
    done = move_card(card.pk, by=responder, **over, version=ran.version, occurred_at=on_time)
    assert done.done_at == on_time
    assert Deadline.objects.get(kind="time_box").settled_at == on_time
    straight = ready(incident, responder, "Read", column="done", proof="412 at 3", occurred_at=then)
    assert straight.done_at == then
    assert invalid(ready, incident, responder, "Later", occurred_at=then) == ["occurred_at"]


def test_whoever_leads_sees_at_once_what_somebody_else_recorded_afterwards(
    incident: Incident, commander: User, responder: User, clock: Clock
) -> None:
    clock.advance(minutes=10)
    then = clock.now
    clock.advance(minutes=10)
    change_status(incident, by=responder, to="identified", occurred_at=then)
    assign_role(incident, by=commander, role="scribe", person=responder, occurred_at=then)
    add_note(incident, by=responder, text="It began with the export.", at=then)
    told = Delivery.objects.get(kind="recorded_afterwards", channel="in_app")
    at = f"{then:%H:%M} UTC"
    subject = f"{incident.ref}: Tunde Okafor recorded afterwards what happened at {at}"
    assert (told.person, told.subject_line) == (commander, subject)
    assert told.text == (
        "Tunde Okafor moved it from investigating to identified. It is said to have happened at "
        f"{at}, so nothing was asked beforehand. Look at it now."
    )


def test_a_seat_recorded_afterwards_ends_no_other_before_it_began(
    incident: Incident, commander: User, responder: User, other_responder: User, clock: Clock
) -> None:
    clock.advance(minutes=10)
    then = clock.now
    clock.advance(minutes=10)
    first = assign_role(incident, by=commander, role="scribe", person=responder)
    second = assign_role(
        incident,
        by=commander,
        role="scribe",
        person=other_responder,
        note="Really since ten to.",
        occurred_at=then,
    )
    first.refresh_from_db()
    assert first.ended_at == first.started_at
    assert second.started_at == then
