"""What a person holds, and handing it on when they leave or become a stakeholder.

The rooms above register each kind of thing somebody can hold; who inherits by rule is theirs.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass

from people.models import User


@dataclass(frozen=True)
class Held:
    """One thing somebody holds: what it is in words, and its page."""

    what: str
    url: str = ""


class Holding(ABC):
    """One kind of thing that somebody can hold."""

    #: What it is called in a heading, such as "Seats".
    name: str

    @abstractmethod
    def held_by(self, person: User) -> list[Held]:
        """Everything of this kind that ``person`` holds now."""

    @abstractmethod
    def hand_on(self, person: User, *, by: User | None, to: User | None) -> None:
        """Give all of it to ``to``, or to who inherits it by rule; nothing stays with ``person``.

        Called in a transaction, with the person no longer active or no longer a responder.
        """


_holdings: list[Holding] = []


def register_holding(holding: Holding) -> None:
    """Ask ``holding`` about everybody who leaves."""
    _holdings.append(holding)


def held_by(person: User) -> dict[str, list[Held]]:
    """What somebody holds, by kind; kinds they hold nothing of are left out."""
    found = {holding.name: holding.held_by(person) for holding in _holdings}
    return {name: held for name, held in found.items() if held}


def hand_on(person: User, *, by: User | None, to: User | None = None) -> None:
    """Give everything that ``person`` holds to ``to``, or to who inherits it by rule."""
    for holding in _holdings:
        holding.hand_on(person, by=by, to=to)
