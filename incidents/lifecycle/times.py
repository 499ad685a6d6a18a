"""The incident's times: stamping them, and correcting them with a reason (PRODUCT.md section 4)."""

from datetime import datetime
from itertools import pairwise

from django.db import transaction

from clock.queries import now
from incidents.record.models import TIME_NAMES, Incident
from incidents.record.timeline import record
from incidents.roster.presence import enter
from pages.texts import read_text
from people.models import User
from refusals.errors import Invalid, Refused

CLEARABLE = ("impact_started_at",)
"""Times that may be unknown again; the others are facts of the lifecycle."""


def stamp(incident: Incident, name: str, at: datetime, *, source: str = "auto") -> None:
    """Set one of the times and say where it comes from: ``auto`` or ``inferred``."""
    setattr(incident, name, at)
    incident.time_sources[name] = {"source": source}
    incident.save(update_fields=[name, "time_sources"])


def end_impact(incident: Incident, at: datetime) -> None:
    """Stop the rates of impact at ``at``; stopped already, nothing changes."""
    if incident.impact_ended_at is None:
        incident.impact_ended_at = at
        incident.save(update_fields=["impact_ended_at"])


@transaction.atomic
def correct_time(
    incident: Incident, *, by: User, name: str, at: datetime | None, reason: str
) -> Incident:
    """Set one of the incident's times by hand; the correction stands on the timeline.

    A time that was unknown may be entered without a reason, changing one needs it
    (``reason_required``). Refuses (``Invalid``) unknown names, the future, an end before its start
    and emptying anything but the start of impact. The same time again changes nothing.
    """
    incident = enter(incident, by=by)
    return set_time(incident, by=by, name=name, at=at, reason=reason)


def set_time(
    incident: Incident, *, by: User, name: str, at: datetime | None, reason: str
) -> Incident:
    """``correct_time`` for a caller that holds the lock."""
    if name not in TIME_NAMES:
        raise Invalid({"times": f"One of {', '.join(TIME_NAMES)}."})
    before: datetime | None = getattr(incident, name)
    if before == at:
        return incident
    reason = read_text(f"times.{name}", reason, 500)
    if before is not None and not reason:
        raise Refused("reason_required", f"Say why {_words(name)} changes; the record keeps both.")
    if at is None and name not in CLEARABLE:
        raise Invalid({f"times.{name}": "Only the start of impact may be unknown."})
    if at is not None and at > now():
        raise Invalid({f"times.{name}": "That is in the future."})
    setattr(incident, name, at)
    _check_order(incident, name)
    incident.time_sources[name] = {"source": "manual", "by": by.email, "reason": reason}
    if name == "mitigated_at" and incident.impact_ended_at == before is not None:
        incident.impact_ended_at = at
    incident.save(update_fields=[name, "time_sources", "impact_ended_at"])
    shown = at.strftime("%Y-%m-%d %H:%M UTC") if at else "unknown"
    record(
        incident,
        "time_corrected",
        by=by,
        text=f"set {_words(name)} to {shown}" + (f": {reason}" if reason else ""),
        name=name,
        before=before.isoformat() if before else None,
        after=at.isoformat() if at else None,
        reason=reason,
    )
    return incident


def _check_order(incident: Incident, name: str) -> None:
    """An incident is declared, mitigated, resolved and closed in this order; impact ends last."""
    order = ("declared_at", "mitigated_at", "resolved_at", "closed_at")
    known = [(one, at) for one in order if (at := getattr(incident, one)) is not None]
    for (earlier, first), (later, second) in pairwise(known):
        if first > second:
            raise Invalid(
                {f"times.{name}": f"Then {_words(later)} would lie before {_words(earlier)}."}
            )


def _words(name: str) -> str:
    return {
        "impact_started_at": "the start of impact",
        "detected_at": "the detection",
        "declared_at": "the declaration",
        "acknowledged_at": "the acknowledgement",
        "mitigated_at": "the mitigation",
        "resolved_at": "the resolution",
        "closed_at": "the closing",
    }[name]
