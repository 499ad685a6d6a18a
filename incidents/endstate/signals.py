"""Signals and their samples. States are the model's answer; nothing here stores one."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import BooleanField, ExpressionWrapper

from clock.moments import AHEAD
from clock.queries import now
from incidents.endstate.models import Sample, Signal, SignalQuerySet, SignalState
from incidents.endstate.rules import (
    Given,
    SortedSamples,
    check_unused,
    has_news,
    sort_out,
    write_on,
)
from incidents.endstate.samples import keep_samples
from incidents.endstate.summing import Measured, follow, sum_up
from incidents.endstate.watches import Crossing, crossings_of, is_watched
from incidents.record.locking import lock_incident
from incidents.record.models import Incident
from incidents.record.timeline import record
from incidents.roster.presence import enter, enter_part
from live.announcing import announce
from pages.numbers import said
from people.models import User
from refusals.errors import Forbidden, NotVisible

LEAST_STALE_S = 300
LONGEST_REASON = 250


@transaction.atomic
def add_signal(
    incident: Incident,
    *,
    by: User,
    name: str,
    comparator: str,
    target: float,
    unit: str = "",
    hold_s: int = 300,
    stale_after_s: int | None = None,
    required: bool = True,
    query: str = "",
) -> Signal:
    """Tie a metric to the end state (P22).

    ``hold_s``: for how long every sample must satisfy; 0 is met at once. ``stale_after_s``: how old
    the latest sample may be (default: a minute more than the hold, at least five minutes).
    """
    incident = enter(incident, by=by)
    signal = Signal(incident=incident, created_by=by, created_at=now())
    fields = {
        "name": name,
        "comparator": comparator,
        "target": target,
        "unit": unit,
        "hold_s": hold_s,
        "required": required,
        "query": query,
    }
    write_on(signal, fields)
    least = max(LEAST_STALE_S, signal.hold_s + 60)
    write_on(signal, {"stale_after_s": least if stale_after_s is None else stale_after_s})
    signal.save()
    record(
        incident,
        "signal_added",
        by=by,
        text=f"tied a signal to the end state: {signal}",
        signal=signal.pk,
        **_plain(signal),
    )
    return signal


@transaction.atomic
def change_signal(signal_id: int, *, by: User, **fields: Any) -> Signal:
    """Change a signal's name, unit, comparator, target, times, requirement or query.

    The same values change nothing. The samples are held against the new target at once.
    """
    signal, incident = _enter_signal(signal_id, by=by)
    before = str(signal)
    changed = write_on(signal, fields)
    if not changed:
        return signal
    sum_up(signal)
    signal.save()
    record(
        incident,
        "signal_changed",
        by=by,
        text=f"changed the signal {signal.name}: {before} is now {signal}",
        signal=signal.pk,
        changed=changed,
        **_plain(signal),
    )
    return signal


@transaction.atomic
def remove_signal(signal_id: int, *, by: User) -> None:
    """Take a signal away; its samples stay. Refused ``in_use`` while work or impact rests on it."""
    signal, incident = _enter_signal(signal_id, by=by)
    check_unused(signal)
    signal.removed_at = now()
    signal.save(update_fields=["removed_at"])
    # Its batches are counted no longer; what pages go by never falls, nor stays as it was.
    incident.version += signal.batches
    record(
        incident,
        "signal_removed",
        by=by,
        text=f"removed the signal {signal}",
        signal=signal.pk,
        **_plain(signal),
    )


class Taken(NamedTuple):
    """How many samples were accepted and rejected, and how many values another one replaced."""

    accepted: int
    rejected: int
    replaced: int


def record_samples(
    signal_id: int, *, by: User, samples: Iterable[Given], by_hand: bool = False
) -> Taken:
    """Take measured values, in any order, and answer what became of them.

    One per moment: sent again it is accepted and changes nothing, and of two values for one moment
    the last stands. One dated ahead, by five minutes at most, counts as of its arrival, so that a
    clock that runs fast hides nothing (P22). Rejected are numbers that are none, times further
    ahead or older than 31 days; more than 10 000 at once are ``Invalid``. ``by_hand`` says that a
    person read them off; that stands on the timeline and joins the roster, a push does neither.
    Does not lock the incident, except to record that the signal became met or stopped being so, at
    most once a minute, and that a stop criterion was crossed (P38). Announced calmly. Six queries a
    batch, two more where one rests on it, and one where they are ahead.
    """
    return _take(_plan_samples(_visible(signal_id, by), samples), by, by_hand=by_hand)


def record_polled(signal_id: int, *, samples: Iterable[Given]) -> Taken:
    """Take what a signal's query answered, as ``record_samples`` does, on nobody's behalf.

    Raises ``NotVisible`` where it was removed. Samples of incidents that are over are taken too:
    whoever asks decides for which it does.
    """
    return _take(_plan_samples(_found(Signal.objects.standing(), signal_id), samples), None)


@transaction.atomic
def note_no_data(signal_id: int, *, because: str, moment: datetime) -> None:
    """Say of a signal since when its source answers nothing, and why.

    Since its newest sample, or since ``moment`` where it has none. The same again changes nothing,
    and the next sample takes it back. Its state stays what its samples make it.
    """
    signal = _lock(_found(Signal.objects.standing(), signal_id).pk)
    because = because[:LONGEST_REASON]
    if signal.no_data_since is not None and signal.no_data_because == because:
        return
    signal.no_data_since = signal.no_data_since or signal.latest_at or moment
    signal.no_data_because = because
    signal.batches += 1
    signal.save(update_fields=["no_data_since", "no_data_because", "batches"])
    announce(f"incident:{signal.incident_id}", calm=True)


def _take(plan: "_Plan", by: User | None, *, by_hand: bool = False) -> Taken:
    replaced = 0
    if plan.taken:
        locks = by_hand or bool(plan.crossed) or plan.has_news
        # What came meanwhile may make news of it after all; then the incident is locked first.
        written = _write_samples(plan, by, by_hand=by_hand, locks=locks)
        if written is None:
            written = _write_samples(plan, by, by_hand=by_hand, locks=True)
        replaced = written or 0
    return Taken(plan.sorted.accepted, plan.sorted.rejected, plan.sorted.replaced + replaced)


@dataclass(frozen=True)
class _Plan:
    """A batch as it was read before anything was locked."""

    signal: Signal
    moment: datetime
    sorted: SortedSamples
    is_watched: bool
    crossed: list[Crossing]
    has_news: bool

    @property
    def taken(self) -> list[Measured]:
        """What can be kept, by time."""
        return self.sorted.taken


def _plan_samples(signal: Signal, samples: Iterable[Given]) -> _Plan:
    moment = now()
    found = sort_out(samples, moment, known=partial(_arrivals, signal))
    taken = found.taken
    is_watched: bool = signal.is_watched  # type: ignore[attr-defined]
    return _Plan(
        signal=signal,
        moment=moment,
        sorted=found,
        is_watched=is_watched,
        crossed=_crossings(signal, taken) if is_watched and taken else [],
        has_news=bool(taken) and has_news(follow(signal, taken) or signal, moment),
    )


@transaction.atomic
def _write_samples(plan: _Plan, by: User | None, *, by_hand: bool, locks: bool) -> int | None:
    """Keep the samples and answer how many values they replaced.

    Nothing is written, and nothing answered, where the incident must be locked first.
    """
    signal_id, moment, taken = plan.signal.pk, plan.moment, plan.taken
    incident = None
    if by_hand and by is not None:
        incident = enter(plan.signal.incident_id, by=by)
    elif locks:
        # Lock order: the incident comes before the signal.
        incident = lock_incident(plan.signal.incident_id)
    current = _lock(signal_id)
    crossed = _crossings(current, taken) if plan.is_watched else []
    if crossed and incident is None:
        return None
    replaced = keep_samples(current, taken, plan.sorted.said, by=by, by_hand=by_hand, moment=moment)
    if follow(current, taken) is None:
        sum_up(current)
    current.batches += 1
    current.no_data_since, current.no_data_because = None, ""
    if incident is not None:
        if by_hand and by is not None:
            _record_by_hand(incident, current, taken, by)
        if has_news(current, moment):
            _tell(incident, current, moment)
        for act in crossed:
            act(incident, current)
    current.save()
    announce(f"incident:{current.incident_id}", calm=True)
    return replaced


def _arrivals(signal: Signal, said: Collection[datetime]) -> dict[datetime, datetime]:
    """When samples came whose senders dated them ahead, by those dates. One query."""
    rows = Sample.objects.filter(signal=signal, said_at__in=said, at__gte=min(said) - AHEAD)
    return {row.said_at: row.at for row in rows if row.said_at is not None}


def _crossings(signal: Signal, taken: Sequence[Measured]) -> list[Crossing]:
    """What the samples cross that came after what the signal knows: what comes late does not.

    Another value for the newest moment is news; the same one is not.
    """
    latest = (signal.latest_at, signal.latest_value)
    newer = [
        value
        for at, value in taken
        if latest[0] is None or at > latest[0] or (at == latest[0] and value != latest[1])
    ]
    return crossings_of(signal, newer)


def _lock(signal_id: int) -> Signal:
    """The signal, locked after its incident, if that is locked at all."""
    return Signal.objects.select_for_update(no_key=True).get(pk=signal_id)


def _enter_signal(signal_id: int, *, by: User) -> tuple[Signal, Incident]:
    """The signal as it is under the lock of its incident and its own."""
    signal, incident = enter_part(Signal.objects.standing(), signal_id, by=by)
    return _lock(signal.pk), incident


def _visible(signal_id: int, by: User) -> Signal:
    """The signal, with whether a stop criterion rests on it."""
    signals = Signal.objects.standing().filter(incident__in=Incident.objects.visible_to(by))
    signal = _found(signals, signal_id)
    if not by.is_responder:
        raise Forbidden("Only responders and their tools send samples.")
    return signal


def _found(signals: SignalQuerySet, signal_id: int) -> Signal:
    watched = ExpressionWrapper(is_watched(), output_field=BooleanField())
    signal = signals.filter(pk=signal_id).annotate(is_watched=watched).first()
    if signal is None:
        raise NotVisible
    return signal


def _tell(incident: Incident, signal: Signal, moment: datetime) -> None:
    state = signal.state_at(moment)
    was_met = signal.told == SignalState.MET
    words = (
        "is met" if state == SignalState.MET else "is no longer met" if was_met else "is not met"
    )
    signal.told, signal.told_at = state, moment
    record(
        incident,
        "signal_state_changed",
        by=None,
        text=f"{signal.name} {words}: {_measured(signal)}",
        signal=signal.pk,
        state=state.value,
        value=signal.latest_value,
        target=signal.target,
        comparator=signal.comparator,
        unit=signal.unit,
    )


def _record_by_hand(
    incident: Incident, signal: Signal, taken: Sequence[Measured], by: User
) -> None:
    at, value = taken[-1]
    more = f" and {len(taken) - 1} before" if len(taken) > 1 else ""
    record(
        incident,
        "sample_recorded",
        by=by,
        text=f"read {signal.name} by hand: {said(value)} {signal.unit}".rstrip() + more,
        at=at if at <= now() else None,
        signal=signal.pk,
        samples=[{"at": at.isoformat(), "value": value} for at, value in taken[-20:]],
        by_hand=True,
    )


def _measured(signal: Signal) -> str:
    return (
        f"{said(signal.latest_value or 0)} {signal.unit}".rstrip()
        + f", needs {signal.get_comparator_display()} {said(signal.target)} {signal.unit}".rstrip()
    )


def _plain(signal: Signal) -> dict[str, Any]:
    return {
        "name": signal.name,
        "unit": signal.unit,
        "comparator": signal.comparator,
        "target": signal.target,
        "hold_s": signal.hold_s,
        "stale_after_s": signal.stale_after_s,
        "required": signal.required,
        "query": signal.query,
    }
