"""What the tests of stopping share."""

import pytest

from incidents.endstate.models import Signal
from incidents.endstate.signals import add_signal
from incidents.line.actions import add_stop_criterion
from incidents.line.models import StopCriterion
from incidents.record.models import Incident
from people.models import User


@pytest.fixture
def rows_lost(incident: Incident, commander: User) -> Signal:
    """Rows lost = 0."""
    return add_signal(incident, by=commander, name="Rows lost", comparator="=", target=0)


@pytest.fixture
def criterion(incident: Incident, commander: User, rows_lost: Signal) -> StopCriterion:
    """Stop when rows are lost."""
    return add_stop_criterion(
        incident, by=commander, signal=rows_lost.pk, comparator=">", threshold=0.0
    )
