"""Moving an incident along its life, and letting people sleep at its end.

The ways are those of docs/practices.md, *The lifecycle*.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db import transaction

from clock.queries import now
from incidents.endstate.queries import has_required_signal, signal_as_dict, unmet_required_signals
from incidents.lifecycle.course import followers
from incidents.lifecycle.ending import let_go, refuse_way
from incidents.lifecycle.merging import merge_incident
from incidents.lifecycle.reopening import reopen
from incidents.lifecycle.times import check_order, end_impact, stamp
from incidents.obligations.actions import what_is_owed
from incidents.outcomes.rules import check_nothing_runs
from incidents.record.afterwards import read_occurred
from incidents.record.models import (
    OPEN_STATUSES,
    Incident,
    Kind,
    Status,
)
from incidents.record.timeline import record
from incidents.roster.permissions import Act, check_may
from incidents.roster.presence import enter
from incidents.sidework.actions import (
    what_waits,
)
from incidents.updates.actions import AllClear, publish_all_clear
from incidents.updates.answering import settle_questions
from incidents.updates.models import Question
from incidents.updates.rules import update_as_dict
from pages.texts import is_nothing, read_line, read_text
from people.models import User
from refusals.errors import Invalid, Refused

__all__ = ["AllClear", "change_status", "register_closing_check", "what_is_open"]

ClosingCheck = Callable[[Incident], list[dict[str, str]]]
_closing_checks: list[ClosingCheck] = []
STAMPED = ("mitigated_at", "resolved_at", "closed_at")
"""The times that a step of the status sets."""
ORDER = [*OPEN_STATUSES, Status.RESOLVED, Status.CLOSED]


def register_closing_check(check: ClosingCheck) -> None:
    """Ask ``check(incident)`` before closing; it answers ``[{kind, text}]`` of what is still open.

    For the apps above, in ``AppConfig.ready``. Registering the same function twice is once.
    """
    if check not in _closing_checks:
        _closing_checks.append(check)


def what_is_open(incident: Incident) -> list[dict[str, str]]:
    """Everything that stands between the incident and *closed*."""
    found = [
        {"kind": "question", "text": question.text}
        for question in Question.objects.waiting().filter(incident=incident)
    ]
    found.extend(what_waits(incident))
    found.extend(what_is_owed(incident))
    for check in _closing_checks:
        found.extend(check(incident))
    return found


@transaction.atomic
def change_status(
    incident: Incident,
    *,
    by: User,
    to: str,
    reason: str = "",
    all_clear: AllClear | None = None,
    override_reason: str = "",
    into: Incident | None = None,
    version: int | None = None,
    occurred_at: datetime | None = None,
) -> Incident:
    """Move the incident to status ``to`` and answer it. The present status changes nothing.

    Forward among the open ones, steps may be skipped. Going back, reopening and cancelling need a
    ``reason`` (``reason_required``). Resolving is the commander's (``only_commander``), carries its
    ``all_clear`` (``all_clear_required``), and needs the end state to hold (``end_state_not_met``
    with ``signals``) unless the commander gives an ``override_reason``, which counts only then. Of
    two who resolve at once with other words one wins, the other hears ``stale`` with what was
    published. None of that ends it while a change runs (``change_unfinished``). Closing needs
    everything settled (``not_closable`` with ``open``). A near miss is resolved and closed by
    whoever reports it, without an all-clear. ``occurred_at`` records a step afterwards with its
    real time, which escapes what resolving asks for. Cancelling, merging and reopening are the
    commander's too. Anything else is ``invalid_transition``.
    """
    if to not in Status.values:
        raise Invalid({"to": f"One of {', '.join(Status.values)}."})
    reason = read_text("reason", reason, 1000)
    if to == Status.MERGED:
        if into is None:
            raise Invalid({"into": "Name the incident it is part of, such as INC-42."})
        return merge_incident(incident, by=by, into=into, reason=reason)
    incident = enter(incident, by=by, version=version)
    occurred_at = _read_moment(incident, occurred_at)
    if to == incident.status:
        if all_clear is not None and to == Status.RESOLVED:
            _check_same_all_clear(incident, all_clear, by)
        return incident
    match to:
        case Status.RESOLVED:
            _resolve(incident, by, all_clear, override_reason, occurred_at)
        case Status.CLOSED:
            _close(incident, by, occurred_at)
        case Status.CANCELLED:
            _cancel(incident, by, reason, occurred_at)
        case _ if incident.is_open:
            _step(incident, by, to, reason, occurred_at)
        case _ if incident.status == Status.RESOLVED:
            reopen(incident, by, to, reason, occurred_at)
        case _:
            refuse_way(incident, to)
    if occurred_at is not None:
        check_order(incident, STAMPED, field="occurred_at")
    return incident


def _read_moment(incident: Incident, at: datetime | None) -> datetime | None:
    at = read_occurred(incident, at, now())
    if at is not None and incident.entries.filter(kind="reopened", at__gt=at).exists():
        raise Invalid({"occurred_at": "It was reopened after that. Correct its times instead."})
    return at


def _step(incident: Incident, by: User, to: str, reason: str, at: datetime | None) -> None:
    before = incident.status
    goes_back = ORDER.index(Status(to)) < ORDER.index(Status(before))
    if goes_back and not reason:
        raise Refused("reason_required", f"Say why it goes back from {before} to {to}.")
    incident.status = to
    incident.save(update_fields=["status"])
    moment = at or now()
    if to == Status.MONITORING:
        if incident.mitigated_at is None:
            stamp(incident, "mitigated_at", moment)
        end_impact(incident, moment)
    elif incident.impact_ended_at is not None:
        # The first mitigation stays a fact; who is blocked counts on until the next one.
        incident.impact_ended_at = None
        incident.save(update_fields=["impact_ended_at"])
    if before == Status.INVESTIGATING:
        for one in followers():
            one.is_identified(incident, at=moment)
    elif to == Status.INVESTIGATING:
        for one in followers():
            one.is_investigated(incident, since=now())
    _record_step(incident, by, before, reason, at)


def _record_step(
    incident: Incident, by: User, before: str, reason: str, at: datetime | None
) -> None:
    why = f": {reason}" if reason else ""
    record(
        incident,
        "status_changed",
        by=by,
        text=f"moved it from {before} to {incident.status}{why}",
        at=at,
        afterwards=at is not None,
        before=before,
        after=incident.status,
        reason=reason,
    )


def _resolve(
    incident: Incident,
    by: User,
    all_clear: AllClear | None,
    override_reason: str,
    at: datetime | None,
) -> None:
    if not incident.is_open:
        refuse_way(incident, Status.RESOLVED)
    is_near_miss = incident.kind == Kind.NEAR_MISS
    if not is_near_miss:
        check_may(incident, by, Act.RESOLVE)
    if at is None:
        check_nothing_runs(incident)
    says_so = all_clear is not None and not is_nothing(all_clear.executive_summary)
    if not says_so and not is_near_miss and at is None:
        raise Refused(
            "all_clear_required",
            "Resolving tells everybody that it is over. Write the all-clear: what works again, "
            "what follows, who watches tonight.",
        )
    moment = at or now()
    override = read_text("override.reason", override_reason, 500)
    if is_near_miss or holds(incident, moment):
        override = ""
    elif not override and at is None:
        _refuse_unmet(incident, moment)
    before = incident.status
    incident.status = Status.RESOLVED
    # An override that was needed once stands on the review for good (P24).
    incident.resolved_override = override or incident.resolved_override
    incident.save(update_fields=["status", "resolved_override"])
    stamp(incident, "resolved_at", moment)
    if incident.mitigated_at is None:
        stamp(incident, "mitigated_at", moment, source="inferred")
    end_impact(incident, moment)
    said = ""
    words = "It was resolved."
    facts: dict[str, Any] = {}
    if all_clear is not None and says_so:
        update = publish_all_clear(incident, all_clear, by=by, moment=now())
        said = f": {update.executive_summary}"
        words = update.executive_summary
        facts = {
            "update": update.number,
            "executive_summary": update.executive_summary,
            "watching": update.watching,
        }
    settle_questions(incident, by=by, moment=moment, words=words)
    let_go(incident, moment, reason="The incident was resolved.")
    record(
        incident,
        "resolved",
        by=by,
        text=f"resolved it{said}" + (f" (end state overridden: {override})" if override else ""),
        at=at,
        afterwards=at is not None,
        before=before,
        override=override,
        **facts,
    )


def _check_same_all_clear(incident: Incident, all_clear: AllClear, by: User) -> None:
    """The same person's same words again are once; other words were not published, and hear so."""
    update = incident.updates.filter(is_all_clear=True).select_related("by").first()
    said = read_line("all_clear.executive_summary", all_clear.executive_summary, 10_000)
    if update is None or (update.by == by and update.executive_summary == said):
        return
    raise Refused(
        "stale",
        f"{update.by.name if update.by else 'Somebody'} resolved it a moment ago. "
        "Your all-clear was not published; read theirs.",
        current=update_as_dict(update),
    )


