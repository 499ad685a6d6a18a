"""Setting how often stakeholders hear: by the policy, more often, or at set times (P40)."""

import re
from collections.abc import Mapping
from datetime import time, timedelta
from typing import Any

from clock.queries import now
from clock.zones import zone_names
from incidents.cadence.intervals import interval_of
from incidents.cadence.promises import hurry_update
from incidents.record.models import Incident
from incidents.record.queries import policy_of
from incidents.record.timeline import record
from incidents.record.visibility import is_visible
from incidents.record.zones import zone_of
from incidents.roster.permissions import Act, check_may
from pages.texts import read_line
from people.models import User
from refusals.errors import Invalid, Refused

REASON_WITHIN = timedelta(days=1)
"""So long after the declaration, set times need a reason."""
MOST_TIMES = 12
#: Hours and minutes in digits, and nothing that would be dropped: no seconds, no zone of its own.
_TIME_OF_DAY = re.compile("([01]?[0-9]|2[0-3]):([0-5][0-9])(?::00)?")
FIELDS = ("update_interval_min", "set_times", "cadence_zone", "quiet_from", "quiet_until")


def change_cadence(incident: Incident, by: User, value: Any) -> None:
    """Set the cadence of an incident whose lock the caller holds.

    ``value`` is ``"interval"`` for the policy's, ``{"every_min": n}`` up to it, or for recovery
    ``{"daily_at": "09:00" or ["09:00", "17:00"], "time_zone"?, "quiet"?: ["20:00", "08:00"],
    "watching"?: User, "reason"?}``; without a zone the incident's. The commander's
    (``only_commander``); recovery in the first 24 hours needs a reason (``reason_required``). The
    promise counts anew from now, never later than promised. What stays the same changes nothing.
    """
    moment = now()
    wanted, watching = _read(incident, value)
    same = all(getattr(incident, name) == wanted[name] for name in FIELDS)
    if same and incident.watching == watching:
        return
    check_may(incident, by, Act.CADENCE)
    reason = read_line("cadence.reason", value.get("reason"), 500) if _is_daily(value) else ""
    if _is_daily(value) and not reason and moment < incident.declared_at + REASON_WITHIN:
        raise Refused(
            "reason_required",
            "Set times are for what takes days. In the first 24 hours say why nobody needs to hear "
            "sooner; it stands on the timeline.",
        )
    before = incident.cadence
    for name in FIELDS:
        setattr(incident, name, wanted[name])
    incident.watching = watching
    incident.save(update_fields=[*FIELDS, "watching"])
    record(
        incident,
        "cadence_changed",
        by=by,
        text=_words(incident) + (f": {reason}" if reason else ""),
        before=before,
        after=incident.cadence,
        reason=reason,
    )
    hurry_update(incident, at=moment)


def _is_daily(value: Any) -> bool:
    return isinstance(value, Mapping) and "daily_at" in value


def _read(incident: Incident, value: Any) -> tuple[dict[str, Any], User | None]:
    policy = policy_of(incident.severity)
    allowed = policy.update_interval_min if policy else 60
    nothing: dict[str, Any] = {
        "update_interval_min": None,
        "set_times": [],
        "cadence_zone": "",
        "quiet_from": None,
        "quiet_until": None,
    }
    if value == "interval":
        return nothing, None
    if isinstance(value, Mapping) and set(value) == {"every_min"}:
        every = value["every_min"]
        if isinstance(every, int) and 1 <= every <= allowed:
            return {**nothing, "update_interval_min": None if every == allowed else every}, None
    if _is_daily(value):
        return {**nothing, **_read_daily(incident, value)}, _read_watching(incident, value)
    raise Invalid(
        {
            "cadence": f"“interval” for every {allowed} minutes, every_min from 1 to {allowed}, "
            "or daily_at such as 09:00 with a time_zone such as Europe/Berlin."
        }
    )


def _read_daily(incident: Incident, value: Mapping[str, Any]) -> dict[str, Any]:
    given = value["daily_at"]
    times = sorted(
        {_time("daily_at", one) for one in ([given] if isinstance(given, str) else given)}
    )
    if not times or len(times) > MOST_TIMES:
        raise Invalid({"cadence.daily_at": f"One to {MOST_TIMES} times a day, such as 09:00."})
    zone = value.get("time_zone") or zone_of(incident).key
    if zone not in zone_names():
        raise Invalid({"cadence.time_zone": "A time zone such as Europe/Berlin."})
    quiet = value.get("quiet") or (None, None)
    if len(quiet) != 2 or (None in quiet and any(quiet)):
        raise Invalid({"cadence.quiet": "When quiet hours begin and end, such as 20:00 and 08:00."})
    start, end = (None if one is None else _time("quiet", one) for one in quiet)
    if start is not None and start == end:
        raise Invalid({"cadence.quiet": "Quiet hours end at another time than they begin."})
    return {"set_times": times, "cadence_zone": zone, "quiet_from": start, "quiet_until": end}


def _read_watching(incident: Incident, value: Mapping[str, Any]) -> User | None:
    watching: User | None = value.get("watching")
    if watching is None:
        return None
    sees = watching.is_active and watching.is_responder and is_visible(watching, incident.pk)
    if not sees:
        raise Invalid({"cadence.watching": f"{watching.name} cannot watch this incident."})
    return watching


def _time(field: str, text: Any) -> time:
    found = _TIME_OF_DAY.fullmatch(str(text).strip())
    if found is None:
        raise Invalid({f"cadence.{field}": "A time of day such as 09:00."})
    return time(int(found[1]), int(found[2]))


def _words(incident: Incident) -> str:
    if not incident.is_in_recovery:
        return f"set updates to every {interval_of(incident).total_seconds() / 60:.0f} minutes"
    times = " and ".join(f"{one:%H:%M}" for one in incident.set_times)
    words = f"set recovery cadence: daily at {times} {incident.cadence_zone}"
    if incident.quiet_from is not None:
        watching = incident.watching.name if incident.watching else "the commander"
        words += (
            f", quiet from {incident.quiet_from:%H:%M} to {incident.quiet_until:%H:%M}, "
            f"{watching} watches"
        )
    return words
