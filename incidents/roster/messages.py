"""What people hear about seats: a role given, command asked for, no longer alone."""

from datetime import datetime

from incidents.record.models import Incident, RoleAssignment, RosterRole
from incidents.roster.work import RunningWork, solo_work_of
from notifications.actions import tell
from notifications.kinds import MessageKind
from notifications.models import Delivery
from people.models import User


class RoleGiven(MessageKind):
    """P06: somebody else named you."""

    name = "role"
    words = "a role that somebody gave you"
    because = "somebody gave you the role"

    @classmethod
    def tell(cls, incident: Incident, given: RoleAssignment, *, by: User, note: str) -> None:
        """Whoever holds it now."""
        label = _called(given)
        tell(
            incident,
            [given.person],
            cls.name,
            f"{incident.ref}: you are {label}",
            f"{by.name} named you {label} of {incident.ref}, {incident.named}. {note}".strip(),
            key=f"role:{given.pk}",
            context={"assignment": given.pk},
        )

    def why_stale(self, delivery: Delivery) -> str | None:
        """Once the incident or the role has ended. One query."""
        held = _seat_of(delivery)
        if held is not None and not held.incident.is_open:
            return "The incident has ended."
        if held is None or held.ended_at is not None:
            return "Somebody else holds the role now."
        return None


class CommandAsked(MessageKind):
    """P11: somebody asks whether you still command."""

    name = "command_asked"
    words = "somebody asks whether you still command"
    because = "you command the incident"

    @classmethod
    def tell(cls, incident: Incident, held: RoleAssignment, *, by: User, at: datetime) -> None:
        """The commander, once for each asking ``at``."""
        tell(
            incident,
            [held.person],
            cls.name,
            f"{incident.ref}: are you still commanding?",
            f"{by.name} asks whether you still command {incident.ref}. Act within two minutes, or "
            "command may be taken over.",
            key=f"command_asked:{held.pk}:{at.isoformat()}",
            context={"assignment": held.pk},
        )

    def why_stale(self, delivery: Delivery) -> str | None:
        """Once the incident or the command has ended, or the commander has acted. One query."""
        held = _seat_of(delivery)
        if held is not None and not held.incident.is_open:
            return "The incident has ended."
        if held is None or held.ended_at is not None:
            return "Somebody else holds the role now."
        if held.asked_at and held.acted_at and held.acted_at > held.asked_at:
            return "The commander has acted."
        return None


class SoloEnded(MessageKind):
    """P10: you lead and dig, and somebody is here to take one of the two."""

    name = "solo_ended"
    words = "somebody joined while you led and worked alone"
    because = "you lead and work alone"

    @classmethod
    def tell(
        cls, incident: Incident, commander: User, card: RunningWork, joined: RoleAssignment
    ) -> None:
        """The commander."""
        newcomer = joined.person
        what = "command or the card" if newcomer.is_responder else "the card"
        tell(
            incident,
            [commander],
            cls.name,
            f"{incident.ref}: {newcomer.name} is here, hand over {what}",
            f"You lead {incident.ref} and work on “{card.title}”. It may finish, no new one "
            f"starts. Hand {what} to {newcomer.name}.",
            key=f"solo_ended:{joined.pk}",
            context={"card": card.id},
        )

    def why_stale(self, delivery: Delivery) -> str | None:
        """Once they do not command any more, or their card left Now. Two queries at most."""
        seats = RoleAssignment.objects.active().filter(
            incident=delivery.incident_id, role=RosterRole.COMMANDER, person=delivery.person
        )
        seat = seats.select_related("incident", "person").first()
        if seat is None or not seat.incident.is_open:
            return "They do not command any more."
        return None if solo_work_of(seat.incident, seat.person) else "Their card left Now."


class SeatLost(MessageKind):
    """P11: somebody else holds your seat now, or it was taken from you."""

    name = "seat_lost"
    words = "a seat that passed on from you"
    because = "the seat was yours"

    @classmethod
    def tell(
        cls, incident: Incident, lost: RoleAssignment, *, to: RoleAssignment | None, by: User
    ) -> None:
        """Whoever held it."""
        label = _called(lost)
        now_held = (
            f"{to.person.name} is {label} now" if to is not None else f"nobody is {label} now"
        )
        seat = f"your seat as {label} of {incident.ref}, {incident.named}"
        took = to is not None and to.person == by
        said = f"{by.name} took {seat}" if took else f"{by.name} passed on {seat}: {now_held}"
        tell(
            incident,
            [lost.person],
            cls.name,
            f"{incident.ref}: {now_held}",
            f"{said}." + (f" {to.note}" if to is not None and to.note else ""),
            key=f"seat_lost:{lost.pk}",
        )


class CommandOffered(MessageKind):
    """P11: somebody offers you command."""

    name = "command_offered"
    words = "command that is offered to you"
    because = "command is offered to you"

    @classmethod
    def tell(cls, incident: Incident, offer: RoleAssignment, *, by: User | None) -> None:
        """Whom it is offered to."""
        which = f"{incident.ref}, {incident.named}"
        tell(
            incident,
            [offer.person],
            cls.name,
            f"{incident.ref}: {by.name if by else 'nobody leads, and you are'} "
            + ("offers you command" if by else "the first here"),
            (
                f"{by.name} offers you command of {which}, and leads until you accept. {offer.note}"
                if by
                else f"You are the first who joined {which}, and nobody leads it. {offer.note}"
            ).strip(),
            key=f"command_offered:{offer.pk}",
            context={"assignment": offer.pk},
        )

    def why_stale(self, delivery: Delivery) -> str | None:
        """Once it was answered or withdrawn. One query."""
        offer = _seat_of(delivery)
        if offer is None or offer.ended_at is not None or offer.accepted_at is not None:
            return "The offer was answered."
        return None


class OfferDeclined(MessageKind):
    """P11: whom you offered command declined."""

    name = "offer_declined"
    words = "command that somebody declined"
    because = "you offered it"

    @classmethod
    def tell(cls, incident: Incident, offer: RoleAssignment, *, note: str) -> None:
        """Whoever offered it."""
        assert offer.assigned_by is not None
        tell(
            incident,
            [offer.assigned_by],
            cls.name,
            f"{incident.ref}: {offer.person.name} declined command",
            f"{offer.person.name} declined command of {incident.ref}. You lead on. {note}".strip(),
            key=f"offer_declined:{offer.pk}",
        )


MESSAGES = (
    RoleGiven(),
    CommandAsked(),
    CommandOffered(),
    OfferDeclined(),
    SeatLost(),
    SoloEnded(),
)


def _called(held: RoleAssignment) -> str:
    """The role as one says it of a person."""
    if held.role == RosterRole.COMMUNICATIONS:
        return "communications lead"
    return held.get_role_display().lower()


def _seat_of(delivery: Delivery) -> RoleAssignment | None:
    seats = RoleAssignment.objects.select_related("incident")
    return seats.filter(pk=delivery.context.get("assignment")).first()
