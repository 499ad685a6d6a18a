"""Seats and roles: joining, naming, handing over, asking and taking over (P06, P11)."""

from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from clock.queries import now
from deadlines.actions import keep_deadline, open_deadline
from incidents.record.gate import Gate
from incidents.record.models import SINGLE_SEATS, Incident, RoleAssignment, RosterRole
from incidents.record.timeline import record
from incidents.record.visibility import is_visible
from incidents.roster.hand_over import ask_for_hand_over
from incidents.roster.messages import CommandAsked, RoleGiven
from incidents.roster.owed import COMMAND_ACCEPTANCE, FIX_OWNER, NO_COMMANDER, ask_for_fix_owner
from incidents.roster.presence import enter
from incidents.roster.rules import why_not_command
from incidents.roster.speaking import speaker_changed
from pages.texts import read_text
from people.models import User
from refusals.errors import Forbidden, Invalid, NotVisible, Refused

PATIENCE = timedelta(minutes=2)
"""How long a commander has to act once asked, and a named one to accept (P11)."""


def join(incident: Incident, *, by: User, role: str = RosterRole.RESPONDER) -> RoleAssignment:
    """Put oneself on the roster in a role; like ``assign_role`` for oneself."""
    return assign_role(incident, by=by, role=role, person=by)


def assign_role(
    incident: Incident, *, by: User, role: str, person: User, note: str = ""
) -> RoleAssignment:
    """Name ``person`` to ``role`` and answer the assignment.

    A seat that somebody holds passes on with a ``note`` (``note_required``). Of two who change a
    seat at once one wins, the other hears ``role_taken``. Command is passed on by its holder; by
    anybody else only when the commander has not acted for two minutes after being asked. Whoever is
    named to command accepts by acting or with ``accept_command``, and after two minutes without
    that may be taken over from. Whoever owns a card in Now is not named commander
    (``commander_cannot_own_work``, softly). The same holder again changes nothing. Refuses people
    who may not act (``Invalid``) and an ended incident.
    """
    seen = _holder_id(incident.pk, role)
    try:
        with transaction.atomic():
            return _assign(incident, by=by, role=role, person=person, note=note, seen=seen)
    except IntegrityError as error:
        if "role_" not in str(error):
            raise
        raise Refused("role_taken", "Somebody took that seat at the same moment.") from error


def _assign(
    incident: Incident, *, by: User, role: str, person: User, note: str, seen: int | None
) -> RoleAssignment:
    if role not in RosterRole.values:
        raise Invalid({"role": f"One of {', '.join(RosterRole.values)}."})
    note = read_text("note", note, 1000)
    joining_as_observer = role == RosterRole.OBSERVER and person == by
    incident = enter(incident, by=by, joins=not joining_as_observer)
    _check_person(incident, person, role)
    active = RoleAssignment.objects.filter(incident=incident, ended_at__isnull=True)
    mine = active.filter(role=role, person=person).first()
    if mine is not None:
        return mine
    was_at_work = active.filter(person=person).exclude(role=RosterRole.OBSERVER).exists()
    held = None
    if role in SINGLE_SEATS:
        held = active.filter(role=role).select_related("person").first()
        _check_seat(incident, held, by=by, role=role, note=note, seen=seen)
    gate = Gate(incident)
    if role == RosterRole.COMMANDER:
        gate.judge(why_not_command(incident, person))
    moment = now()
    if held is not None:
        held.ended_at = moment
        held.save(update_fields=["ended_at"])
        _stay_as_responder(incident, held.person, by, moment)
    _leave_what_it_replaces(active, person, role, moment)
    is_own = person == by
    assignment = RoleAssignment.objects.create(
        incident=incident,
        role=role,
        person=person,
        note=note,
        assigned_by=by,
        started_at=moment,
        accepted_at=moment if is_own or role != RosterRole.COMMANDER else None,
        acted_at=moment if is_own else None,
    )
    _record(incident, assignment, held, by=by, note=note, marks=gate.marks)
    _settle_deadlines(incident, assignment, held, by=by)
    if not was_at_work:
        ask_for_hand_over(incident, assignment)
    return assignment


def _check_person(incident: Incident, person: User, role: str) -> None:
    if not incident.is_open:
        raise Refused(
            "invalid_transition", "Roles end with the incident. Reopen it to bring people back."
        )
    may_see = is_visible(person, incident.pk)
    if incident.private and person.is_responder:
        may_see = True  # naming somebody is how they come to see a private incident
    if not person.is_active or not (person.is_responder or role == RosterRole.OBSERVER):
        raise Invalid({"person": f"{person.name} does not take part in incidents here."})
    if not may_see:
        raise Invalid({"person": f"{person.name} may not see this incident."})


