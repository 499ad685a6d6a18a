"""The look keeps its promises: contrast in both schemes, layers, modules that say their purpose."""

import re
from itertools import product
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SHEETS = sorted((ROOT / "static" / "css").glob("*.css"))
MODULES = sorted((ROOT / "static" / "js").glob("*.js"))
COLOURS = {
    name: (light, dark)
    for name, light, dark in re.findall(
        r"--([\w-]+):\s*light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)",
        (ROOT / "static" / "css" / "tokens.css").read_text(),
    )
}
INKS = ("ink", "ink-2", "ink-3", "accent", "good", "warn", "bad")
SURFACES = ("ground", "surface", "raised", "sunken")
PAIRS = [
    *product(INKS, SURFACES),
    *product(("ink", "ink-2", "ink-3"), ("tag-bg", "accent-bg")),
    *product(("ink", "ink-2"), ("warn-bg", "bad-bg")),
    *((tone, f"{tone}-bg") for tone in ("good", "warn", "bad", "accent")),
    ("ink", "face-bg"),
    ("on-accent", "accent"),
    ("on-bad", "bad"),
]


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [
        part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    bright, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_every_ink_is_readable_on_every_surface(scheme: int) -> None:
    weak = {
        f"{ink} on {surface}": round(contrast(COLOURS[ink][scheme], COLOURS[surface][scheme]), 2)
        for ink, surface in PAIRS
        if contrast(COLOURS[ink][scheme], COLOURS[surface][scheme]) < 4.5
    }
    assert weak == {}


def test_every_sheet_stands_in_a_layer_and_every_module_says_its_purpose() -> None:
    assert [path.name for path in SHEETS if "@layer" not in path.read_text()] == []
    assert [path.name for path in MODULES if not path.read_text().startswith("/* ")] == []
