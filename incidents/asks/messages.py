"""What whoever leads hears when somebody asks for what is theirs to do."""

from incidents.record.models import Incident
from notifications.actions import tell
from notifications.kinds import MessageKind
from notifications.models import Delivery
from people.models import User


class AskedFor(MessageKind):
    """Somebody asks you for what is yours to do."""

    name = "asked_for"
    words = "something that is yours to decide"
    because = "it is yours to decide"

    @classmethod
    def tell(
        cls, incident: Incident, asked: list[User], *, by: User, words: str, reason: str, seq: int
    ) -> None:
        """Whoever may do it, once for each entry of the record."""
        tell(
            incident,
            asked,
            cls.name,
            f"{incident.ref}: {by.name} asks you to {words}",
            f"{by.name} asks you to {words} ({incident.ref}, {incident.named}): {reason}",
            key=f"asked_for:{incident.pk}:{seq}",
        )

    def why_stale(self, delivery: Delivery) -> str | None:
        """Never: to reopen is asked of what has ended. No query."""
        return None


MESSAGES = (AskedFor(),)
