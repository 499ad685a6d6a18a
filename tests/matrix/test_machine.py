"""All actions in random order, and what must stay true (``machine``, ``truths``).

The seeds are fixed, so a run is the same wherever it runs. ``ENDSTATE_FAULTS=full``
(``make faults``) runs two hundred runs of forty steps; here stand shards of twenty-five by
twenty-five. The last tests break one line of the product each and want it to be found.
"""

from typing import Any

import pytest
from django.db import IntegrityError
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from incidents.roster.seats import seat
from tests.faults.conftest import FULL
from tests.matrix.machine import Together

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(3000)]

SHARDS = range(8) if FULL else range(2)
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


def nothing(*_: Any, **__: Any) -> None:
    """A line that is missing."""


def without_giver(*arguments: Any, **words: Any) -> Any:
    """A seat that passes and does not end the giver's."""
    return seat(*arguments, **{**words, "held": None})


@pytest.mark.parametrize(
    ("broken", "line", "found"),
    [
        ("incidents.roster.leaving.Seats.hand_on", nothing, "who cannot act"),
        ("incidents.lifecycle.reopening.promise_update", nothing, "is open and promises no update"),
        ("incidents.roster.command.seat", without_giver, "role_single_seat"),
    ],
    ids=["leaving_ends_no_seat", "reopening_promises_nothing", "the_giver_stays_in_the_seat"],
)
def test_a_broken_line_is_found(
    policies: None, monkeypatch: pytest.MonkeyPatch, broken: str, line: Any, found: str
) -> None:
    monkeypatch.setattr(broken, line)
    with pytest.raises((AssertionError, IntegrityError), match=found):
        run(0, steps=25)
