"""What a person holds, and handing it on when they leave or become a stakeholder.

The rooms above register each kind of thing somebody can hold; who inherits by rule is theirs.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from people.models import User


@dataclass(frozen=True)
class Held:
    """One thing somebody holds: what it is in words, and its page."""

    what: str
    url: str = ""


@dataclass(frozen=True)
class Passed:
    """One thing that passed ``to`` somebody who has not heard of it otherwise.

    ``what`` it is in words, ``url`` its page, ``incident`` the key of the one it is about, if any.
    """

    to: User
    what: str
    url: str = ""
    incident: int | None = None


class Holding(ABC):
    """One kind of thing that somebody can hold."""

    #: What it is called in a heading, such as "Seats".
    name: str

    @abstractmethod
    def held_by(self, person: User) -> list[Held]:
        """Everything of this kind that ``person`` holds now."""

    @abstractmethod
    def holders(self) -> Iterable[int]:
        """Everybody who holds something of this kind that a stakeholder may not. One query."""

    @abstractmethod
    def hand_on(self, person: User, *, by: User | None, to: User | None) -> Iterable[Passed]:
        """Give all of it to ``to``, or to who inherits it by rule; nothing stays with ``person``.

        Answers what its new holders have not heard of yet. Called in a transaction, with the person
        no longer active or no longer a responder.
        """


_holdings: list[Holding] = []
_tellers: list[Callable[[User, Sequence[Passed]], None]] = []


def register_holding(holding: Holding) -> None:
    """Ask ``holding`` about everybody who leaves."""
    _holdings.append(holding)


def register_telling(tell: Callable[[User, Sequence[Passed]], None]) -> None:
    """Let ``tell`` say to its new holders what passed on from somebody, all of it at once."""
    _tellers.append(tell)


def held_by(person: User) -> dict[str, list[Held]]:
    """What somebody holds, by kind; kinds they hold nothing of are left out."""
    found = {holding.name: holding.held_by(person) for holding in _holdings}
    return {name: held for name, held in found.items() if held}


def held_by_people_who_left() -> list[tuple[User, dict[str, list[Held]]]]:
    """Everybody who left or became a stakeholder and still holds something, with all of it.

    Nobody, unless nobody was there to inherit. One query a kind of thing, and those of
    ``held_by`` for each person found.
    """
    holders = {pk for holding in _holdings for pk in holding.holders()}
    left = User.objects.filter(pk__in=holders).exclude(pk__in=User.objects.responders())
    found = [(person, held_by(person)) for person in left.order_by("name", "pk")]
    return [(person, held) for person, held in found if held]


def hand_on(person: User, *, by: User | None, to: User | None = None) -> None:
    """Give everything that ``person`` holds to ``to``, or to who inherits it by rule.

    Each new holder hears of it once, in one message.
    """
    passed = [one for holding in _holdings for one in holding.hand_on(person, by=by, to=to)]
    for tell in _tellers:
        tell(person, passed)


def how_gone(person: User) -> str:
    """What became of somebody who holds nothing any more, after their name."""
    return "is a stakeholder now" if person.is_active else "has left"
