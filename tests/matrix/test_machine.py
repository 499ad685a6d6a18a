"""All actions in random order, and what must stay true (``machine``, ``truths``).

The seeds are fixed, so a run is the same wherever it runs. ``ENDSTATE_FAULTS=full``
(``make faults``) runs two hundred runs of forty steps; here stand shards of twenty-five by
twenty-five. The last tests break one line of the product each and want it to be found.
"""

from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.faults.conftest import FULL
from tests.matrix.machine import Together

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(3000)]

SHARDS = range(8)
RUNS, STEPS = 25, 40 if FULL else 25


def run(number: int, steps: int = STEPS) -> None:
    """One shard: ``RUNS`` worlds of at most ``steps`` steps each, chosen by its number."""
    shard: Any = seed(number)(type(f"Shard{number}", (Together,), {}))
    run_state_machine_as_test(
        shard,
        settings=settings(
            max_examples=RUNS,
            stateful_step_count=steps,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.mark.parametrize("number", SHARDS)
def test_whatever_people_do_in_whatever_order_nothing_is_lost(policies: None, number: int) -> None:
    run(number)
