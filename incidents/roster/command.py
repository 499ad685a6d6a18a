"""Handing command over: offering, accepting, declining, asking and taking over (P11)."""

from django.db import transaction

from clock.queries import now
from clock.written import written
from deadlines.actions import owe, release_deadline
from incidents.record.gate import Gate
from incidents.record.models import PATIENCE, SINGLE_SEATS, Incident, RoleAssignment, RosterRole
from incidents.record.timeline import record
from incidents.roster.deadlines import CommandAcceptance
from incidents.roster.messages import CommandAsked, CommandOffered, OfferDeclined
from incidents.roster.presence import enter
from incidents.roster.rules import why_not_command
from incidents.roster.seats import seat
from pages.texts import read_text
from people.models import User
from refusals.errors import Forbidden, Invalid, NotVisible, Refused


def offer_command(incident: Incident, *, by: User | None, to: User, note: str) -> RoleAssignment:
    """Offer the commander's seat to ``to``; whoever leads goes on leading until they accept.

    ``by=None`` is the product itself, where nobody leads yet (P01). An offer to somebody else ends
    the one before. The same again changes nothing. The caller holds the incident's lock and has
    asked the rules. After two minutes without an answer both hear.
    """
    offers = RoleAssignment.objects.offered().filter(incident=incident, role=RosterRole.COMMANDER)
    standing = offers.select_related("person").first()
    if standing is not None and standing.person == to:
        return standing
    moment = now()
    if standing is not None:
        standing.ended_at = moment
        standing.save(update_fields=["ended_at"])
    offer = RoleAssignment.objects.create(
        incident=incident,
        role=RosterRole.COMMANDER,
        person=to,
        note=note,
        assigned_by=by,
        started_at=moment,
        asked_at=moment,
        asked_by=by,
    )
    record(
        incident,
        "command_offered",
        by=by,
        text=f"offered command to {to.name}: {note}"
        if by is not None
        else f"Command is offered to {to.name}: {note}",
        person=to.pk,
        note=note,
    )
    CommandOffered.tell(incident, offer, by=by)
    owe(
        incident,
        CommandAcceptance.name,
        incident,
        moment + PATIENCE,
        to,
        context={"assignment": offer.pk, "from": by.pk if by is not None else None},
    )
    return offer


@transaction.atomic
def accept_role(assignment_id: int, *, by: User) -> RoleAssignment:
    """Take the seat that was offered to oneself; twice is once.

    The rules of the seat are asked again. Refuses somebody else's offer (``Forbidden``) and one
    that was withdrawn or answered (``invalid_transition``).
    """
    offer, incident = _enter_offer(assignment_id, by=by)
    if offer.accepted_at is not None and offer.ended_at is None:
        return offer
    if offer.ended_at is not None:
        raise Refused("invalid_transition", "That offer does not stand any more.")
    gate = Gate(incident)
    gate.judge(why_not_command(incident, by))
    held = (
        RoleAssignment.objects.active()
        .filter(incident=incident, role=offer.role)
        .select_related("person")
        .first()
    )
    return seat(incident, offer, by=by, held=held, marks=gate.marks)


@transaction.atomic
def decline_role(assignment_id: int, *, by: User, note: str = "") -> RoleAssignment:
    """Decline the seat that was offered to oneself; whoever offered it goes on and hears it."""
    note = read_text("note", note, 1000)
    offer, incident = _enter_offer(assignment_id, by=by)
    if offer.ended_at is not None:
        return offer
    if offer.accepted_at is not None:
        raise Refused("invalid_transition", "You hold that seat. Hand it over with a note.")
    offer.ended_at = now()
    offer.save(update_fields=["ended_at"])
    release_deadline(CommandAcceptance.name, incident, reason="The offer was declined.")
    why = f": {note}" if note else ""
    record(incident, "command_declined", by=by, text=f"declined command{why}", note=note)
    if offer.assigned_by is not None:
        OfferDeclined.tell(incident, offer, note=note)
    return offer


def _enter_offer(assignment_id: int, *, by: User) -> tuple[RoleAssignment, Incident]:
    found = RoleAssignment.objects.filter(pk=assignment_id, role__in=SINGLE_SEATS).first()
    if found is None:
        raise NotVisible
    incident = enter(found.incident_id, by=by)
    offer = RoleAssignment.objects.select_related("person", "assigned_by").get(pk=assignment_id)
    if offer.person != by:
        raise Forbidden(f"It was offered to {offer.person.name}; only they can answer.")
    return offer, incident


def check_takeover(held: RoleAssignment) -> None:
    """Refuse (``role_taken``) command that is not free to take (P11).

    It is when the commander has not acted for two minutes after being asked.
    """
    if held.asked_at is None:
        raise Refused(
            "role_taken",
            f"{held.person.name} commands and hands over personally. Ask first; if nothing happens "
            "for two minutes you may take over.",
        )
    if not held.is_asked:
        raise Refused("role_taken", f"{held.person.name} commands and has acted since being asked.")
    free_at = held.asked_at + PATIENCE
    if now() < free_at:
        raise Refused(
            "role_taken",
            f"{held.person.name} was asked and has until "
            f"{written(free_at, to_the_second=True)} to act.",
            free_at=free_at.isoformat().replace("+00:00", "Z"),
        )


@transaction.atomic
def ask_commander(incident: Incident, *, by: User) -> RoleAssignment:
    """Ask the commander to act or to hand over; two minutes later command may be taken over.

    Asked again before that changes nothing. Refuses (``Invalid``) where nobody commands, since the
    seat is free to take, and asking oneself.
    """
    incident = enter(incident, by=by)
    held = (
        RoleAssignment.objects.active()
        .filter(incident=incident, role=RosterRole.COMMANDER)
        .select_related("person")
        .first()
    )
    if held is None:
        raise Invalid({"role": "Nobody commands. Take the seat."})
    if held.person == by:
        raise Invalid({"person": "You command. Hand over with a note when you have to."})
    if held.is_asked:
        return held
    moment = now()
    held.asked_at, held.asked_by = moment, by
    held.save(update_fields=["asked_at", "asked_by"])
    record(incident, "command_asked", by=by, text=f"asked {held.person.name} to act or hand over")
    CommandAsked.tell(incident, held, by=by, at=moment)
    return held


@transaction.atomic
def accept_command(incident: Incident, *, by: User) -> RoleAssignment:
    """Accept the command that was offered to oneself in this incident; twice is once.

    Refuses (``Forbidden``) whom nobody offered it.
    """
    seats = RoleAssignment.objects.filter(incident=incident, role=RosterRole.COMMANDER, person=by)
    mine = seats.filter(ended_at__isnull=True).order_by("-pk").first()
    if mine is None:
        raise Forbidden("Nobody offered you command.")
    return accept_role(mine.pk, by=by)
