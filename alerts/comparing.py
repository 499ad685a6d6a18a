"""Compares what a tool told with what is known: what began to fire, what is over, what is old."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from alerts.models import Alert
from alerts.reports import Heard, Report
from clock.moments import until_now
from incidents.record.afterwards import OLDEST


@dataclass
class Differences:
    """What a report changes: alerts never heard of, known ones that fire again, or are over."""

    new: list[Heard] = field(default_factory=list)
    again: list[tuple[Alert, Heard]] = field(default_factory=list)
    over: list[tuple[Alert, Heard | None]] = field(default_factory=list)
    acknowledged: list[Alert] = field(default_factory=list)

    @property
    def fires(self) -> bool:
        """Whether anything began to fire."""
        return bool(self.new or self.again)

    @property
    def is_nothing(self) -> bool:
        """Whether all of it was known."""
        return not (self.fires or self.over or self.acknowledged)


def differences(
    report: Report, known: Mapping[str, Alert], of_group: Iterable[Alert], moment: datetime
) -> Differences:
    """What ``report`` changes of the ``known`` alerts of its incident, by fingerprint. No query.

    What was heard before changes nothing, and so does what is older than what is known: a repeat, a
    replay. Times are compared with the tool's own, since its clock may be wrong. An end of what
    never fired is none. ``of_group`` are those of ``known`` that are over when the whole group is.
    """
    found = Differences()
    seen: set[str] = set()
    for heard in report.alerts:
        if heard.fingerprint in seen:
            continue
        seen.add(heard.fingerprint)
        alert = known.get(heard.fingerprint)
        at = told_at(heard, moment)
        if alert is None:
            if heard.begins:
                found.new.append(heard)
        elif heard.is_firing:
            if heard.begins and alert.ended_at is not None and at > alert.started_at:
                found.again.append((alert, heard))
            elif alert.is_firing and heard.is_acknowledged and alert.acknowledged_at is None:
                found.acknowledged.append(alert)
        elif alert.is_firing and at >= alert.started_at:
            found.over.append((alert, heard))
    if report.is_over:
        found.over += [
            (alert, None) for alert in of_group if alert.is_firing and alert.fingerprint not in seen
        ]
    return found


def told_at(heard: Heard, moment: datetime) -> datetime:
    """When it happened by the tool's clock, or ``moment`` where that cannot be.

    That is ahead of us, not said, or before anything here began.
    """
    if heard.at is None or moment - heard.at > OLDEST:
        return moment
    return until_now(heard.at, moment) or moment
