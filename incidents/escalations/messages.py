"""The answer to an escalation: somebody has it (P14)."""

from incidents.escalations.models import Escalation
from incidents.record.models import Incident
from notifications.actions import tell
from notifications.kinds import MessageKind
from people.models import User


class Heard(MessageKind):
    """Whoever escalated knows that they were heard."""

    name = "escalation_acknowledged"
    words = "somebody has what you escalated"
    because = "you escalated it"

    @classmethod
    def tell(cls, escalation: Escalation, incident: Incident, *, by: User) -> None:
        """Whoever escalated."""
        tell(
            incident,
            [escalation.by],
            cls.name,
            f"{incident.ref}: {by.name} has it",
            f"{by.name} acknowledged: {escalation.text}",
            key=f"{cls.name}:{escalation.pk}",
        )


MESSAGES = (Heard(),)
