"""The look keeps its promises: contrast in both schemes, layers, modules that say their purpose."""

import gzip
import re
import shutil
from itertools import product
from pathlib import Path

import pytest
from django.contrib.staticfiles.storage import StaticFilesStorage

from config.storage import SHEET, Sources, StaticStorage, joined

ROOT = Path(__file__).resolve().parents[2]
SHEETS = sorted((ROOT / "static" / "css").glob("*.css"))
MODULES = sorted((ROOT / "static" / "js").glob("*.js"))
SOURCES: Sources = {
    path.relative_to(ROOT / "static").as_posix(): (
        StaticFilesStorage(location=str(ROOT / "static"), base_url="/static/"),
        path.relative_to(ROOT / "static").as_posix(),
    )
    for path in SHEETS
}
TEMPLATES = sorted(
    path for path in (ROOT / "templates").rglob("*.html") if "django" not in path.parts
)
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


def test_the_style_sheets_weigh_at_most_16_kb_as_they_are_sent() -> None:
    assert len(gzip.compress(joined(SOURCES).encode())) <= 16 * 1024


def test_the_modules_weigh_at_most_14_kb_as_they_are_sent() -> None:
    assert sum(len(gzip.compress(path.read_bytes())) for path in MODULES) <= 14 * 1024


def test_the_one_sheet_that_pages_link_names_every_other_once() -> None:
    named = re.findall(r'@import "([^"]+)";', (ROOT / "static" / SHEET).read_text())
    assert sorted([*named, Path(SHEET).name]) == [path.name for path in SHEETS]


def test_collected_the_sheets_are_one_file_with_a_hash_in_its_name(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "static", tmp_path, dirs_exist_ok=True)
    storage = StaticStorage(location=str(tmp_path), base_url="/static/")
    assert [made for _, _, made in storage.post_process(dict(SOURCES)) if not made] == []
    served = (tmp_path / storage.hashed_files[SHEET]).read_text()
    assert re.fullmatch(r"css/endstate\.[0-9a-f]{12}\.css", storage.hashed_files[SHEET])
    assert served == joined(SOURCES)
    assert "@import" not in served
    order = re.findall(r'@import "([^"]+)";', (ROOT / "static" / SHEET).read_text())
    places = [served.index((ROOT / "static" / "css" / name).read_text()) for name in order]
    assert places == sorted(places)


def test_colours_sizes_of_type_spaces_and_corners_are_tokens() -> None:
    literal = re.compile(
        r"#[0-9a-f]{3,8}\b"
        r"|\bfont(?:-size)?:[^;]*\d(?:px|rem)"
        r"|\b(?:padding|margin|gap|column-gap|row-gap)[a-z-]*:[^;]*(?<![\w.-])\d+px"
        r"|\bradius:[^;]*(?<![\w.-])\d+px"
    )
    found = {
        f"{path.name}: {line.strip()}"
        for path in SHEETS
        if path.name != "tokens.css"
        for line in path.read_text().splitlines()
        if literal.search(line) and not re.search(r"(?:min|clamp)\(", line)
    }
    assert found == set()


def test_every_token_is_used_and_every_used_one_exists() -> None:
    text = "\n".join(path.read_text() for path in SHEETS)
    made = set(re.findall(r"^\s*(--[\w-]+):", text, re.MULTILINE))
    assert made == set(re.findall(r"var\((--[\w-]+)", text))


def test_every_sheet_stands_in_a_layer_and_every_module_says_its_purpose() -> None:
    layers = re.compile(r"^@layer (tokens|base|layout|parts|pages|print) \{$", re.MULTILINE)
    components = [path for path in SHEETS if path.name != Path(SHEET).name]
    assert [path.name for path in components if not layers.search(path.read_text())] == []
    assert [path.name for path in MODULES if not path.read_text().startswith("/* ")] == []
