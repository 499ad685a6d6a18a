"""What the board's rules look at besides the card: who is there, what runs, whether it stops."""

from dataclasses import dataclass

from incidents.cards.models import Card, Column
from incidents.cards.queries import cards_in
from incidents.line.models import Stop
from incidents.line.queries import stop_of
from incidents.record.models import Incident, RosterRole
from incidents.roster.queries import present, roster
from people.models import User


@dataclass(frozen=True)
class Facts:
    """One incident at present; ``people`` are the ids of those at work, observers not counted."""

    incident: Incident
    commander: User | None
    people: frozenset[int]
    running: list[Card]
    stop: Stop | None

    @property
    def is_solo(self) -> bool:
        """Whether one person is alone."""
        return len(self.people) == 1

    @property
    def is_two(self) -> bool:
        """Whether just two people are there."""
        return len(self.people) == 2

    def busy_with(self, person_id: int | None, *, beside: Card) -> Card | None:
        """The other card in Now that somebody owns or pairs on (P32: a pair counts)."""
        if person_id is None:
            return None
        others = (card for card in self.running if card.pk != beside.pk)
        return next((one for one in others if person_id in (one.owner_id, one.pair_id)), None)

    def leads(self, person_id: int | None) -> bool:
        """Whether that person commands."""
        return self.commander is not None and self.commander.pk == person_id

    def is_paired(self, card: Card) -> bool:
        """Whether a second person is here, free for the card, and does not lead (P15)."""
        if card.pair_id not in self.people or self.leads(card.pair_id):
            return False
        return self.busy_with(card.pair_id, beside=card) is None


def facts_of(incident: Incident) -> Facts:
    """Load what the rules look at. Three queries."""
    held = roster(incident)
    there = present(held)
    commander = next((one.person for one in held if one.role == RosterRole.COMMANDER), None)
    people = frozenset(one.person_id for one in there if one.role != RosterRole.OBSERVER)
    return Facts(incident, commander, people, cards_in(incident, Column.NOW), stop_of(incident))
