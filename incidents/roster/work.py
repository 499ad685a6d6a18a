"""Asks higher floors what people of the roster work on, as far as seats must know it.

A seat asks whether somebody works on something; what work is stands on a higher floor, which
registers here how to find it.
"""

from collections.abc import Callable
from dataclasses import dataclass

from incidents.record.models import Incident
from people.models import User


@dataclass(frozen=True)
class RunningWork:
    """One piece of work that runs, with its ``version`` and who is on it.

    ``is_solo`` says that its owner started it while alone (P10).
    """

    id: int
    title: str
    version: int
    owner: User | None
    pair: User | None
    is_solo: bool


_running: list[Callable[[Incident], list[RunningWork]]] = []


def register_running_work(load: Callable[[Incident], list[RunningWork]]) -> None:
    """Let seats find the running work that ``load`` answers for an incident, in its order."""
    _running.append(load)


def running_work(incident: Incident) -> list[RunningWork]:
    """Everything that runs on an incident. One query a registered kind of work."""
    return [work for load in _running for work in load(incident)]


def solo_work_of(incident: Incident, person: User) -> RunningWork | None:
    """The running work that ``person`` owns and started while alone (P10), or nothing."""
    running = running_work(incident)
    return next((work for work in running if work.is_solo and work.owner == person), None)


_commands: list[Callable[[Incident, User], None]] = []


def register_commands(react: Callable[[Incident, User], None]) -> None:
    """Call ``react`` with the locked incident when somebody has taken its commander's seat."""
    _commands.append(react)


def person_commands(incident: Incident, person: User) -> None:
    """Let what somebody works on know that they command now, under the caller's lock."""
    for react in _commands:
        react(incident, person)


_left: list[Callable[[Incident, User], None]] = []


def register_left(react: Callable[[Incident, User], None]) -> None:
    """Call ``react`` with the locked incident when somebody is on its roster no more."""
    _left.append(react)


def person_left(incident: Incident, person: User) -> None:
    """Let everything that ``person`` worked on in an incident pass on, under the caller's lock."""
    for react in _left:
        react(incident, person)
