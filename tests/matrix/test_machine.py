"""Any order of any actions keeps what is promised; and the machine finds what breaks it."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from incidents.lifecycle import ending, reopening
from people import actions as of_people
from people import leaving
from people.models import Role, User
from tests.conftest import make_person
from tests.matrix.machine import Incidents
from tests.waiting import FULL

RUNS, STEPS = (200, 40) if FULL else (25, 30)

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(3600 if FULL else 600)]


@pytest.fixture
def people(db: None) -> list[User]:
    """Five who dig and one who manages."""
    diggers = [make_person(f"w{n}", f"Worker {n}", Role.RESPONDER) for n in range(5)]
    return [*diggers, make_person("w5", "Worker 5", Role.ADMIN)]


def run(people: list[User], *, runs: int, steps: int, shrinks: bool = True) -> None:
    """Run the machine, always with the same choices."""
    Incidents.people = people
    phases = (Phase.generate, Phase.shrink) if FULL and shrinks else (Phase.generate,)
    run_state_machine_as_test(
        Incidents,
        settings=settings(
            max_examples=runs,
            stateful_step_count=steps,
            derandomize=True,
            deadline=None,
            database=None,
            phases=phases,
            print_blob=False,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_any_order_of_actions_keeps_what_is_promised(people: list[User]) -> None:
    run(people, runs=RUNS, steps=STEPS)


def _nothing(*args: Any, **kwargs: Any) -> None:
    """A line that somebody took out."""


BUGS: dict[str, Callable[[pytest.MonkeyPatch], None]] = {
    "who leaves keeps what they hold": lambda patch: patch.setattr(leaving, "_holdings", []),
    "reopening promises nothing": lambda patch: patch.setattr(
        reopening, "promise_update", _nothing
    ),
    "agents outlive who answers for them": lambda patch: patch.setattr(
        of_people, "end_tokens", _nothing
    ),
    "an end releases no promise": lambda patch: patch.setattr(ending, "end_promises", _nothing),
}


@pytest.mark.parametrize("bug", list(BUGS))
def test_the_machine_finds_what_breaks_it(
    bug: str, people: list[User], monkeypatch: pytest.MonkeyPatch
) -> None:
    BUGS[bug](monkeypatch)
    with pytest.raises(BaseException):  # noqa: PT011, B017 - whichever invariant breaks first
        run(people, runs=RUNS, steps=STEPS, shrinks=False)
