"""The incident's times: stamping them, and correcting them with a reason.

Which there are, and what is made of them: docs/practices.md, *Times*.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from clock.moments import SKEW
from clock.queries import now
from clock.written import written
from incidents.impact.actions import keep_values_at_end
from incidents.record.afterwards import check_near
from incidents.record.models import TIME_NAMES, Incident
from incidents.record.timeline import record
from incidents.roster.presence import enter
from pages.moments import happened
from pages.texts import read_text
from people.models import User
from refusals.errors import Invalid, Refused

CLEARABLE = ("impact_started_at",)
"""Times that may be unknown again; the others are facts of the lifecycle."""

#: What is made of what, where nobody measured it: a mitigation of the resolution, and detection and
#: acknowledgement of a declaration by hand.
MADE_OF = {
    "detected_at": "declared_at",
    "acknowledged_at": "declared_at",
    "mitigated_at": "resolved_at",
}
WITH_DECLARATION = ("detected_at", "acknowledged_at")
#: Earlier and later. The impact may begin after it was detected, but not after it was over.
IN_ORDER = (
    ("detected_at", "declared_at"),
    ("detected_at", "acknowledged_at"),
    ("declared_at", "mitigated_at"),
    ("acknowledged_at", "resolved_at"),
    ("impact_started_at", "mitigated_at"),
    ("impact_started_at", "resolved_at"),
    ("mitigated_at", "resolved_at"),
    ("declared_at", "resolved_at"),
    ("resolved_at", "closed_at"),
)


def stamp(incident: Incident, name: str, at: datetime, *, source: str = "auto") -> None:
    """Set one of the times and say where it comes from: ``auto`` or ``inferred``."""
    setattr(incident, name, at)
    incident.time_sources[name] = {"source": source}
    incident.save(update_fields=[name, "time_sources"])


def end_impact(incident: Incident, at: datetime) -> None:
    """Stop the rates and signals of impact at ``at``; stopped already, nothing changes."""
    if incident.impact_ended_at is None:
        incident.impact_ended_at = at
        incident.save(update_fields=["impact_ended_at"])
        keep_values_at_end(incident)


@dataclass(frozen=True)
class Correction:
    """A time as it really was (nothing: it is not known), and why it is corrected."""

    at: datetime | None
    reason: str = ""


@transaction.atomic
def correct_time(
    incident: Incident, *, by: User, name: str, at: datetime | None, reason: str
) -> Incident:
    """Set one of the incident's times by hand, as ``set_times`` does several."""
    incident = enter(incident, by=by)
    return set_times(incident, by=by, corrections={name: Correction(at, reason)})


def set_times(incident: Incident, *, by: User, corrections: Mapping[str, Correction]) -> Incident:
    """Set several of the incident's times by hand, judged once as they stand in the end.

    The caller holds the lock. Each correction stands on the timeline; a time that was unknown may
    be entered without a reason, changing one needs it (``reason_required``). Times that were
    inferred from a corrected one follow it. Refuses (``Invalid``) unknown names, the future, the
    time of a state that was not reached, an order that cannot be true, and emptying anything but
    the start of impact. The same times again change nothing.
    """
    moment = now()
    before = {name: getattr(incident, name) for name in TIME_NAMES}
    changed = {}
    for name, correction in corrections.items():
        if name not in TIME_NAMES:
            raise Invalid({"times": f"One of {', '.join(TIME_NAMES)}."})
        if before[name] != correction.at:
            changed[name] = _read(incident, name, correction, moment)
    for name, correction in changed.items():
        setattr(incident, name, correction.at)
        source = {"source": "manual", "by": by.email, "reason": correction.reason}
        incident.time_sources[name] = source
    followed = _follow(incident, before, set(changed))
    check_order(incident, [*changed, *followed])
    if not changed:
        return incident
    names = [*changed, *followed, "time_sources"]
    if "mitigated_at" in names and incident.impact_ended_at == before["mitigated_at"] is not None:
        incident.impact_ended_at = incident.mitigated_at
        names.append("impact_ended_at")
    incident.save(update_fields=names)
    if "impact_ended_at" in names:
        keep_values_at_end(incident)
    for name in [*changed, *followed]:
        _record(incident, name, before[name], changed.get(name), by=by)
    return incident


def _read(incident: Incident, name: str, correction: Correction, moment: datetime) -> Correction:
    field, at = f"times.{name}", correction.at
    reason = read_text(field, correction.reason, 500)
    before = getattr(incident, name)
    if before is None and name not in CLEARABLE:
        raise Invalid({field: f"It was not reached: {_words(name)} is not known to the record."})
    if before is not None and not reason:
        raise Refused("reason_required", f"Say why {_words(name)} changes; the record keeps both.")
    if at is None and name not in CLEARABLE:
        raise Invalid({field: "Only the start of impact may be unknown."})
    return Correction(happened(field, at, moment, ahead=SKEW), reason)


def _follow(
    incident: Incident, before: Mapping[str, datetime | None], changed: set[str]
) -> list[str]:
    """Move what was never measured with what it was made of; answer the names that moved."""
    moved = []
    for name, source in MADE_OF.items():
        stood = incident.time_sources.get(name, {}).get("source")
        is_made = stood == "inferred" or (name in WITH_DECLARATION and stood == "auto")
        same = before[name] is not None and before[name] == before[source]
        if source in changed and name not in changed and is_made and same:
            setattr(incident, name, getattr(incident, source))
            moved.append(name)
    return moved


def _record(
    incident: Incident,
    name: str,
    before: datetime | None,
    correction: Correction | None,
    *,
    by: User,
) -> None:
    at: datetime | None = getattr(incident, name)
    shown = written(at) if at else "unknown"
    why = f", as {_words(MADE_OF[name])} did" if correction is None else ""
    reason = correction.reason if correction else ""
    record(
        incident,
        "time_corrected",
        by=by,
        text=f"set {_words(name)} to {shown}{why}" + (f": {reason}" if reason else ""),
        name=name,
        before=before.isoformat() if before else None,
        after=at.isoformat() if at else None,
        reason=reason,
    )


def check_order(incident: Incident, touched: Sequence[str], *, field: str = "") -> None:
    """Refuse (``Invalid``) times that cannot all be true, and say which two contradict.

    Only contradictions with one of ``touched`` count; ``field`` is blamed, else the time itself.
    """
    for earlier, later in IN_ORDER:
        first, second = getattr(incident, earlier), getattr(incident, later)
        if first is None or second is None or first <= second:
            continue
        name = next((one for one in (later, earlier) if one in touched), None)
        if name is not None:
            raise Invalid(
                {
                    field or f"times.{name}": f"Then {_words(later)} "
                    f"({written(second, to_the_second=True)}) would lie before {_words(earlier)} "
                    f"({written(first, to_the_second=True)})."
                }
            )
    for name in touched:
        check_near(field or f"times.{name}", getattr(incident, name), incident.declared_at)


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
