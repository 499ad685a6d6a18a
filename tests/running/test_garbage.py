"""What a process loads stays out of the collector's way, a limited number of times."""

import gc
from collections.abc import Iterator

import pytest

from running.garbage import Keeper


@pytest.fixture
def keeper() -> Iterator[Keeper]:
    """One that acts twice, for as long as the test runs."""
    gc.collect()
    gc.unfreeze()
    keeper = Keeper(times=2)
    gc.callbacks.append(keeper)
    yield keeper
    gc.callbacks.remove(keeper)
    gc.collect()
    gc.freeze()


def test_what_survives_a_full_collection_is_not_looked_at_again(keeper: Keeper) -> None:
    """Only a full one counts: young objects may be garbage."""
    gc.collect(1)
    assert gc.get_freeze_count() == 0
    gc.collect()
    assert gc.get_freeze_count() > 1000
    assert len(gc.get_objects()) < 1000


def test_it_ends_so_that_nothing_leaks_for_ever(keeper: Keeper) -> None:
    """The third full collection keeps nothing more."""
    gc.collect()
    gc.collect()
    kept = gc.get_freeze_count()
    held: list[list[int]] = [[] for _ in range(5000)]
    gc.collect()
    assert gc.get_freeze_count() <= kept
    assert len(held) == 5000
