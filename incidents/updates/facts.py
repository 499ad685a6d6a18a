"""The facts of an incident as both versions of an update embed them, and the stakeholders' view."""

from datetime import datetime
from typing import Any

from incidents.endstate.queries import signal_as_dict, signals_with_state
from incidents.impact.queries import impact_total, impacts_of, is_at_least
from incidents.record.models import Incident, Kind, RosterRole
from incidents.roster.queries import roster
from incidents.updates.models import Update
from people.models import User


def facts(incident: Incident, moment: datetime) -> dict[str, Any]:
    """What is true at ``moment``, JSON-ready: computed, never typed (P43). Six queries.

    Severity, status, statement, blocker, times, impact totals, signals with value, target and
    state, owners, the end state and the override if there was one.
    """
    holders = {one.role: _person(one.person) for one in roster(incident)}
    return {
        "ref": incident.ref,
        "title": incident.title,
        "kind": incident.kind,
        "severity": incident.severity,
        "status": incident.status,
        "statement": incident.statement or incident.title,
        "blocker": incident.blocker,
        "impact_started_at": _time(incident.impact_started_at),
        "impact": [
            {
                "journey": impact.journey,
                "blocked": impact.blocked,
                "total": float(impact_total(impact, incident, moment)),
                "unit": impact.unit,
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
        "at": _time(moment),
    }


def stakeholder_facts(incident: Incident, moment: datetime) -> dict[str, Any]:
    """Everything the stakeholder page says (P46): the facts and what was promised and published.

    ``update_overdue`` is derived at ``moment``. No responder chatter. Nine queries.
    """
    updates = list(incident.updates.select_related("by").order_by("-number"))
    latest = updates[0] if updates else None
    done = incident.cards.filter(column="done").order_by("-done_at")
    return {
        **facts(incident, moment),
        "declared_at": _time(incident.declared_at),
        "resolved_at": _time(incident.resolved_at),
        "is_drill": incident.kind == Kind.DRILL,
        "next_update_at": _time(incident.next_update_at),
        "update_overdue": incident.update_overdue_at(moment),
        "executive_summary": latest.executive_summary if latest else "",
        "next_moves": latest.next_moves if latest else [],
        "done": [
            {"title": card.title, "proof": card.proof, "at": _time(card.done_at)} for card in done
        ],
        "updates": [_update(one) for one in updates],
    }


def _update(update: Update) -> dict[str, Any]:
    return {
        "number": update.number,
        "at": _time(update.published_at),
        "by": _person(update.by) if update.by else None,
        "executive_summary": update.executive_summary,
        "technical_html": update.technical_html,
        "next_moves": update.next_moves,
        "next_update_at": _time(update.next_update_at),
        "is_all_clear": update.is_all_clear,
    }


def _person(person: User) -> dict[str, str]:
    return {"email": person.email, "name": person.name}


def _time(moment: datetime | None) -> str | None:
    return moment.isoformat().replace("+00:00", "Z") if moment else None
