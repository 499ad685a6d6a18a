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

    @classmethod
    def tell(cls, incident: Incident, given: RoleAssignment, *, by: User, note: str) -> None:
        """Whoever holds it now."""
        label = given.get_role_display().lower()
        tell(
            incident,
            [given.person],
            cls.name,
            f"{incident.ref}: you are {label}",
            f"{by.name} named you {label} of {incident.ref}, {incident.title}. {note}".strip(),
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

    @classmethod
    def tell(
        cls, incident: Incident, commander: User, card: RunningWork, joined: RoleAssignment
    ) -> None:
        """The commander."""
        newcomer = joined.person
        tell(
            incident,
            [commander],
            cls.name,
            f"{incident.ref}: {newcomer.name} is here, hand over command or the card",
            f"You lead {incident.ref} and work on “{card.title}”. It may finish, no new one "
            f"starts. Hand command or the card to {newcomer.name}.",
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


MESSAGES = (RoleGiven(), CommandAsked(), SoloEnded())


def _seat_of(delivery: Delivery) -> RoleAssignment | None:
    seats = RoleAssignment.objects.select_related("incident")
    return seats.filter(pk=delivery.context.get("assignment")).first()
