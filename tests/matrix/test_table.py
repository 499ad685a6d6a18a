"""Each cell of *what happens* × *what is open* holds, and the page that prints them is true."""

from fnmatch import fnmatchcase
from importlib.util import find_spec
from pathlib import Path

import pytest

from running.places import ROOT
from tests.conftest import Clock
from tests.matrix.states import OPEN
from tests.matrix.table import CELLS, LATER, cell
from tests.matrix.world import HAPPENS, open_everything

PAGE = Path(ROOT, "docs", "matrix.md")


@pytest.mark.django_db
@pytest.mark.parametrize("happens", list(HAPPENS))
def test_what_becomes_of_everything_that_is_open(happens: str, clock: Clock, db: None) -> None:
    world = open_everything(clock)
    before = {thing: state(world) for thing, state in OPEN.items()}
    HAPPENS[happens](world)
    after = {thing: state(world) for thing, state in OPEN.items()}
    wrong = {
        thing: (cell(happens, thing).sentence, before[thing], after[thing])
        for thing in OPEN
        if not fnmatchcase(after[thing], cell(happens, thing).after or before[thing])
    }
    assert wrong == {}
    unproven = [
        f"{thing}: {cell(happens, thing).sentence}"
        for thing in OPEN
        if (proof := cell(happens, thing).proof) is not None and not proof(world)
    ]
    assert unproven == []


def test_the_table_is_whole() -> None:
    assert set(CELLS) == set(HAPPENS)
    assert {thing for cells in CELLS.values() for thing in cells} <= set(OPEN)


@pytest.mark.parametrize(("thing", "module"), list(LATER.items()))
def test_what_comes_later_does_not_exist_without_its_cells(thing: str, module: str) -> None:
    package, _, _ = module.rpartition(".")
    exists = find_spec(package) is not None and find_spec(module) is not None
    assert not exists or thing in OPEN


def printed() -> str:
    """The table as a page."""
    lines = [
        "# What happens, and what is open",
        "",
        "Where two rules meet: what becomes of each open thing when something happens to it.",
        "A test holds every cell, and this page to the table.",
        "",
    ]
    for happens in HAPPENS:
        lines += [f"## When {happens}", "", "| what is open | what becomes of it |", "|---|---|"]
        lines += [f"| {thing} | {cell(happens, thing).sentence} |" for thing in OPEN]
        lines += [f"| {thing} | comes later |" for thing in LATER if thing not in OPEN]
        lines.append("")
    return "\n".join(lines)


def test_the_page_prints_the_table() -> None:
    """``python -m tests.matrix.test_table`` writes it."""
    assert PAGE.read_text() == printed()


if __name__ == "__main__":
    PAGE.write_text(printed())
