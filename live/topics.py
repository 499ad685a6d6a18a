"""The registry of what can be watched and by whom; upper apps fill it from ``apps.ready()``.

A *topic* is a row that changes, named ``"<prefix>:<id>"`` (``"incident:42"``); ``announce(topic)``
says that it changed. An *audience* is one page that shows such a topic to one sort of people
(``warroom``, ``stakeholder``). An app that wants a live page writes one subclass and registers it:

    class WarRoom(Audience):
        name = "warroom"                      # also the key for ``audience("incident", "warroom")``
        prefix = "incident"
        doors = (Door("/incidents/{word}/events/"),)
        regions = (Region("board", "warroom/board/_board.html"), ...)

        def find(self, door, words): ...      # {"INC-42": Found(42)}; unknown words left out
        def versions(self, ids): ...          # {42: 117}
        def load(self, id): ...               # State(version, at, context, next_change_at) or None
        def authorise(self, id, viewers): ... # the viewers who may still see it
        def refusal(self, id, viewer): ...    # why not: Forbidden(...) or NotVisible()

    register(WarRoom())

All of these run in a thread of the hub with a database connection; each is called once for
everybody who watches, never once a viewer. The page itself uses the same state and the same
regions through ``live.state_cache``, so the page and the stream cannot drift apart. This module
neither reads the database nor renders.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, NamedTuple

from django.db.models import QuerySet

from people.models import User
from refusals.errors import Forbidden, NotVisible


class Viewer(NamedTuple):
    """Who watches, as far as permission goes: a person (``people.User``) or a share link."""

    kind: Literal["person", "link"]
    id: int


class Found(NamedTuple):
    """What a word of a path stands for: the topic's id, and the viewer where the word is a key."""

    id: int
    link: Viewer | None = None


@dataclass(frozen=True)
class Region:
    """A part of a page that is redrawn as a whole.

    ``id`` is the id of the partial's one root element. ``template`` is rendered with the state's
    ``context`` and nothing else: no request, no person, no clock of its own.
    """

    id: str
    template: str


@dataclass(frozen=True)
class Door:
    """A path of the event stream with one ``{word}`` in it, such as ``/incidents/{word}/events/``.

    ``by`` says who may knock: a signed-in ``person``, or whoever holds the ``link`` (then the word
    is the secret itself and ``find`` names the viewer).
    """

    path: str
    by: Literal["person", "link"] = "person"
    pattern: re.Pattern[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        before, after = self.path.split("{word}")
        pattern = re.compile(f"{re.escape(before)}([^/]{{1,200}}){re.escape(after)}")
        object.__setattr__(self, "pattern", pattern)


@dataclass(frozen=True)
class State:
    """One topic as one audience sees it at one moment.

    ``version`` grows with every recorded change; ``at`` is ``clock.queries.now()`` when it was
    read; ``context`` is what the regions' templates receive. ``next_change_at`` is the earliest
    moment at which the regions would look different without anybody doing anything (an update
    becomes overdue, a signal goes stale); the hub looks again then, and every few seconds anyway.
    """

    version: int
    at: datetime
    context: Mapping[str, Any]
    next_change_at: datetime | None = None
    standing_for: Mapping[str, Any] = field(default_factory=dict)
    """By name of the context: what a template may read of a value that is another each time."""

    def seen(self, name: str) -> Any:
        """What tells whether a region that names ``name`` looks different."""
        return self.standing_for.get(name, self.context.get(name))


class Audience(ABC):
    """One live page; see the module's docstring."""

    name: str
    prefix: str
    doors: tuple[Door, ...]
    regions: tuple[Region, ...]

    @abstractmethod
    def find(self, door: Door, words: Collection[str]) -> dict[str, Found]:
        """What the words in a path of ``door`` stand for, unknown ones left out. One query.

        Says nothing about permission, except that a link that no longer opens is unknown.
        """

    @abstractmethod
    def versions(self, ids: Collection[int]) -> dict[int, int]:
        """The versions of these topics, gone ones left out. One query."""

    @abstractmethod
    def load(self, id: int) -> State | None:
        """The state for the regions, or nothing when the topic is gone."""

    def reload(self, id: int, older: State) -> State | None:
        """The same; what did not change since may be taken from an ``older`` state."""
        return self.load(id)

    @abstractmethod
    def authorise(self, id: int, viewers: Collection[Viewer]) -> set[Viewer]:
        """Those of ``viewers`` who may see the topic now; inactive people may not. One query."""

    def seeing(self, id: int) -> "QuerySet[User] | None":
        """Whoever may see the topic, as one query, where only people watch and that tells them.

        The hub keeps it, and asks it before every push together with who is still signed in:
        nothing in it may be known from elsewhere (a time, a row read before). ``authorise`` names
        the same people.
        """
        return None

    def refusal(self, id: int, viewer: Viewer) -> Forbidden | NotVisible:
        """How this viewer is told no, as the page does: ``NotVisible`` unless it knows better."""
        return NotVisible()

    def topic(self, id: int) -> str:
        """The name that announcements use."""
        return f"{self.prefix}:{id}"


_audiences: dict[tuple[str, str], Audience] = {}


def register(audience: Audience) -> None:
    """Make a page live. Called from ``apps.ready()``; the same prefix and name replace each other.

    Refuses (``ValueError``) an audience without regions or with two regions of one id.
    """
    ids = [region.id for region in audience.regions]
    if not ids or len(set(ids)) != len(ids):
        raise ValueError(f"{audience.name} needs regions with different ids, not {ids}")
    _audiences[audience.prefix, audience.name] = audience


def audience(prefix: str, name: str) -> Audience:
    """The registered audience, or ``LookupError``."""
    return _audiences[prefix, name]


def audiences() -> list[Audience]:
    """Everything registered."""
    return list(_audiences.values())


def door_for(path: str) -> tuple[Audience, Door, str] | None:
    """Which audience a path of the stream belongs to, by which door, and the word in it."""
    for candidate in audiences():
        for door in candidate.doors:
            if match := door.pattern.fullmatch(path):
                return candidate, door, match[1]
    return None