def holds(incident: Incident, moment: datetime) -> bool:
    """P24: whether the end state is written and every required signal, one at least, is met."""
    return bool(
        incident.end_state
        and has_required_signal(incident)
        and not unmet_required_signals(incident, moment)
    )


def _refuse_unmet(incident: Incident, moment: datetime) -> None:
    unmet = unmet_required_signals(incident, moment)
    if not incident.end_state:
        what = "No end state is written."
    elif unmet:
        what = "Not met: " + ", ".join(one.signal.name for one in unmet) + "."
    else:
        what = "No required signal proves the end state."
    raise Refused(
        "end_state_not_met",
        f"{what} Wait until it holds, or resolve with an override whose reason everybody reads.",
        signals=[signal_as_dict(one) for one in unmet],
        end_state=incident.end_state,
    )


def _close(incident: Incident, by: User, at: datetime | None) -> None:
    if incident.is_open and incident.kind == Kind.NEAR_MISS:
        _resolve(incident, by, None, "", at)
    if incident.status != Status.RESOLVED:
        refuse_way(incident, Status.CLOSED)
    if still_open := what_is_open(incident):
        words = "; ".join(one["text"] for one in still_open)
        raise Refused("not_closable", f"Before closing: {words}", open=still_open)
    incident.status = Status.CLOSED
    incident.save(update_fields=["status"])
    stamp(incident, "closed_at", at or now())
    record(incident, "closed", by=by, text="closed it", at=at, afterwards=at is not None)


def _cancel(incident: Incident, by: User, reason: str, at: datetime | None) -> None:
    if not incident.is_open:
        refuse_way(incident, Status.CANCELLED)
    check_may(incident, by, Act.CANCEL)
    if at is None:
        check_nothing_runs(incident)
    if not reason:
        raise Refused(
            "reason_required",
            "Say why it was a false alarm: it is the last word to everybody who was told.",
        )
    before = incident.status
    incident.status = Status.CANCELLED
    moment = at or now()
    incident.ended_because, incident.ended_at = reason, moment
    incident.save(update_fields=["status", "ended_because", "ended_at"])
    end_impact(incident, moment)
    settle_questions(incident, by=by, moment=moment, words=reason)
    let_go(incident, moment, reason="The incident was cancelled.")
    record(
        incident,
        "cancelled",
        by=by,
        text=f"cancelled it: {reason}",
        at=at,
        afterwards=at is not None,
        before=before,
        reason=reason,
    )
