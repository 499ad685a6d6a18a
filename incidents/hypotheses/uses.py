"""What rests on a hypothesis and must hear that it was ruled out, or is not any more.

Higher floors register it.
"""

from collections.abc import Callable

from incidents.hypotheses.models import Hypothesis
from incidents.record.models import Incident

React = Callable[[Incident, Hypothesis], None]
_ruled_out: list[React] = []
_taken_up: list[React] = []


def register_ruled_out(react: React) -> None:
    """Call ``react`` with the locked incident when a hypothesis of it is ruled out."""
    _ruled_out.append(react)


def register_taken_up(react: React) -> None:
    """Call ``react`` with the locked incident when one that was ruled out is none any more."""
    _taken_up.append(react)


def taken_up(incident: Incident, hypothesis: Hypothesis) -> None:
    """Let everything that would rest on it know that it may be true again."""
    for react in _taken_up:
        react(incident, hypothesis)


def ruled_out(incident: Incident, hypothesis: Hypothesis) -> None:
    """Let everything that rests on it know, under the caller's lock."""
    for react in _ruled_out:
        react(incident, hypothesis)
