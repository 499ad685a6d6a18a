"""Signals with their states at one moment. How a tile words and draws them: ``sparklines``."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from incidents.endstate.models import Sample, Signal, SignalState
from incidents.record.models import Incident
from prepared import prepared


@dataclass(frozen=True)
class SignalNow:
    """A signal, its newest value and when that was measured, and the state at the moment asked.

    ``held_s``: for how many seconds it has been satisfied without a break.
    """

    signal: Signal
    value: float | None
    at: datetime | None
    state: SignalState
    held_s: int


def signals_with_state(incident: Incident, moment: datetime) -> list[SignalNow]:
    """The signals of an incident in their order. One query, however many samples there are."""
    return [signal_with_state(signal, moment) for signal in standing_signals(incident.pk)]


@prepared
def standing_signals(incident: int) -> "QuerySet[Signal]":
    """The signals of an incident in their order. One query."""
    return Signal.objects.standing().filter(incident=incident).order_by("pk")


def signal_with_state(signal: Signal, moment: datetime) -> SignalNow:
    """One signal as it stands. No query."""
    return SignalNow(
        signal=signal,
        value=signal.measured,
        at=signal.latest_at,
        state=signal.state_at(moment),
        held_s=int(signal.held_at(moment).total_seconds()),
    )


def value_at(signal: Signal, moment: datetime) -> float | None:
    """What the signal measured last until ``moment``. One query."""
    samples = Sample.objects.filter(signal=signal, at__lte=moment).order_by("-at")
    return samples.values_list("value", flat=True).first()


def unmet_required_signals(incident: Incident, moment: datetime) -> list[SignalNow]:
    """The required signals that are not met: what stands between now and resolved (P24).

    Whether there is a required one at all, ``has_required_signal`` says. One query.
    """
    return [
        found
        for found in signals_with_state(incident, moment)
        if found.signal.required and found.state != SignalState.MET
    ]


def has_required_signal(incident: Incident) -> bool:
    """Whether at least one signal must be met before resolving. One query."""
    signals = Signal.objects.standing().filter(incident=incident, required=True)
    return signals.exists()


def signal_as_dict(found: SignalNow) -> dict[str, Any]:
    """A signal in JSON-ready values, for facts that are frozen and for refusals."""
    signal = found.signal
    return {
        "id": signal.pk,
        "name": signal.name,
        "unit": signal.unit,
        "comparator": signal.comparator,
        "target": signal.target,
        "required": signal.required,
        "hold_s": signal.hold_s,
        "value": found.value,
        "at": found.at.isoformat() if found.at else None,
        "state": found.state.value,
        "held_s": found.held_s,
    }