def _check_seat(
    incident: Incident,
    held: RoleAssignment | None,
    *,
    by: User,
    role: str,
    note: str,
    seen: int | None,
) -> None:
    holder = held.person_id if held else None
    if holder != seen:
        name = held.person.name if held else "Nobody"
        raise Refused("role_taken", f"{name} holds that seat since a moment ago. Look again.")
    if held is None:
        return
    label = held.get_role_display().lower()
    if not note:
        raise Refused(
            "note_required",
            f"{held.person.name} is {label}. Say in a line how things stand, for whoever is next.",
        )
    if role == RosterRole.COMMANDER and held.person != by:
        _check_takeover(held)


def _check_takeover(held: RoleAssignment) -> None:
    """P11: by takeover only when the commander has not acted for two minutes after being asked."""
    asked_at = held.asked_at
    if asked_at is None and held.accepted_at is None:
        # Being handed command is being asked: nobody waits another two minutes for an answer.
        asked_at = held.started_at
    if asked_at is None:
        raise Refused(
            "role_taken",
            f"{held.person.name} commands and hands over personally. Ask first; if nothing happens "
            "for two minutes you may take over.",
        )
    if held.acted_at is not None and held.acted_at > asked_at:
        raise Refused("role_taken", f"{held.person.name} commands and has acted since being asked.")
    free_at = asked_at + PATIENCE
    if now() < free_at:
        raise Refused(
            "role_taken",
            f"{held.person.name} was asked and has until {free_at:%H:%M:%S} UTC to act.",
            free_at=free_at.isoformat().replace("+00:00", "Z"),
        )


def _leave_what_it_replaces(
    active: QuerySet[RoleAssignment], person: User, role: str, moment: datetime
) -> None:
    """Responder and observer are what one is without a seat: they end where another role begins."""
    plain = active.filter(person=person, role__in=[RosterRole.RESPONDER, RosterRole.OBSERVER])
    if role in SINGLE_SEATS or role in (RosterRole.RESPONDER, RosterRole.OBSERVER):
        plain.update(ended_at=moment)


def _stay_as_responder(incident: Incident, person: User, by: User, moment: datetime) -> None:
    """Whoever gives up their only seat stays on the roster until they leave it."""
    held = RoleAssignment.objects.active().filter(incident=incident, person=person)
    if incident.is_open and not held.exists():
        RoleAssignment.objects.create(
            incident=incident,
            role=RosterRole.RESPONDER,
            person=person,
            assigned_by=by,
            started_at=moment,
            accepted_at=moment,
        )


def _record(
    incident: Incident,
    assignment: RoleAssignment,
    held: RoleAssignment | None,
    *,
    by: User,
    note: str,
    marks: list[str],
) -> None:
    person, label = assignment.person, assignment.get_role_display().lower()
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
        is_takeover = assignment.role == RosterRole.COMMANDER and held.person != by
        kind = "command_taken" if is_takeover else "role_handed_over"
        verb = "took over as" if is_takeover and person == by else "passed"
        text = (
            f"{verb} {label} from {held.person.name}: {note}"
            if verb != "passed"
            else f"passed {label} from {held.person.name} to {person.name}: {note}"
        )
    elif assignment.role in (RosterRole.RESPONDER, RosterRole.OBSERVER):
        kind = "joined"
        text = f"joined as {label}" if person == by else f"brought in {person.name} as {label}"
    else:
        kind = "role_assigned"
        text = f"is {label}" if person == by else f"named {person.name} {label}"
    record(incident, kind, by=by, text=text, **data)
    if person != by:
        RoleGiven.tell(incident, assignment, by=by, note=note)


def _settle_deadlines(
    incident: Incident, assignment: RoleAssignment, held: RoleAssignment | None, *, by: User
) -> None:
    if assignment.role == RosterRole.FIX_OWNER:
        keep_deadline(FIX_OWNER, incident, reason="A fix owner was named.")
    if assignment.role == RosterRole.COMMANDER:
        keep_deadline(NO_COMMANDER, incident, reason="A commander is in place.")
        if incident.acknowledged_at is None:
            incident.acknowledged_at = assignment.started_at
            incident.time_sources["acknowledged_at"] = {"source": "auto"}
            incident.save(update_fields=["acknowledged_at", "time_sources"])
        if assignment.accepted_at is None:
            open_deadline(
                COMMAND_ACCEPTANCE,
                incident,
                due_at=assignment.started_at + PATIENCE,
                owner=assignment.person,
                incident_id=incident.pk,
                incident_ref=incident.ref,
                context={"assignment": assignment.pk, "from": held.person_id if held else None},
            )
        else:
            keep_deadline(COMMAND_ACCEPTANCE, incident, reason="Command was accepted.")
    if assignment.role in (RosterRole.COMMANDER, RosterRole.COMMUNICATIONS):
        speaker_changed(incident)


