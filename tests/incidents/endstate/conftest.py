"""A signal, and short words for its samples."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from incidents.endstate.models import Signal
from incidents.endstate.signals import add_signal, record_samples
from incidents.record.models import Incident
from people.models import User


@pytest.fixture
def signal(incident: Incident, commander: User) -> Signal:
    """API error rate ≤ 1 %, to hold for five minutes, stale after two."""
    return add_signal(
        incident,
        by=commander,
        name="API error rate",
        unit="%",
        comparator="<=",
        target=1,
        hold_s=300,
        stale_after_s=120,
    )


def ago(moment: datetime, *values: tuple[float, float]) -> list[tuple[float, datetime]]:
    """Samples from (seconds ago, value)."""
    return [(value, moment - timedelta(seconds=seconds)) for seconds, value in values]


def state(signal: Signal, moment: datetime) -> str:
    """The state as it is read afresh."""
    signal.refresh_from_db()
    return signal.state_at(moment).value


def push(signal: Signal, by: User, *samples: Any) -> tuple[int, int]:
    """Send samples as a tool does; how many were accepted and rejected."""
    taken = record_samples(signal.pk, by=by, samples=samples)
    return taken.accepted, taken.rejected
