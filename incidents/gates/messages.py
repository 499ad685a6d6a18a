"""What whoever leads hears when the severity rises and rules ask again."""

from incidents.cards.models import Card, Column
from incidents.record.gate import is_ask
from incidents.record.models import Incident
from notifications.actions import tell
from notifications.kinds import MessageKind
from notifications.models import Delivery
from people.models import User


class MissingAsked(MessageKind):
    """The severity rose, and what was let pass is asked for."""

    name = "missing_asked"
    words = "what cards lack since the severity rose"
    because = "you lead the incident"

    @classmethod
    def tell(cls, incident: Incident, people: list[User], cards: list[Card], *, by: User) -> None:
        """Whoever leads, unless they raised it and see it."""
        titles = ", ".join(f"“{card.title}”" for card in cards)
        tell(
            incident,
            [person for person in people if person != by],
            cls.name,
            f"{incident.ref}: {len(cards)} cards lack what {incident.severity.upper()} asks for",
            f"What runs goes on. Name what is missing on {titles}, or park it.",
            key=f"missing_asked:{incident.pk}:{incident.last_seq}",
            context={"cards": [card.pk for card in cards]},
        )

    def why_stale(self, delivery: Delivery) -> str | None:
        """Once no card asks any more. One query."""
        cards = Card.objects.filter(pk__in=delivery.context.get("cards", []))
        unfinished = cards.exclude(column=Column.DONE)
        asks = any(is_ask(mark) for card in unfinished for mark in card.marks)
        return None if asks else "Nothing is missing any more."


MESSAGES = (MissingAsked(),)
