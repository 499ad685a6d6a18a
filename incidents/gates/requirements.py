"""What else must be true of a card where it wants to go: higher floors register it."""

from collections.abc import Iterable
from typing import ClassVar

from incidents.cards.models import Card
from incidents.gates.facts import Facts
from incidents.record.gate import Objection
from incidents.record.models import Incident
from people.models import User


class Requirement:
    """One thing that a card needs besides its own fields, and that follows what becomes of it.

    Questions change nothing. What happens to a card is told under the incident's lock, before it
    is recorded; of changed fields it is told before the rules judge them.
    """

    asked_at_now: ClassVar[tuple[str, ...]] = ()
    """The codes of its soft rules for Now, by which their marks are replaced."""

    def why_not_now(self, card: Card, facts: Facts) -> Iterable[Objection]:
        """What speaks against a card in Now."""
        return ()

    def why_not_done(self, card: Card) -> Iterable[Objection]:
        """What speaks against a card in Done."""
        return ()

    def why_not_changed(self, card: Card, changed: set[str]) -> Iterable[Objection]:
        """What speaks against these fields having changed, wherever the card stands."""
        return ()

    def changed(self, card: Card, incident: Incident, changed: set[str], *, by: User) -> None:
        """These fields of the card have changed; a new card: all that were given."""

    def parked(self, card: Card, incident: Incident, *, by: User) -> None:
        """The card, which ``card_on`` read, was parked."""


_requirements: list[Requirement] = []


def register_requirement(requirement: Requirement) -> None:
    """Ask ``requirement`` of every card that moves or changes, and tell it."""
    _requirements.append(requirement)


def requirements() -> list[Requirement]:
    """Every registered one, in order."""
    return list(_requirements)
