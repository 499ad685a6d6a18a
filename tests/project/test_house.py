"""The rules of where lines live and what they may hold, kept by looking at every file."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from running.places import ROOT
from tests.project.reading import APPS, modules, name_of, templates, tracked

LONGEST_MODULE = 420
"""About 400 lines; beyond, a module becomes a package of the same name."""

#: Written in parts, so that this file does not hold what it looks for.
HOSTS = (
    "pypi" + ".org",
    "python" + "hosted.org",
    "npmjs" + ".org",
    "npmjs" + ".com",
    "jsd" + "elivr.net",
    "unp" + "kg.com",
    "proxy.golang" + ".org",
    "--index" + "-url",
    "--find" + "-links",
)
JUNK_DRAWERS = ("utils", "helpers", "common", "core", "services", "managers", "mixins", "misc")


def test_the_layers_hold() -> None:
    """In a process of its own: import-linter silences every logger of the one it runs in."""
    command = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [command, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_no_module_is_too_long() -> None:
    lengths = {name_of(path): len(path.read_text().splitlines()) for path in modules()}
    assert {name: length for name, length in lengths.items() if length > LONGEST_MODULE} == {}


def test_every_module_says_what_lives_there() -> None:
    silent = [
        name_of(path)
        for path in modules(tests=True)
        if path.read_text().strip() and ast.get_docstring(ast.parse(path.read_text())) is None
    ]
    assert silent == []


def test_there_are_no_junk_drawers() -> None:
    drawers = [
        name_of(path)
        for path in modules()
        if {path.stem, *path.relative_to(ROOT).parts[:-1]} & set(JUNK_DRAWERS)
    ]
    assert drawers == []


#: They read what machines wrote: the kernel, HTTP's own parser, PostgreSQL's folders.
READS_MACHINES = {"running/cluster.py", "running/guard.py", "running/watching.py"}


def test_numbers_that_people_and_programs_send_are_read_in_one_place() -> None:
    """A hand-made check takes ``²`` for a digit, or breaks on five thousand of them."""
    reads = re.compile(r"\.is(?:digit|decimal|numeric)\(")
    found = {name_of(path) for path in modules() if reads.search(path.read_text())}
    assert found - READS_MACHINES == {"pages/numbers.py"}


def test_nothing_is_imported_inside_a_function() -> None:
    found = []
    for path in modules():
        if path.name == "apps.py":
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                found += [
                    f"{name_of(path)}:{inner.lineno}"
                    for inner in ast.walk(node)
                    if isinstance(inner, ast.Import | ast.ImportFrom)
                ]
    assert found == []


def test_time_comes_from_the_database_only() -> None:
    clocks = re.compile(r"timezone\.now\(|datetime\.(now|utcnow|today)\(|date\.today\(")
    found = [name_of(path) for path in modules() if clocks.search(path.read_text())]
    assert found == []


@pytest.mark.parametrize("host", HOSTS)
def test_no_tracked_file_names_where_packages_come_from(host: str) -> None:
    found = [name_of(path) for path in tracked() if host.encode() in path.read_bytes()]
    assert found == []


def test_no_tracked_file_names_a_folder_of_somebodys_machine() -> None:
    machine = re.compile(rb"(?<![\w.~-])/(work|home|root|Users)/[a-z]")
    found = [name_of(path) for path in tracked() if machine.search(path.read_bytes())]
    assert found == []


def test_every_template_begins_by_declaring_its_variables() -> None:
    silent = [
        name_of(path)
        for path in templates()
        if path.suffix == ".html" and not path.read_text().startswith(("{#", "{% comment %}"))
    ]
    assert silent == []


def test_no_template_holds_anything_inline_or_unescaped() -> None:
    inline = re.compile(
        r"<style|\sstyle=|\son[a-z]+=[\"']|hx-on|javascript:"
        r"|<script(?![^>]*( src=|application/json))|\|\s*safe\b|autoescape (off|false)"
    )
    comments = re.compile(r"\{#.*?#\}", re.DOTALL)
    found = [
        name_of(path) for path in templates() if inline.search(comments.sub("", path.read_text()))
    ]
    assert found == []


def test_text_is_marked_as_safe_in_two_places_only() -> None:
    """Where Markdown was cleaned, and where an escaping template made a region."""
    found = {
        name_of(path)
        for path in modules()
        if re.search(r"\bmark_safe\b|\bMarkup\(", path.read_text())
    }
    assert found <= {"pages/markdown.py", "live/rendering.py"}


@pytest.mark.parametrize(
    ("what", "home"),
    [
        (r"email__iexact", {"people/models.py"}),
        (r"(?<!parts\[1\])(?<!declared)(?<!one\.name)(?<!one)\.isdigit\(", set()),
        (r"\bnh3\.", {"pages/markdown.py"}),
        (r"MarkdownIt\(", {"pages/markdown.py"}),
        (r"Incident\.objects\.select_for_update", {"incidents/record/locking.py"}),
        (r"csv\.writer\((?![\s\S]*safe_cell)", set()),
    ],
)
def test_there_is_one_of_each(what: str, home: set[str]) -> None:
    """A person by address, a whole number, cleaned Markdown, the incident's lock, a CSV cell.

    What the kernel, a socket or HTTP says in digits is no number that somebody typed.
    """
    found = {name_of(path) for path in modules() if re.search(what, path.read_text())}
    assert found == home


#: This file, and the one that says which tools of others are absent; in CI that fails.
MAY_EXCUSE = ("tests/project/test_house.py", "tests/tools.py")


def test_no_test_is_skipped_or_expected_to_fail() -> None:
    excuse = re.compile(r"mark\.(skip|skipif|xfail)\b|pytest\.(skip|xfail|importorskip)\(")
    found = [
        name_of(path)
        for path in modules(tests=True)
        if excuse.search(path.read_text()) and name_of(path) not in MAY_EXCUSE
    ]
    assert found == []


def test_nothing_is_left_to_do() -> None:
    marks = re.compile(r"\b(" + "|".join(("TO" + "DO", "FIX" + "ME", "XX" + "X")) + r")\b")
    found = [name_of(path) for path in modules(tests=True) if marks.search(path.read_text())]
    assert found == []


def test_every_app_is_known_to_these_tests() -> None:
    assert {path.parent.name for path in ROOT.glob("*/apps.py")} <= set(APPS)
