"""What people hear about cards: an owner is wanted, or a card is theirs now."""

from incidents.cards.models import Card, Column
from incidents.record.models import Incident
from notifications.actions import tell
from notifications.kinds import MessageKind
from notifications.models import Delivery
from people.models import User


class OwnerWanted(MessageKind):
    """P31: a card runs and its owner is gone."""

    name = "owner_wanted"
    words = "a card in Now whose owner is gone"
    because = "you lead the incident"

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
    because = "the card is yours now"

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


MESSAGES = (OwnerWanted(), CardPassedOn())
