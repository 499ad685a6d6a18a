"""What whoever leads hears when a change did not go as expected (P36)."""

from incidents.changes.models import Change, Outcome
from incidents.record.models import OPEN_STATUSES, Incident
from notifications.actions import tell
from notifications.kinds import MessageKind
from notifications.models import Delivery
from pages.texts import as_sentence
from people.models import User


class Surprised(MessageKind):
    """P36: a change did not go as expected; the next one needs a go."""

    name = "change_surprised"
    words = "a change that did not go as expected"
    because = "you lead the incident"

    @classmethod
    def tell(cls, incident: Incident, people: list[User], change: Change) -> None:
        """Whoever leads."""
        rolled_back = change.outcome == Outcome.ROLLED_BACK
        outcome = "was rolled back" if rolled_back else "did not go as expected"
        note = f" {as_sentence(change.note)}" if change.note else ""
        tell(
            incident,
            people,
            cls.name,
            f"{incident.ref}: “{change.card.title}” {outcome}",
            f"“{change.card.title}” {outcome}.{note} The next change needs your go; rolling "
            "back needs none.",
            key=f"change_surprised:{change.pk}",
            context={"change": change.pk},
        )

    def why_stale(self, delivery: Delivery) -> str | None:
        """Once a go was given, or the incident ended. One query."""
        waiting = Change.objects.surprising().filter(
            pk=delivery.context.get("change"), incident__status__in=OPEN_STATUSES
        )
        return None if waiting.exists() else "The go was given, or the incident has ended."


MESSAGES = (Surprised(),)
