"""Reading our own sources and pages. What must be true of them stands in the tests beside."""

import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from running.places import ROOT

APPS = (
    *("alerts", "api", "catalogue", "clock", "config", "deadlines", "drills", "incidents"),
    *(
        "integrations",
        "leaving",
        "live",
        "manager",
        "notifications",
        "pages",
        "people",
        "postmortems",
    ),
    *("prepared", "refusals", "running", "stakeholders", "waits", "warroom", "withdrawal"),
)


@cache
def tracked() -> tuple[Path, ...]:
    """Every file that is part of the project: by git, or without it by leaving out what is made."""
    found = subprocess.run(
        ["git", "ls-files", "-z", "--cached"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if found.returncode == 0:
        names = [name for name in found.stdout.split("\0") if name]
        return tuple(ROOT / name for name in sorted(names) if (ROOT / name).is_file())
    return tuple(sorted(path for path in ROOT.rglob("*") if path.is_file() and _is_ours(path)))


def _is_ours(path: Path) -> bool:
    parts = path.relative_to(ROOT).parts
    made = {"__pycache__", "staticfiles", "test-artifacts"}
    return not any(part in made or part.startswith((".venv", ".git", ".end")) for part in parts)


def modules(*, tests: bool = False) -> Iterator[Path]:
    """Our Python modules, without migrations; with the tests if asked for."""
    for path in tracked():
        parts = path.relative_to(ROOT).parts
        if path.suffix != ".py" or "migrations" in parts:
            continue
        if parts[0] in APPS or (tests and parts[0] == "tests"):
            yield path


def templates() -> Iterator[Path]:
    """Every template, both engines'."""
    return (path for path in tracked() if path.parts[len(ROOT.parts)] == "templates")


def name_of(path: Path) -> str:
    """A path as one says it."""
    return str(path.relative_to(ROOT))


def page(name: str) -> str:
    """The text of a page of the documentation."""
    return (ROOT / name).read_text()


def section(text: str, heading: str) -> str:
    """What stands under ``## heading``, until the next heading of that level."""
    found = re.search(
        rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", text, re.DOTALL | re.MULTILINE
    )
    assert found is not None, f"There is no section {heading!r}."
    return found[1]


def rows(text: str) -> list[list[str]]:
    """The body rows of the tables in ``text``, cell by cell."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]
    rules = {number for number, row in enumerate(cells) if set("".join(row)) <= set("-: ")}
    return [row for number, row in enumerate(cells) if not {number, number + 1} & rules]


def code_words(text: str) -> list[str]:
    """What stands between backticks."""
    return re.findall(r"`([^`]+)`", text)
