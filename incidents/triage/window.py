"""The triage window: how long an incident may be investigated before somebody chooses (P34)."""

from datetime import datetime, timedelta

from clock.queries import now
from deadlines.actions import keep_deadline, owe, release_deadline
from incidents.lifecycle.course import Follower
from incidents.record.models import Incident, Status
from incidents.record.queries import policy_of
from incidents.triage.deadlines import TriageEnds


def begin_triage(incident: Incident, *, since: datetime) -> None:
    """Let the window of the severity run from ``since`` while the cause is not known.

    Without a window for this severity, or once the cause is known, none runs. The caller holds the
    incident's lock.
    """
    policy = policy_of(incident.severity)
    minutes = policy.triage_window_min if policy is not None else None
    if not minutes or not incident.makes_promises or incident.status != Status.INVESTIGATING:
        release_deadline(TriageEnds.name, incident, reason="No triage window runs.")
        _set(incident, None)
        return
    due_at = since + timedelta(minutes=minutes)
    owe(incident, TriageEnds.name, incident, due_at)
    _set(incident, due_at)


def hurry_triage(incident: Incident) -> None:
    """Count a running window anew by the severity of now, never later than it would end.

    One that has ended is not judged again.
    """
    standing, moment = incident.triage_until, now()
    if standing is not None and standing <= moment:
        return
    begin_triage(incident, since=moment)
    if standing is not None and incident.triage_until is not None:
        earlier = min(standing, incident.triage_until)
        if earlier != incident.triage_until:
            owe(incident, TriageEnds.name, incident, earlier)
            _set(incident, earlier)


def end_triage(incident: Incident, *, at: datetime) -> None:
    """The cause is known, so nobody needs to choose any more. Twice is once."""
    keep_deadline(TriageEnds.name, incident, at=at, reason="The cause is known.")
    _set(incident, None)


def _set(incident: Incident, until: datetime | None) -> None:
    if incident.triage_until != until:
        incident.triage_until = until
        incident.save(update_fields=["triage_until"])


class TriageWindow(Follower):
    """The window runs while an incident is investigated."""

    def is_investigated(self, incident: Incident, *, since: datetime) -> None:
        """It begins."""
        begin_triage(incident, since=since)

    def is_worse_or_better(self, incident: Incident) -> None:
        """It is counted by the new severity."""
        hurry_triage(incident)

    def is_identified(self, incident: Incident, *, at: datetime) -> None:
        """It was kept."""
        end_triage(incident, at=at)

    def is_over(self, incident: Incident, *, reason: str) -> None:
        """Nothing is left to choose."""
        release_deadline(TriageEnds.name, incident, reason=reason)
        _set(incident, None)
