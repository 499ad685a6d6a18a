"""What rests on a hypothesis and must hear that it was ruled out: higher floors register it."""

from collections.abc import Callable

from incidents.hypotheses.models import Hypothesis
from incidents.record.models import Incident

_ruled_out: list[Callable[[Incident, Hypothesis], None]] = []


def register_ruled_out(react: Callable[[Incident, Hypothesis], None]) -> None:
    """Call ``react`` with the locked incident when a hypothesis of it is ruled out."""
    _ruled_out.append(react)


def ruled_out(incident: Incident, hypothesis: Hypothesis) -> None:
    """Let everything that rests on it know, under the caller's lock."""
    for react in _ruled_out:
        react(incident, hypothesis)
