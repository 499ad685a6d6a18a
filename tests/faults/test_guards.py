"""The table of breakages stays true as the code changes, and whoever tries them tells the truth."""

import ast
import hashlib

import pytest

from running.places import ROOT
from tests.faults.breakages import Breakage, Outcome, copied, count_of, outcome_of
from tests.faults.guards import GUARDS

CELL = next(one for one in GUARDS if one.path == "pages/cells.py")


def names_in(path: str) -> set[str]:
    """The tests of a module, those of a class with its name before them."""
    found: set[str] = set()
    for node in ast.parse((ROOT / path).read_text()).body:
        if isinstance(node, ast.FunctionDef):
            found.add(node.name)
        elif isinstance(node, ast.ClassDef):
            inner = (one for one in node.body if isinstance(one, ast.FunctionDef))
            found |= {f"{node.name}::{one.name}" for one in inner}
    return found


@pytest.mark.parametrize("guard", GUARDS, ids=lambda one: one.what)
def test_each_line_stands_once_where_it_is_broken_and_its_test_exists(guard: Breakage) -> None:
    assert count_of(guard) == 1, "the code changed: break what guards it now"
    assert guard.broken != guard.line
    path, _, test = guard.test.partition("::")
    assert not test or test in names_in(path)


def test_nothing_is_broken_twice_in_the_same_words() -> None:
    assert len({one.what for one in GUARDS}) == len(GUARDS) >= 25


@pytest.mark.timeout(600)
def test_a_breakage_is_caught_or_missed_and_the_tree_stays_as_it_is() -> None:
    harmless = Breakage("nothing", CELL.path, '"""Writes', '"""It writes', CELL.test)
    gone = Breakage("what is no more", CELL.path, "no such line", "", CELL.test)
    before = hashlib.sha256((ROOT / CELL.path).read_bytes()).hexdigest()
    with copied() as copy:
        outcomes = [outcome_of(one, copy) for one in (CELL, harmless, gone)]
        assert (copy / CELL.path).read_text() == (ROOT / CELL.path).read_text()
    assert outcomes == [Outcome.CAUGHT, Outcome.MISSED, Outcome.NOT_TRIED]
    assert hashlib.sha256((ROOT / CELL.path).read_bytes()).hexdigest() == before
    assert not copy.exists()
