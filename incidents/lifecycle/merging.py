"""Ends an incident as part of another one."""

from typing import Any

from django.db import transaction

from clock.queries import now
from incidents.lifecycle.ending import let_go, refuse_way
from incidents.lifecycle.times import end_impact
from incidents.obligations.actions import move_obligations
from incidents.outcomes.rules import check_nothing_runs
from incidents.record.locking import lock_incident
from incidents.record.models import (
    Incident,
    Kind,
    Status,
)
from incidents.record.timeline import record
from incidents.roster.permissions import Act, check_may
from incidents.roster.presence import enter
from incidents.sidework.actions import (
    move_paused_work,
)
from incidents.updates.answering import settle_questions
from pages.texts import read_text
from people.models import User
from refusals.errors import Invalid, Refused


@transaction.atomic
def merge_incident(incident: Incident, *, by: User, into: Incident, reason: str) -> Incident:
    """End an open incident as part of ``into``; both timelines say so.

    The commander's (``only_commander``). Paused work and obligations move along between public
    ones; nobody joins the other's roster. A private one is named nowhere outside: the other's
    record says that it was merged into another incident, or another into it, and a public one keeps
    the reason to itself.
    Refuses (``Invalid``) itself, an ended target and a drill with a real one, ``reason_required``
    without a reason. Already merged there, nothing changes. Both are locked, the lower one first.
    """
    reason = read_text("reason", reason, 1000)
    for pk in sorted({incident.pk, into.pk}):
        lock_incident(pk)
    target = enter(into, by=by, joins=False)
    incident = enter(incident, by=by, joins=False)
    if incident.status == Status.MERGED and incident.merged_into_id == target.pk:
        return incident
    if incident.pk == target.pk:
        raise Invalid({"into": "An incident cannot be merged into itself."})
    if not incident.is_open:
        refuse_way(incident, Status.MERGED)
    if not target.is_open:
        raise Invalid({"into": f"{target.ref} is {target.status}. Merge into an open incident."})
    if (incident.kind == Kind.DRILL) != (target.kind == Kind.DRILL):
        raise Invalid({"into": "A drill and a real incident stay apart."})
    check_may(incident, by, Act.MERGE)
    check_nothing_runs(incident)
    if not reason:
        raise Refused("reason_required", f"Say how you know that it is part of {target.ref}.")
    # A private incident is named nowhere else: another private one has another roster.
    is_told_here, is_told_there = not target.private, not incident.private
    incident.status, incident.merged_into = Status.MERGED, target
    moment = now()
    incident.ended_because = reason if is_told_here or incident.private else ""
    incident.ended_at = moment
    incident.save(update_fields=["status", "merged_into", "ended_because", "ended_at"])
    end_impact(incident, moment)
    settle_questions(incident, by=by, moment=moment, words=reason)
    let_go(incident, moment, reason="The incident was merged into another one.")
    if is_told_here and is_told_there:
        move_paused_work(incident, target)
        move_obligations(incident, target)
    where = f" into {target.ref}" if is_told_here else " into another incident"
    why = f": {incident.ended_because}" if incident.ended_because else ""
    here: dict[str, Any] = {"into": target.ref} if is_told_here else {}
    if why:
        here["reason"] = incident.ended_because
    record(incident, "merged", by=by, text=f"merged it{where}{why}", **here)
    what = f"merged {incident.ref} into this: {reason}"
    there: dict[str, Any] = {"merged": incident.ref, "reason": reason} if is_told_there else {}
    record(
        target,
        "merged",
        by=by,
        text=what if is_told_there else "merged another incident into this",
        **there,
    )
    return incident
