"""A source that says what a test wants, and a signal that is asked of it."""

from collections.abc import Iterator
from typing import Any

import pytest

from incidents.endstate.models import Signal
from incidents.endstate.signals import add_signal
from incidents.record.models import Incident
from people.models import User
from tests.integrations.prometheus.lying import Lies, lies


@pytest.fixture
def source(settings: Any) -> Iterator[Lies]:
    """What ``PROMETHEUS_URL`` names."""
    with lies() as told:
        settings.PROMETHEUS_URL = told.address
        yield told


@pytest.fixture
def signal(source: Lies, incident: Incident, commander: User) -> Signal:
    """Errors, by a query."""
    return add_signal(
        incident, by=commander, name="Errors", comparator="<=", target=1, hold_s=0, query="errors"
    )
