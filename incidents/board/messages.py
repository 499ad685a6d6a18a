"""What people hear about cards: an owner is wanted."""

from incidents.board.models import Card, Column
from incidents.record.gate import is_ask
from incidents.record.models import Incident
from notifications.actions import tell
from notifications.kinds import MessageKind
from notifications.models import Delivery
from people.models import User


class OwnerWanted(MessageKind):
    """P31: a card runs and its owner is gone."""

    name = "owner_wanted"
    words = "a card in Now whose owner is gone"

    @classmethod
    def tell(cls, incident: Incident, people: list[User], card: Card) -> None:
        """Whoever leads."""
        tell(
            incident,
            people,
            cls.name,
            f"{incident.ref}: “{card.title}” has no owner",
            f"The owner of “{card.title}” is gone. Name another one, or park it.",
            key=f"owner_wanted:{card.pk}:{card.version}",
            context={"card": card.pk},
        )

    def why_stale(self, delivery: Delivery) -> str | None:
        """Once somebody owns it, or it left Now. One query."""
        cards = Card.objects.filter(pk=delivery.context.get("card"), column=Column.NOW, owner=None)
        return None if cards.exists() else "Somebody owns it, or it left Now."


class CardPassedOn(MessageKind):
    """P34: a card in Now is yours now."""

    name = "card_passed_on"
    words = "a card in Now that is yours now"

    @classmethod
    def tell(cls, incident: Incident, card: Card, *, by: User, note: str) -> None:
        """Who owns it from now on."""
        if card.owner is None or card.owner == by:
            return
        tell(
            incident,
            [card.owner],
            cls.name,
            f"{incident.ref}: “{card.title}” is yours",
            f"{by.name} passed “{card.title}” on to you: {note}",
            key=f"card_passed_on:{card.pk}:{card.version}",
            context={"card": card.pk},
        )

    def why_stale(self, delivery: Delivery) -> str | None:
        """Once somebody else owns it, or it left Now. One query."""
        cards = Card.objects.filter(
            pk=delivery.context.get("card"), column=Column.NOW, owner=delivery.person
        )
        return None if cards.exists() else "Somebody else owns it, or it left Now."


class MissingAsked(MessageKind):
    """The severity rose, and what was let pass is asked for."""

    name = "missing_asked"
    words = "what cards lack since the severity rose"

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


MESSAGES = (OwnerWanted(), CardPassedOn(), MissingAsked())
