"""The facts of an incident that both versions of an update embed, frozen at publication (P43)."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from incidents.endstate.queries import signal_as_dict, signals_with_state
from incidents.impact.queries import impact_total, impacts_of, is_at_least
from incidents.record.models import Incident, RoleAssignment, RosterRole
from incidents.updates.queries import Beside
from people.models import User


def facts(
    incident: Incident, moment: datetime, *, held: Iterable[RoleAssignment], beside: Beside
) -> dict[str, Any]:
    """What is true at ``moment``, JSON-ready: computed, never typed. Two queries.

    Severity, status, statement, blocker, when it is expected back, times, impact totals, signals
    with value, target and state, owners, the end state and the override if there was one; for
    engineers the decisions since the last word and each Now card's owner and time-box end.
    ``held`` is the roster and ``beside`` what ``beside_of`` found.
    """
    said = incident.expected
    holders = {one.role: _person(one.person) for one in held}
    return {
        "ref": incident.ref,
        "title": incident.title,
        "kind": incident.kind,
        "severity": incident.severity,
        "status": incident.status,
        "statement": incident.called,
        "blocker": incident.blocker,
        "expected_back": said.as_dict if said else None,
        "impact_started_at": _time(incident.impact_started_at),
        "impact": [
            {
                "journey": impact.journey,
                "blocked": impact.blocked,
                "total": float(impact_total(impact, incident, moment)),
                "unit": impact.unit,
                "currency": impact.currency,
                "per_minute": None if impact.per_minute is None else float(impact.per_minute),
                "at_least": is_at_least(incident),
            }
            for impact in impacts_of(incident)
        ],
        "end_state": incident.end_state,
        "signals": [signal_as_dict(one) for one in signals_with_state(incident, moment)],
        "owners": {
            role.value: holders.get(role)
            for role in (RosterRole.COMMANDER, RosterRole.FIX_OWNER, RosterRole.COMMUNICATIONS)
        },
        "override": incident.resolved_override,
        "decisions": beside.decisions,
        "now": beside.now,
        "at": _time(moment),
    }


def _person(person: User) -> dict[str, str]:
    return {"email": person.email, "name": person.name}


def _time(moment: datetime | None) -> str | None:
    return moment.isoformat().replace("+00:00", "Z") if moment else None
