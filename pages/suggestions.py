"""Suggestions beside words while they are typed; upper rooms register what they look for."""

from collections.abc import Callable, Sequence
from typing import Protocol


class Suggestion(Protocol):
    """A place in a text, and how to say it of the system instead."""

    @property
    def text(self) -> str:
        """The words it is about."""

    @property
    def advice(self) -> str:
        """What to write instead."""


Check = Callable[[str, Sequence[str]], Sequence[Suggestion]]
_checks: list[Check] = []


def register_check(check: Check) -> None:
    """Let ``check(text, people)`` suggest, ``people`` being names. The same again is once."""
    if check not in _checks:
        _checks.append(check)


def suggestions(text: str, people: Sequence[str]) -> list[Suggestion]:
    """What every check suggests for a text, in its order; nothing for an empty one."""
    return [one for check in _checks for one in check(text, people)] if text else []
