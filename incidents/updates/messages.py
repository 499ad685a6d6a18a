"""Tells whoever asked a question what became of it (P47)."""

from incidents.record.models import Incident
from incidents.updates.models import Question
from notifications.actions import tell
from notifications.kinds import MessageKind


class Reply(MessageKind):
    """Your question was answered or declined."""

    name = "reply"
    words = "what became of your question"

    @classmethod
    def tell(cls, incident: Incident, question: Question, reply: str) -> None:
        """Whoever asked, once."""
        tell(
            incident,
            [question.by],
            cls.name,
            f"{incident.ref}: about your question",
            f"{question.text}\n\n{reply}",
            key=f"question:{question.pk}:settled",
            url=f"/stakeholders/{incident.ref}/",
        )


MESSAGES = (Reply(),)
