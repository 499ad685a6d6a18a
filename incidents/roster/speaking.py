"""Tells higher floors that whoever speaks for an incident may have changed."""

from collections.abc import Callable

from incidents.record.models import Incident

_reactions: list[Callable[[Incident], None]] = []


def register_speaker_change(react: Callable[[Incident], None]) -> None:
    """Call ``react`` with the locked incident when a seat that speaks for it moves."""
    _reactions.append(react)


def speaker_changed(incident: Incident) -> None:
    """Run every registered reaction, in the transaction and under the lock of the caller."""
    for react in _reactions:
        react(incident)
