"""What people hear about invitations: that they are wanted, that somebody cannot come."""

from collections.abc import Sequence

from incidents.record.models import Incident, RoleAssignment
from notifications.actions import tell
from notifications.kinds import MessageKind
from notifications.models import Delivery
from people.models import User


class Invited(MessageKind):
    """P08: somebody wants you there."""

    name = "invited"
    words = "an incident that somebody invites you to"
    because = "somebody asks you to come"

    @classmethod
    def tell(cls, incident: Incident, invitations: Sequence[RoleAssignment], *, by: User) -> None:
        """Each who was invited."""
        for invitation in invitations:
            can = (
                "Open it and join"
                if invitation.person.is_responder
                else "Open it and help: note, take a card, stop the line"
            )
            tell(
                incident,
                [invitation.person],
                cls.name,
                f"{incident.ref}: {by.name} invites you",
                f"{by.name} invites you to {incident.ref}, {incident.named}. {can}, or say that "
                "you cannot come.",
                key=f"invited:{invitation.pk}",
                context={"assignment": invitation.pk},
            )

    def why_stale(self, delivery: Delivery) -> str | None:
        """Once they are there, cannot come, or were not needed any more. One query."""
        known = RoleAssignment.objects.filter(pk=delivery.context.get("assignment"))
        invitation = known.first()
        if invitation is None or invitation.ended_at is not None:
            return "The invitation was taken back."
        return "They are there." if invitation.accepted_at is not None else None


class InvitationDeclined(MessageKind):
    """P08: whom you invited cannot come."""

    name = "invitation_declined"
    words = "somebody you invited who cannot come"
    because = "you invited them"

    @classmethod
    def tell(cls, incident: Incident, invitation: RoleAssignment, *, note: str) -> None:
        """Whoever invited them."""
        assert invitation.assigned_by is not None
        name = invitation.person.name
        tell(
            incident,
            [invitation.assigned_by],
            cls.name,
            f"{incident.ref}: {name} cannot come",
            f"{name} cannot come to {incident.ref}, {incident.named}. {note}".strip(),
            key=f"invitation_declined:{invitation.pk}",
        )


MESSAGES = (Invited(), InvitationDeclined())
