"""Seats and roles: joining, naming, and giving up (P06). Command passes by ``command``."""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from clock.queries import now
from deadlines.actions import release_deadline
from incidents.record.afterwards import read_occurred
from incidents.record.gate import Gate
from incidents.record.models import GUESTS, SINGLE_SEATS, Incident, RoleAssignment, RosterRole
from incidents.record.timeline import record
from incidents.record.visibility import is_visible
from incidents.roster.command import check_takeover, offer_command
from incidents.roster.deadlines import CommandAcceptance
from incidents.roster.messages import SeatLost
from incidents.roster.owed import ask_for_fix_owner
from incidents.roster.permissions import Act, check_may
from incidents.roster.presence import enter
from incidents.roster.rules import why_not_command, why_not_fix_owner
from incidents.roster.seats import seat, stay_as_responder
from incidents.roster.speaking import speaker_changed
from incidents.roster.work import person_left
from pages.texts import read_text
from people.models import User
from refusals.errors import Invalid, NotVisible, Refused


def join(incident: Incident, *, by: User, role: str = RosterRole.RESPONDER) -> RoleAssignment:
    """Put oneself on the roster in a role; like ``assign_role`` for oneself."""
    return assign_role(incident, by=by, role=role, person=by)


def assign_role(
    incident: Incident,
    *,
    by: User,
    role: str,
    person: User,
    note: str = "",
    occurred_at: datetime | None = None,
) -> RoleAssignment:
    """Name ``person`` to ``role`` and answer the assignment, which may only be an offer.

    A seat that somebody holds passes on with a ``note`` (``note_required``); both hear of it. Of
    two who change a seat at once one wins, the other hears ``role_taken``. Held command is offered
    to somebody else by its holder and passes when they accept; one takes it oneself only when the
    commander has not acted for two minutes after being asked. The deputy is named by whoever leads
    (``only_commander``). Whoever works on a card in Now is not named commander, the commander not
    fix owner (``commander_cannot_own_work``, softly). ``occurred_at`` records it afterwards, which
    escapes the soft rules. The same holder again changes nothing. Refuses people who may not act
    (``Invalid``) and an ended incident.
    """
    seen = _holder_id(incident.pk, role)
    try:
        with transaction.atomic():
            return _assign(
                incident, by=by, role=role, person=person, note=note, seen=seen, at=occurred_at
            )
    except IntegrityError as error:
        if "role_" not in str(error):
            raise
        raise Refused("role_taken", "Somebody took that seat at the same moment.") from error


def _assign(
    incident: Incident,
    *,
    by: User,
    role: str,
    person: User,
    note: str,
    seen: int | None,
    at: datetime | None,
) -> RoleAssignment:
    if role not in RosterRole.values:
        raise Invalid({"role": f"One of {', '.join(RosterRole.values)}."})
    note = read_text("note", note, 1000)
    joining_as_observer = role == RosterRole.OBSERVER and person == by
    # Who takes the seat of an incident that nobody has joined is not offered it first.
    takes_it = incident.unattended and role == RosterRole.COMMANDER and person == by
    incident = enter(incident, by=by, joins=not (joining_as_observer or takes_it))
    _check_person(incident, person, role)
    if role == RosterRole.HELPER and incident.private:
        check_may(incident, by, Act.INVITE)
    at = read_occurred(incident, at, now())
    active = RoleAssignment.objects.active().filter(incident=incident).select_related("person")
    mine = active.filter(role=role, person=person).first()
    if mine is not None:
        return mine
    held = active.filter(role=role).first() if role in SINGLE_SEATS else None
    if role in SINGLE_SEATS:
        _check_seat(held, role=role, note=note, seen=seen)
    if role == RosterRole.OBSERVER:
        _check_watches_only(active, person)
    if role == RosterRole.DEPUTY:
        check_may(incident, by, Act.DEPUTY)
    gate = Gate(incident)
    if at is None:
        _judge(gate, incident, person, role)
    if role == RosterRole.COMMANDER and held is not None and at is None:
        if held.person == by:
            return offer_command(incident, by=by, to=person, note=note)
        check_takeover(held)
        if person != by:
            return offer_command(incident, by=by, to=person, note=note)
    assignment = RoleAssignment(
        incident=incident,
        role=role,
        person=person,
        note=note,
        assigned_by=by,
        started_at=at or now(),
    )
    if role == RosterRole.COMMANDER:
        _end_offers(incident)
    return seat(incident, assignment, by=by, held=held, marks=gate.marks, at=at)


def _judge(gate: Gate, incident: Incident, person: User, role: str) -> None:
    match role:
        case RosterRole.COMMANDER:
            gate.judge(why_not_command(incident, person))
        case RosterRole.FIX_OWNER:
            gate.judge(why_not_fix_owner(incident, person))
        case RosterRole.DEPUTY:
            leads = RoleAssignment.objects.active().filter(
                incident=incident, role=RosterRole.COMMANDER, person=person
            )
            if leads.exists():
                raise Invalid(
                    {"person": f"{person.name} commands. The deputy leads when they cannot."}
                )


