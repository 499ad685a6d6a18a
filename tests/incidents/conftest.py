"""What the tests of stopping share."""

import pytest

from incidents.actions.line import add_stop_criterion
from incidents.actions.signals import add_signal
from incidents.models import Incident, Signal, StopCriterion
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
