"""Stopping and resuming the line, and what is agreed beforehand to stop for (P38).

While the line is stopped nothing enters Now but work that only looks, as the board's rules say.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import transaction

from clock.queries import now
from incidents.endstate.models import Comparator, Signal
from incidents.endstate.rules import read_number
from incidents.line.messages import LineResumed, LineStopped
from incidents.line.models import Stop
from incidents.line.models import StopCriterion as Criterion
from incidents.line.queries import stop_of
from incidents.record.models import Incident, RosterRole
from incidents.record.timeline import record
from incidents.roster.permissions import Act, check_may
from incidents.roster.presence import enter
from incidents.roster.queries import present, roster
from notifications.actions import cancel_deliveries
from pages.numbers import said
from pages.texts import read_line
from people.models import User
from refusals.errors import Invalid, NotVisible, Refused

REASON_LIMIT, TEXT_LIMIT = 500, 300
LEADING = (RosterRole.COMMANDER, RosterRole.DEPUTY)


@transaction.atomic
def stop_line(incident: Incident, *, by: User, reason: str) -> Stop:
    """Stop the line. Anyone on the roster may, and acting joins it; answers the stop that holds.

    Refuses without a ``reason`` (``reason_required``) and an ended incident. Reaches the commander
    and whoever works in Now. Stopped already, the second reason stands on the timeline beside the
    first; the same by the same person again is once.
    """
    reason = read_line("reason", reason, REASON_LIMIT)
    incident = enter(incident, by=by, helpers=True)
    _check_open(incident)
    if not reason:
        raise Refused("reason_required", "Say in a line what you saw. Nobody asks for proof.")
    standing = stop_of(incident)
    if standing is not None:
        if (standing.by, standing.reason) != (by, reason):
            record(incident, "line_stopped", by=by, text=f"would stop the line too: {reason}")
        return standing
    return _stop(incident, by=by, reason=reason, words=f"stopped the line: {reason}")


@transaction.atomic
def resume_line(incident: Incident, *, by: User, reason: str) -> Stop | None:
    """Let work go on (P38). The commander's or an acting deputy's (``only_commander``).

    Without either, or with both away, anybody may. Refuses without a ``reason``
    (``reason_required``). Answers the stop that ended, or ``None`` where none held. Twice is once.
    """
    reason = read_line("reason", reason, REASON_LIMIT)
    incident = enter(incident, by=by)
    standing = stop_of(incident)
    if standing is None:
        return None
    if present(one for one in roster(incident) if one.role in LEADING):
        check_may(incident, by, Act.RESUME)
    if not reason:
        raise Refused("reason_required", "Say in a line why it is safe to go on.")
    _resume(standing, incident, by=by, reason=reason, moment=now())
    record(incident, "line_resumed", by=by, text=f"resumed the line: {reason}", stop=standing.pk)
    LineResumed.tell(standing, incident, by=by)
    return standing


def end_stop(incident: Incident, moment: datetime, *, reason: str) -> None:
    """An ended incident has nothing to stop. The caller holds the lock; twice is once."""
    standing = stop_of(incident)
    if standing is not None:
        # Recorded afterwards, an end may lie before a stop that was called since.
        moment = max(moment, standing.at)
        _resume(standing, incident, by=None, reason=reason, moment=moment)


@transaction.atomic
def add_stop_criterion(
    incident: Incident,
    *,
    by: User,
    text: str = "",
    signal: int | None = None,
    comparator: str = "",
    threshold: float | None = None,
) -> Criterion:
    """Write down what makes everybody stop, before it happens.

    With a ``signal`` (its id), ``comparator`` and ``threshold`` it trips by itself, once per
    crossing, and the ``text`` may be left to the system; a signal that is beyond already trips
    with the next crossing, not at once. Refuses (``Invalid``) half a condition and no text.
    """
    incident = enter(incident, by=by)
    _check_open(incident)
    text = read_line("text", text, TEXT_LIMIT)
    found = _condition(incident, signal, comparator, threshold)
    if found is None and not text:
        raise Invalid({"text": "Say in a line what makes everybody stop."})
    criterion = Criterion(incident=incident, text=text, created_by=by, created_at=now())
    if found is not None:
        measured, compared, bound = found
        criterion.signal, criterion.comparator, criterion.threshold = measured, compared, bound
        criterion.text = text or said_of(criterion)
    criterion.save(force_insert=True)
    record(
        incident,
        "stop_criterion_added",
        by=by,
        text=f"agreed to stop when: {criterion.text}",
        criterion=criterion.pk,
        signal=criterion.signal_id,
        comparator=criterion.comparator,
        threshold=criterion.threshold,
    )
    return criterion


@transaction.atomic
def remove_stop_criterion(criterion_id: int, *, by: User) -> None:
    """Take a stop criterion back; twice is once. A stop it caused goes on until it is resumed."""
    found = Criterion.objects.filter(pk=criterion_id).values_list("incident_id", flat=True).first()
    if found is None:
        raise NotVisible
    incident = enter(found, by=by)
    criterion = Criterion.objects.standing().filter(pk=criterion_id).first()
    if criterion is None:
        return
    criterion.removed_at = now()
    criterion.save(update_fields=["removed_at"])
    record(
        incident,
        "stop_criterion_removed",
        by=by,
        text=f"no longer stops when: {criterion.text}",
        criterion=criterion.pk,
    )


def crossings(
    criteria: Iterable[Criterion], before: float | None, samples: Sequence[float]
) -> list[tuple[Criterion, float]]:
    """The criteria that newer values of their signal cross, each with the last value that did.

    ``before`` is the newest value until now, ``samples`` are in the order of their times. No query.
    """
    found = []
    for criterion in criteria:
        was_over = before is not None and criterion.is_met_by(before)
        crossed = None
        for value in samples:
            is_over = criterion.is_met_by(value)
            if is_over and not was_over:
                crossed = value
            was_over = is_over
        if crossed is not None:
            found.append((criterion, crossed))
    return found


def trip(incident: Incident, criterion: Criterion, signal: Signal, value: float) -> None:
    """Stop the line by itself; the caller holds the incident's lock.

    On an ended incident nothing happens; stopped already, the timeline says that this would too.
    """
    if not incident.is_open:
        return
    measured = f"{signal.name} at {said(value)} {signal.unit}".strip()
    reason = f"{criterion.text} ({measured})"[:REASON_LIMIT]
    if stop_of(incident) is not None:
        record(incident, "line_stopped", by=None, text=f"This would stop the line too: {reason}")
        return
    _stop(
        incident, by=None, reason=reason, words=f"The line stopped: {reason}", criterion=criterion
    )


def said_of(criterion: Criterion) -> str:
    """The condition in words: ``Rows lost > 0``."""
    signal = criterion.signal
    assert signal is not None
    sign = criterion.get_comparator_display()
    return f"{signal.name} {sign} {said(criterion.threshold or 0)} {signal.unit}".strip()[
        :TEXT_LIMIT
    ]


def _condition(
    incident: Incident, signal_id: int | None, comparator: str, threshold: float | None
) -> tuple[Signal, str, float] | None:
    """The signal and its bound; nothing where none of the three was given."""
    if signal_id is None and not comparator and threshold is None:
        return None
    signal = incident.signals.standing().filter(pk=signal_id).first() if signal_id else None
    bound = read_number(threshold)
    errors = {}
    if signal is None:
        errors["signal"] = "Choose a signal of this incident."
    if comparator not in Comparator.values:
        errors["comparator"] = f"A comparator is one of {' '.join(Comparator.values)}."
    if bound is None:
        errors["threshold"] = "A threshold is a number."
    if errors or signal is None or bound is None:
        raise Invalid(errors)
    return signal, comparator, bound


def _stop(
    incident: Incident,
    *,
    by: User | None,
    reason: str,
    words: str,
    criterion: Criterion | None = None,
) -> Stop:
    stop = Stop.objects.create(
        incident=incident, at=now(), by=by, criterion=criterion, reason=reason
    )
    record(
        incident,
        "line_stopped",
        by=by,
        text=words,
        stop=stop.pk,
        reason=reason,
        criterion=criterion.pk if criterion else None,
    )
    LineStopped.tell(stop, incident)
    return stop


def _resume(
    stop: Stop, incident: Incident, *, by: User | None, reason: str, moment: datetime
) -> None:
    stop.resumed_at, stop.resumed_by, stop.resumed_because = moment, by, reason
    stop.save(update_fields=["resumed_at", "resumed_by", "resumed_because"])
    cancel_deliveries(source=LineStopped.source(stop), reason="The line goes on.")


def _check_open(incident: Incident) -> None:
    if not incident.is_open:
        raise Refused("invalid_transition", "The incident has ended; nothing runs to be stopped.")
