"""What is special about an incident that an alert opened: the first who joins, and storms (P01).

What begins then, and what is told of together, stands on higher floors, which register here.
"""

from collections.abc import Callable

from incidents.record.models import GUESTS, Incident, RoleAssignment

_firsts: list[Callable[[Incident, RoleAssignment], None]] = []


def register_first(react: Callable[[Incident, RoleAssignment], None]) -> None:
    """Call ``react`` with the locked incident and the role in which somebody joined first."""
    _firsts.append(react)


def person_arrived(incident: Incident, joined: RoleAssignment) -> None:
    """Let begin what waited for the first person; whoever only watches or helps is none.

    The caller holds the incident's lock and has recorded the joining. One query the first time,
    besides what begins; no query ever after.
    """
    if not incident.unattended or joined.role in GUESTS:
        return
    incident.unattended = False
    incident.save(update_fields=["unattended"])
    for react in _firsts:
        react(incident, joined)


_bundles: list[Callable[[Incident], str]] = []


def register_bundle(ask: Callable[[Incident], str]) -> None:
    """Let ``ask`` answer the word that an incident shares with those it is told of with."""
    _bundles[:] = [ask]


def bundle_of(incident: Incident) -> str:
    """That word, or nothing for an incident that is told of by itself."""
    return next((word for ask in _bundles if (word := ask(incident))), "")
