"""Tells whoever asked a question what became of it (P47)."""

from incidents.record.models import Incident
from incidents.updates.models import Question
from notifications.actions import tell
from notifications.kinds import MessageKind

CLOSES = "closes"
"""Under which name a reply remembers that it came with the end of the incident."""


class Reply(MessageKind):
    """Your question was answered or declined."""

    name = "reply"
    words = "what became of your question"
    because = "you asked"

    @classmethod
    def tell(
        cls, incident: Incident, question: Question, reply: str, *, closes: bool = False
    ) -> None:
        """Whoever asked, once; with when it is expected back.

        ``closes``: it says how the incident ended, so that its closing word says nothing new.
        """
        said = incident.expected
        back = f"\n\nExpected back: {said.words}." if said else ""
        tell(
            incident,
            [question.by],
            cls.name,
            f"{incident.ref}: about your question",
            f"{question.text}\n\n{reply}{back}",
            key=f"question:{question.pk}:settled",
            url=f"/stakeholders/{incident.ref}/",
            context={CLOSES: True} if closes else None,
        )


MESSAGES = (Reply(),)