def _end_offers(incident: Incident) -> None:
    """A seat that passed another way leaves nothing to accept."""
    offers = RoleAssignment.objects.offered().filter(incident=incident, role=RosterRole.COMMANDER)
    offers.update(ended_at=now())
    release_deadline(CommandAcceptance.name, incident, reason="The seat passed another way.")


def _check_person(incident: Incident, person: User, role: str) -> None:
    if not incident.is_open:
        raise Refused(
            "invalid_transition", "Roles end with the incident. Reopen it to bring people back."
        )
    may_see = is_visible(person, incident.pk)
    if incident.private and (person.is_responder or role == RosterRole.HELPER):
        may_see = True  # naming somebody is how they come to see a private incident
    if role == RosterRole.HELPER and person.is_responder:
        raise Invalid({"person": f"{person.name} responds anyway. Name them responder."})
    if not person.is_active or not (person.is_responder or role in GUESTS):
        raise Invalid({"person": f"{person.name} does not take part in incidents here."})
    if not may_see:
        raise Invalid({"person": f"{person.name} may not see this incident."})


def _check_watches_only(active: QuerySet[RoleAssignment], person: User) -> None:
    """Who holds a seat works; it passes on before they only watch."""
    seat = active.filter(person=person, role__in=SINGLE_SEATS).first()
    if seat is not None:
        label = seat.get_role_display().lower()
        raise Invalid({"role": f"{person.name} is {label}. Pass that on first; observers watch."})


def _check_seat(held: RoleAssignment | None, *, role: str, note: str, seen: int | None) -> None:
    holder = held.person_id if held else None
    if holder != seen:
        name = held.person.name if held else "Nobody"
        raise Refused("role_taken", f"{name} holds that seat since a moment ago. Look again.")
    if held is not None and not note:
        raise Refused(
            "note_required",
            f"{held.person.name} is {held.get_role_display().lower()}. "
            "Say in a line how things stand, for whoever is next.",
        )


@transaction.atomic
def release_role(assignment_id: int, *, by: User, note: str = "") -> RoleAssignment:
    """End a role; twice is once. Command is handed over instead, never dropped (``note_required``).

    Leaving a single seat empty asks for a note, and its holder stays as a responder; ending the
    role of responder means leaving the roster. Somebody else is taken off a private roster only by
    whoever leads or an administrator (``only_commander``), and hears of a seat they lose.
    """
    assignment = RoleAssignment.objects.filter(pk=assignment_id).first()
    if assignment is None:
        raise NotVisible
    note = read_text("note", note, 1000)
    is_own = assignment.person_id == by.pk
    incident = enter(assignment.incident_id, by=by, joins=not is_own, helpers=is_own)
    assignment = RoleAssignment.objects.select_related("person").get(pk=assignment_id)
    if assignment.ended_at is not None:
        return assignment
    label = assignment.get_role_display().lower()
    if assignment.accepted_at is None:
        raise Refused("invalid_transition", "It is only offered. Decline it, or offer it anew.")
    if assignment.role == RosterRole.COMMANDER:
        raise Refused(
            "note_required",
            "Command is never just dropped. Name who is next, with a note on how things stand.",
        )
    if assignment.role in SINGLE_SEATS and not note:
        raise Refused("note_required", f"Say in a line why nobody is {label} for now.")
    if incident.private and not is_own and assignment.role not in SINGLE_SEATS:
        check_may(incident, by, Act.REMOVE)
    assignment.ended_at = now()
    assignment.save(update_fields=["ended_at"])
    if assignment.role in SINGLE_SEATS:
        stay_as_responder(incident, assignment, by=by, moment=assignment.ended_at)
        if not is_own:
            SeatLost.tell(incident, assignment, to=None, by=by)
    whose = "" if is_own else f" of {assignment.person.name}"
    is_gone = not (
        RoleAssignment.objects.active().filter(incident=incident, person=assignment.person).exists()
    )
    record(
        incident,
        "left" if is_gone else "role_released",
        by=by,
        text=f"ended the role{whose} as {label}" + (f": {note}" if note else ""),
        role=assignment.role,
        person=assignment.person_id,
        note=note,
    )
    if is_gone:
        person_left(incident, assignment.person)
    if assignment.role in (RosterRole.COMMUNICATIONS, RosterRole.DEPUTY):
        speaker_changed(incident)
    if assignment.role == RosterRole.FIX_OWNER:
        ask_for_fix_owner(incident, since=assignment.ended_at)
    return assignment


def _holder_id(incident_id: int, role: str) -> int | None:
    """Who holds a single seat as the caller sees it, before any lock."""
    if role not in SINGLE_SEATS:
        return None
    held = RoleAssignment.objects.active().filter(incident=incident_id, role=role)
    return held.values_list("person_id", flat=True).first()
