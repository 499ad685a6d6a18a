"""Breaks guards of the product, one line at a time, and sees whether the named test notices.

Everything happens in a copy in the temp folder: the tree stays as it is. What is broken stands in
``tests.faults.guards``.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import LiteralString

import psycopg

from running.places import ROOT
from tests.servers import LENT, UNSAID, environment_of, start_pair, stop_pair

#: What a test may take here, with the servers and the database that it starts.
PATIENCE_S = 600
#: … and what each of many adds, when they run one after the other.
PATIENCE_EACH_S = 60
#: A test that needs nothing but the database.
FIRST = "tests/running/test_embedded.py::test_the_run_is_on_a_real_postgresql"
#: Not part of the product or its tests, or made anew where it is missing.
LEFT_OUT = (".git", ".venv", ".*_cache", "__pycache__", ".endstate", "test-artifacts", "*.sqlite3")


@dataclass(frozen=True)
class Breakage:
    """``line`` of the file at ``path`` becomes ``broken``; ``test`` has to fail then.

    ``what`` says in words what the product does wrong, ``path`` is below the root, ``line`` stands
    there once, and ``test`` is a node of pytest.
    """

    what: str
    path: str
    line: str
    broken: str
    test: str


class Outcome(StrEnum):
    """What became of one breakage."""

    CAUGHT = "caught"
    MISSED = "MISSED"
    NOT_TRIED = "NOT TRIED"


@contextmanager
def copied(tree: Path = ROOT) -> Iterator[Path]:
    """A copy of the tree with the same virtual environment, gone after the block."""
    with tempfile.TemporaryDirectory(prefix="endstate-broken-") as folder:
        # Traversable, since the embedded PostgreSQL may run as somebody else.
        Path(folder).chmod(0o755)
        copy = Path(folder) / "tree"
        shutil.copytree(tree, copy, ignore=shutil.ignore_patterns(*LEFT_OUT), symlinks=True)
        (copy / ".venv").symlink_to(Path(sys.prefix))
        yield copy


def count_of(breakage: Breakage, tree: Path = ROOT) -> int:
    """How often the line stands in its file; a breakage needs exactly one."""
    path = tree / breakage.path
    return path.read_text().count(breakage.line) if path.exists() else 0


class Lent:
    """Servers that run on while one test after another is tried, and a database migrated once.

    Most of what a single test takes is making both. Each run begins with a fresh copy of it.
    """

    NAME, KEPT = "test_endstate", "test_endstate_kept"

    def __init__(self, copy: Path) -> None:
        self._servers = start_pair()
        self.environment = {**environment_of(self._servers), LENT: "yes"}
        if run(copy, FIRST, "--create-db", lent=self)[0] != 1:
            self.stop()
            raise SystemExit("The database of the tests cannot be made.")
        self._say(f"ALTER DATABASE {self.NAME} RENAME TO {self.KEPT}")

    def renew(self) -> None:
        """Throw away what the last run left."""
        self._say(f"DROP DATABASE IF EXISTS {self.NAME} WITH (FORCE)")
        self._say(f"CREATE DATABASE {self.NAME} TEMPLATE {self.KEPT}")

    def stop(self) -> None:
        """Stop the servers and leave nothing behind."""
        stop_pair(self._servers)

    def _say(self, statement: LiteralString) -> None:
        with psycopg.connect(self._servers.owner_url, autocommit=True) as owner:
            owner.execute(statement)


def outcome_of(breakage: Breakage, copy: Path, lent: Lent | None = None) -> Outcome:
    """Break the line in the copy, run the test, and put the line back."""
    if count_of(breakage, copy) != 1:
        return Outcome.NOT_TRIED
    path = copy / breakage.path
    whole = path.read_text()
    path.write_text(whole.replace(breakage.line, breakage.broken))
    if "/migrations/" in breakage.path:
        lent = None
    try:
        if lent is not None:
            lent.renew()
        passed, failed, _ = run(copy, breakage.test, lent=lent)
    finally:
        path.write_text(whole)
    if failed:
        return Outcome.CAUGHT
    return Outcome.MISSED if passed else Outcome.NOT_TRIED


def run(copy: Path, *tests: str, lent: Lent | None = None) -> tuple[int, int, str]:
    """How many tests passed and failed, and what pytest said; nothing where it could not run them.

    Ends with the first that fails. An error before the test itself is no failure: the guard was
    not what it met. What was compiled stays beside the copy, so that each run compiles only what
    was broken.
    """
    around = {name: value for name, value in os.environ.items() if name not in UNSAID}
    around |= {"PYTHONPYCACHEPREFIX": str(copy.parent / "compiled"), "ENDSTATE_FAULTS": ""}
    around.pop("PYTHONDONTWRITEBYTECODE", None)
    if lent is not None:
        tests = ("--reuse-db", *tests)
        around |= lent.environment
    try:
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *tests],
            cwd=copy,
            env=around,
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE_S + PATIENCE_EACH_S * len(tests),
        )
    except subprocess.TimeoutExpired:
        return 0, 0, "it took too long"
    last = done.stdout.strip().rpartition("\n")[2]
    passed, failed = (re.search(rf"(\d+) {word}", last) for word in ("passed", "failed"))
    return int(passed[1]) if passed else 0, int(failed[1]) if failed else 0, done.stdout


def try_all(breakages: Sequence[Breakage]) -> dict[Breakage, Outcome]:
    """What became of each, said as it comes. Raises where a test fails though nothing is broken."""
    found = {}
    with copied() as copy:
        lent = Lent(copy)
        try:
            for one in breakages:
                found[one] = outcome_of(one, copy, lent)
                print(f"{found[one]:>9}  {one.what}\n           {one.test}", flush=True)
        finally:
            lent.stop()
        passed, failed, said = run(copy, *dict.fromkeys(one.test for one in breakages))
        if failed or (found and not passed):
            raise SystemExit(f"It fails though nothing is broken:\n{said[-4000:]}")
    return found
