"""What people hear about approvals: one is given, sent back, or has fallen (P35)."""

from incidents.changes.models import Change, ChangeState
from incidents.record.models import OPEN_STATUSES, Incident
from notifications.actions import tell
from notifications.kinds import MessageKind
from notifications.models import Delivery
from pages.texts import as_sentence
from people.models import User


class ApprovalGiven(MessageKind):
    """P35: your change was approved."""

    name = "change_approved"
    words = "an approval of your change"
    because = "the card is yours, or the approval was said in your name"

    @classmethod
    def tell(cls, incident: Incident, people: list[User], change: Change, *, words: str) -> None:
        """The card's owner, and whose voice somebody wrote down."""
        tell(
            incident,
            people,
            cls.name,
            f"{incident.ref}: “{change.card.title}” is approved",
            words,
            key=f"change_approved:{change.pk}:{change.version}",
            context={"change": change.pk},
        )

    def why_stale(self, delivery: Delivery) -> str | None:
        """Once it is not approved any more. One query."""
        changes = Change.objects.filter(
            pk=delivery.context.get("change"),
            state__in=[ChangeState.APPROVED, ChangeState.RUNNING],
            incident__status__in=OPEN_STATUSES,
        )
        return None if changes.exists() else "It is not approved any more, or over."


class LookAgain(MessageKind):
    """P35: your change was sent back, or its approval fell."""

    name = "change_sent_back"
    words = "a change that needs another look"
    because = "the card is yours, or you asked for the approval"

    @classmethod
    def tell(cls, incident: Incident, people: list[User], change: Change, *, why: str) -> None:
        """The card's owner and who asked."""
        tell(
            incident,
            people,
            cls.name,
            f"{incident.ref}: look again at “{change.card.title}”",
            f"{as_sentence(why)} It cannot start until it is approved.",
            key=f"change_sent_back:{change.pk}:{change.version}",
            context={"change": change.pk, "version": change.version},
        )

    def why_stale(self, delivery: Delivery) -> str | None:
        """Once somebody wrote it anew, or the incident ended. One query."""
        changes = Change.objects.filter(
            pk=delivery.context.get("change"),
            version=delivery.context.get("version"),
            incident__status__in=OPEN_STATUSES,
        )
        return None if changes.exists() else "Somebody has looked again."


MESSAGES = (ApprovalGiven(), LookAgain())
