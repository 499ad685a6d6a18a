"""The shape of the house: every package in a contract, no circle of files, no room too large."""

import tomllib
from collections import Counter
from graphlib import CycleError, TopologicalSorter

import grimp
import pytest

from running.places import ROOT
from tests.project.graph import count, floors, points_up
from tests.project.reading import APPS, modules

LARGEST_SHARE = 0.33
"""Of the product's lines that one room may hold."""
LARGEST_THEME = 2000
"""Lines of one practice, its pages apart."""

CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"][
    "contracts"
]


def packages_in(layers: list[str]) -> set[str]:
    return {name.strip(" ()") for layer in layers for name in layer.replace(":", "|").split("|")}


def circle_in(graph: dict[str, set[str]]) -> list[str]:
    """One circle of imports, or nothing."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return [*error.args[1]]
    return []


def test_every_room_stands_in_the_arrows_of_the_house() -> None:
    (arrows,) = (one for one in CONTRACTS if one["name"] == "The arrows of the house")
    assert packages_in(arrows["layers"]) == set(APPS)
    ours = {path.relative_to(ROOT).parts[0] for path in ROOT.glob("*/__init__.py")}
    assert ours - set(APPS) == {"bench", "tests"}


@pytest.mark.parametrize("room", ["incidents", "postmortems"])
def test_every_theme_stands_on_a_floor_and_inside_an_app(room: str) -> None:
    (floors,) = (one for one in CONTRACTS if one.get("containers") == [room])
    (inside,) = (one for one in CONTRACTS if one["name"] == "Inside an app")
    themes = {path.parent.name for path in ROOT.glob(f"{room}/*/__init__.py")} - {
        "management",
        "migrations",
    }
    assert floors["exhaustive"] is True
    assert themes <= packages_in(floors["layers"])
    of_the_room = {name.split(".")[1] for name in inside["containers"] if name.startswith(room)}
    assert themes - of_the_room <= {"pages"}, "pages are views, without layers of their own"


def test_every_room_with_rows_of_its_own_has_layers() -> None:
    """The themes' layers are asked for above; here are the rooms that are no themes."""
    (inside,) = (one for one in CONTRACTS if one["name"] == "Inside an app")
    rooms = {path.parent.name for path in ROOT.glob("*/models.py")} - {"incidents", "postmortems"}
    assert rooms <= set(inside["containers"])


def test_every_page_of_the_war_room_stands_on_a_floor_of_it() -> None:
    (pages,) = (one for one in CONTRACTS if one.get("containers") == ["warroom"])
    assert pages["exhaustive"] is True


def test_no_arrow_points_up() -> None:
    """As the contracts say, counted by ourselves: what decision 7 says of the graph is true."""
    counted = count(ROOT)
    assert (counted["rooms"], counted["which point up"]) == (len(APPS), [])


def test_an_arrow_that_points_up_is_seen() -> None:
    heights = floors()
    assert points_up("deadlines.actions", "incidents.cards.models", heights)
    assert points_up("incidents.endstate.rules", "incidents.cards.models", heights)
    assert not points_up("incidents.gates.rules", "incidents.endstate.models", heights)
    assert not points_up("incidents.gates.rules", "clock.queries", heights)


def test_no_files_import_each_other_in_a_circle() -> None:
    """Imports for types alone count too."""
    graph = grimp.build_graph(*APPS, cache_dir=None)
    arrows = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    assert len(arrows) > 400
    assert circle_in(arrows) == []


def test_a_circle_is_found() -> None:
    assert circle_in({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}}) != []


def test_no_room_and_no_theme_is_too_large() -> None:
    rooms: Counter[str] = Counter()
    themes: Counter[str] = Counter()
    for path in modules():
        parts, lines = path.relative_to(ROOT).parts, len(path.read_text().splitlines())
        rooms[parts[0]] += lines
        if parts[0] in ("incidents", "postmortems") and len(parts) > 2:
            themes["/".join(parts[:2])] += lines
    shares = {room: lines / rooms.total() for room, lines in rooms.items()}
    sizes = {**shares, **themes}
    bounds = {**dict.fromkeys(shares, LARGEST_SHARE), **dict.fromkeys(themes, LARGEST_THEME)}
    assert {name for name, size in sizes.items() if size > bounds[name]} == set()