@transaction.atomic
def ask_commander(incident: Incident, *, by: User) -> RoleAssignment:
    """Ask the commander to act or to hand over; two minutes later command may be taken over.

    Asked again before that changes nothing. Refuses (``Invalid``) where nobody commands, since the
    seat is free to take, and asking oneself.
    """
    incident = enter(incident, by=by)
    held = _commanding(incident)
    if held.person == by:
        raise Invalid({"person": "You command. Hand over with a note when you have to."})
    moment = now()
    waits = held.asked_at and not (held.acted_at and held.acted_at > held.asked_at)
    if waits:
        return held
    held.asked_at, held.asked_by = moment, by
    held.save(update_fields=["asked_at", "asked_by"])
    record(incident, "command_asked", by=by, text=f"asked {held.person.name} to act or hand over")
    CommandAsked.tell(incident, held, by=by, at=moment)
    return held


@transaction.atomic
def accept_command(incident: Incident, *, by: User) -> RoleAssignment:
    """Accept the command that was handed to oneself; twice is once.

    Refuses (``Forbidden``) anybody but the commander.
    """
    incident = enter(incident, by=by)
    held = _commanding(incident)
    if held.person != by:
        raise Forbidden(f"{held.person.name} commands; only they can accept.")
    return held


def _commanding(incident: Incident) -> RoleAssignment:
    held = RoleAssignment.objects.filter(
        incident=incident, role=RosterRole.COMMANDER, ended_at__isnull=True
    )
    found = held.select_related("person").first()
    if found is None:
        raise Invalid({"role": "Nobody commands. Take the seat."})
    return found


@transaction.atomic
def release_role(assignment_id: int, *, by: User, note: str = "") -> RoleAssignment:
    """End a role; twice is once. Command is handed over instead, never dropped (``note_required``).

    Leaving a single seat empty asks for a note, and its holder stays as a responder; ending the
    role of responder means leaving the roster.
    """
    assignment = RoleAssignment.objects.filter(pk=assignment_id).first()
    if assignment is None:
        raise NotVisible
    note = read_text("note", note, 1000)
    incident = enter(assignment.incident_id, by=by, joins=assignment.person_id != by.pk)
    assignment = RoleAssignment.objects.select_related("person").get(pk=assignment_id)
    if assignment.ended_at is not None:
        return assignment
    label = assignment.get_role_display().lower()
    if assignment.role == RosterRole.COMMANDER:
        raise Refused(
            "note_required",
            "Command is never just dropped. Name who is next, with a note on how things stand.",
        )
    if assignment.role in SINGLE_SEATS and not note:
        raise Refused("note_required", f"Say in a line why nobody is {label} for now.")
    assignment.ended_at = now()
    assignment.save(update_fields=["ended_at"])
    if assignment.role in SINGLE_SEATS:
        _stay_as_responder(incident, assignment.person, by, assignment.ended_at)
    is_own = assignment.person == by
    whose = "" if is_own else f" of {assignment.person.name}"
    is_gone = not RoleAssignment.objects.filter(
        incident=incident, person=assignment.person, ended_at__isnull=True
    ).exists()
    record(
        incident,
        "left" if is_gone else "role_released",
        by=by,
        text=f"ended the role{whose} as {label}" + (f": {note}" if note else ""),
        role=assignment.role,
        person=assignment.person_id,
        note=note,
    )
    if assignment.role == RosterRole.COMMUNICATIONS:
        speaker_changed(incident)
    if assignment.role == RosterRole.FIX_OWNER:
        ask_for_fix_owner(incident, since=assignment.ended_at)
    return assignment


def _holder_id(incident_id: int, role: str) -> int | None:
    """Who holds a single seat as the caller sees it, before any lock."""
    if role not in SINGLE_SEATS:
        return None
    held = RoleAssignment.objects.filter(incident=incident_id, role=role, ended_at__isnull=True)
    return held.values_list("person_id", flat=True).first()
