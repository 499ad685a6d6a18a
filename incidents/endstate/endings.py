"""How a cancelled or merged incident ended: why, and where to look (P46, P49)."""

from dataclasses import dataclass
from datetime import datetime

from incidents.record.models import Incident, Kind, Status


@dataclass(frozen=True)
class Ending:
    """The closing word, empty where it stays inside, and the reference to go on with, if any."""

    why: str
    into: str


def ending_of(incident: Incident) -> Ending | None:
    """What everybody who may see ``incident`` reads of its end; nothing of one not ended so.

    A private target is named to nobody, also where it turned private later, and what was said of
    it stays inside. No query, but for the target of a merged one that is not loaded yet.
    """
    if incident.status == Status.CANCELLED:
        return Ending(incident.ended_because, "")
    if incident.status != Status.MERGED:
        return None
    target = incident.merged_into
    is_named = target is not None and not target.private and _is_seen_alike(incident, target)
    return Ending(
        why=incident.ended_because if is_named or incident.private else "",
        into=target.ref if target is not None and is_named else "",
    )


def _is_seen_alike(incident: Incident, target: Incident) -> bool:
    return target.kind != Kind.DRILL or incident.kind == Kind.DRILL


def ended_at(incident: Incident) -> datetime | None:
    """When the clock of the incident stopped, as far as that is known; nothing while it is open."""
    return (
        None
        if incident.is_open
        else (incident.resolved_at or incident.ended_at or incident.closed_at)
    )
