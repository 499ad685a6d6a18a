"""Putting somebody into a role: the one way a seat passes, whoever decided it."""

from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from clock.queries import now
from deadlines.actions import keep_deadline
from incidents.record.afterwards import not_before_it_began
from incidents.record.models import GUESTS, Incident, RoleAssignment, RosterRole
from incidents.record.timeline import record
from incidents.roster.arriving import person_arrived
from incidents.roster.deadlines import CommandAcceptance, FixOwnerMissing, NoCommander
from incidents.roster.hand_over import ask_for_hand_over
from incidents.roster.messages import RoleGiven, SeatLost
from incidents.roster.speaking import speaker_changed
from incidents.roster.work import person_commands, person_left
from people.models import User

PLAIN = (RosterRole.RESPONDER, *GUESTS)
"""What one is without a seat."""


def seat(
    incident: Incident,
    assignment: RoleAssignment,
    *,
    by: User,
    held: RoleAssignment | None,
    marks: list[str] | None = None,
    at: datetime | None = None,
) -> RoleAssignment:
    """Let ``assignment``, new or offered until now, take its role; ``held`` gives the seat up.

    Records it, tells who got and who lost the seat, and lets what hangs on seats follow. ``at`` is
    when it happened (default: now); earlier means recorded afterwards. The caller holds the
    incident's lock and has asked the rules.
    """
    moment = now()
    since = at or moment
    active = RoleAssignment.objects.active().filter(incident=incident)
    person, role = assignment.person, assignment.role
    was_at_work = active.filter(person=person).exclude(role=RosterRole.OBSERVER).exists()
    if held is not None:
        held.ended_at = max(since, held.started_at)
        held.save(update_fields=["ended_at"])
        stay_as_responder(incident, held, by=by, moment=since)
    _leave_what_it_replaces(assignment, since)
    assignment.started_at, assignment.accepted_at = since, since
    assignment.acted_at = moment if person == by else None
    assignment.save()
    _record(incident, assignment, held, by=by, marks=marks or [], at=at)
    if person != by:
        RoleGiven.tell(incident, assignment, by=by, note=assignment.note)
    if held is not None and held.person != by:
        SeatLost.tell(incident, held, to=assignment, by=by)
    _settle_deadlines(incident, assignment)
    if role == RosterRole.COMMANDER:
        _end_deputy(incident, active, person, since)
    if role == RosterRole.OBSERVER and was_at_work:
        person_left(incident, person)
    person_arrived(incident, assignment)
    if not was_at_work:
        ask_for_hand_over(incident, assignment)
    return assignment


def stay_as_responder(
    incident: Incident, left: RoleAssignment, *, by: User, moment: datetime
) -> None:
    """Whoever gives up their only seat stays on the roster until they leave it.

    Somebody taken over from by silence stays away until their next act.
    """
    held = RoleAssignment.objects.active().filter(incident=incident, person=left.person)
    if not incident.is_open or held.exists() or not left.person.is_active:
        return
    RoleAssignment.objects.create(
        incident=incident,
        role=RosterRole.RESPONDER,
        person=left.person,
        assigned_by=by,
        started_at=moment,
        accepted_at=moment,
        asked_at=left.asked_at if left.is_asked else None,
        asked_by_id=left.asked_by_id if left.is_asked else None,
    )


def _leave_what_it_replaces(begins: RoleAssignment, moment: datetime) -> None:
    """Responder and observer end where another role begins, and so does an invitation."""
    held = RoleAssignment.objects.filter(
        incident=begins.incident, person=begins.person, role__in=PLAIN, ended_at__isnull=True
    )
    held.filter(Q(accepted_at__isnull=True) | ~Q(role=begins.role)).exclude(pk=begins.pk).update(
        ended_at=not_before_it_began(moment)
    )


def _end_deputy(
    incident: Incident, active: QuerySet[RoleAssignment], person: User, moment: datetime
) -> None:
    """Nobody is their own deputy: who commands gives that seat up."""
    held = active.filter(person=person, role=RosterRole.DEPUTY)
    if held.update(ended_at=not_before_it_began(moment)):
        record(
            incident,
            "role_released",
            by=None,
            text=f"{person.name} commands; nobody is deputy now",
            role=RosterRole.DEPUTY.value,
            person=person.pk,
        )


def _record(
    incident: Incident,
    assignment: RoleAssignment,
    held: RoleAssignment | None,
    *,
    by: User,
    marks: list[str],
    at: datetime | None,
) -> None:
    person, label, note = (
        assignment.person,
        assignment.get_role_display().lower(),
        assignment.note,
    )
    data: dict[str, Any] = {
        "role": assignment.role,
        "person": person.pk,
        "name": person.name,
        "note": note,
    }
    if marks:
        data["marks"] = marks
    if held is not None:
        data["from"] = held.person_id
        is_takeover = assignment.role == RosterRole.COMMANDER and held.person != by != person
        is_takeover = is_takeover or (
            assignment.role == RosterRole.COMMANDER and person == by and held.is_asked
        )
        kind = "command_taken" if is_takeover else "role_handed_over"
        why = f": {note}" if note else ""
        text = (
            f"took over as {label} from {held.person.name}{why}"
            if is_takeover and person == by
            else f"passed {label} from {held.person.name} to {person.name}{why}"
        )
    elif assignment.role in PLAIN:
        kind = "joined"
        text = f"joined as {label}" if person == by else f"brought in {person.name} as {label}"
    else:
        kind = "role_assigned"
        text = f"is {label}" if person == by else f"named {person.name} {label}"
    record(incident, kind, by=by, text=text, at=at, afterwards=at is not None, **data)


def _settle_deadlines(incident: Incident, assignment: RoleAssignment) -> None:
    if assignment.role == RosterRole.FIX_OWNER:
        keep_deadline(FixOwnerMissing.name, incident, reason="A fix owner was named.")
    if assignment.role == RosterRole.COMMANDER:
        keep_deadline(NoCommander.name, incident, reason="A commander is in place.")
        keep_deadline(CommandAcceptance.name, incident, reason="Command was accepted.")
        person_commands(incident, assignment.person)
        if incident.acknowledged_at is None:
            incident.acknowledged_at = assignment.started_at
            incident.time_sources["acknowledged_at"] = {"source": "auto"}
            incident.save(update_fields=["acknowledged_at", "time_sources"])
    if assignment.role in (RosterRole.COMMANDER, RosterRole.COMMUNICATIONS, RosterRole.DEPUTY):
        speaker_changed(incident)
