"""Counts the graph of imports as decision 7 says it: rooms, arrows, arrows that point up, sizes.

``python -m tests.project.graph`` counts this tree, ``python -m tests.project.graph FOLDER`` another
one, whose arrows point up where the contracts of this one say so.
"""

import sys
import tomllib
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import grimp

ROOT = Path(__file__).resolve().parents[2]
NOT_OURS = {"bench", "tests"}


def floors() -> dict[str, int]:
    """How high every room and every theme stands, by the contracts of ``pyproject.toml``."""
    read = tomllib.loads((ROOT / "pyproject.toml").read_text())
    found: dict[str, int] = {}
    for contract in read["tool"]["importlinter"]["contracts"]:
        if contract["name"] == "The arrows of the house" or contract.get("exhaustive"):
            (container,) = contract.get("containers", [""])
            for height, layer in enumerate(reversed(contract["layers"])):
                for name in layer.replace(":", "|").split("|"):
                    found[f"{container}.{name.strip(' ()')}".lstrip(".")] = height
    return found


def points_up(importer: str, imported: str, heights: Mapping[str, int]) -> bool:
    """Whether an import leads to a higher room, or inside its room to a higher floor."""
    mine, theirs = importer.split("."), imported.split(".")
    for depth in (1, 2):
        one, other = ".".join(mine[:depth]), ".".join(theirs[:depth])
        if one != other:
            return one in heights and other in heights and heights[one] < heights[other]
    return False


def count(folder: Path) -> dict[str, object]:
    """The graph of a tree in numbers."""
    sys.path.insert(0, str(folder))
    rooms = sorted(path.parent.name for path in folder.glob("*/__init__.py"))
    rooms = [room for room in rooms if room not in NOT_OURS]
    graph = grimp.build_graph(*rooms, cache_dir=None)
    modules = {one for one in graph.modules if ".migrations" not in one}
    arrows = [
        (one, other)
        for one in modules
        for other in graph.find_modules_directly_imported_by(one)
        if other in modules
    ]
    between = {(one.split(".")[0], other.split(".")[0]) for one, other in arrows}
    heights = floors()
    up = sorted(f"{one} → {other}" for one, other in arrows if points_up(one, other, heights))
    sizes, themes = _sizes(folder, rooms)
    room, lines = sizes.most_common(1)[0]
    theme, most = themes.most_common(1)[0]
    return {
        "rooms": len(rooms),
        "themes": len(themes.keys() & heights.keys() - {"incidents.management"}),
        "files": len(modules),
        "imports between files": len(arrows),
        "arrows between rooms": len({(one, other) for one, other in between if one != other}),
        "arrows that point up": len(up),
        "largest room": f"{room}, {lines} of {sizes.total()} lines ({lines / sizes.total():.0%})",
        "largest folder in a room": f"{theme}, {most}",
        "which point up": up,
    }


def _sizes(folder: Path, rooms: list[str]) -> tuple[Counter[str], Counter[str]]:
    sizes: Counter[str] = Counter()
    themes: Counter[str] = Counter()
    for room in rooms:
        for path in (folder / room).rglob("*.py"):
            parts = path.relative_to(folder).parts
            if "migrations" in parts:
                continue
            lines = len(path.read_text().splitlines())
            sizes[room] += lines
            if room in ("incidents", "postmortems") and len(parts) > 2:
                themes[".".join(parts[:2])] += lines
    return sizes, themes


if __name__ == "__main__":
    for said, number in count(Path(*sys.argv[1:2] or ["."]).resolve()).items():
        print(f"{said}: {number}")
