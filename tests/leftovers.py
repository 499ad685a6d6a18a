"""What a test leaves in the process it ran in: nothing, or the next one fails for it.

A test that fails only after another one is found by whoever did not write either. So whatever of
the process itself a test changes and does not put back is told at that test, and put back.
"""

import os
import resource
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

LIMITS = ("RLIMIT_AS", "RLIMIT_CPU", "RLIMIT_FSIZE", "RLIMIT_NOFILE", "RLIMIT_NPROC")
#: Written by pytest itself, another at each step.
OURS = "PYTEST_CURRENT_TEST"


def umask() -> int:
    """The process's mask for new files, read without changing it for other threads."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("Umask:")).split()[1], 8)


def task_application() -> str:
    """The application of Celery that tasks without one of their own go to, unless it is ours."""
    celery, ours = (sys.modules.get(name) for name in ("celery._state", "config.celery"))
    current = None if celery is None else celery._tls.current_app
    return "" if current is None or current is getattr(ours, "app", None) else repr(current)


def state() -> dict[str, Any]:
    """What every test of this process shares, by name."""
    return {
        "umask": umask(),
        "folder": str(Path.cwd()),
        "task application": task_application(),
        "limits": {name: resource.getrlimit(getattr(resource, name)) for name in LIMITS},
        **{f"${name}": words for name, words in os.environ.items() if name != OURS},
    }


def left(before: dict[str, Any], after: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    """What is otherwise than before, each with what it was and is."""
    names = sorted({*before, *after})
    return {
        name: (before.get(name), after.get(name))
        for name in names
        if before.get(name) != after.get(name)
    }


def put_back(before: dict[str, Any], changed: dict[str, tuple[Any, Any]]) -> None:
    """Have the next test find what can be put back as it was."""
    if "umask" in changed:
        os.umask(before["umask"])
    if "folder" in changed:
        os.chdir(before["folder"])
    for name in (name[1:] for name in changed if name.startswith("$")):
        if f"${name}" in before:
            os.environ[name] = before[f"${name}"]
        else:
            os.environ.pop(name, None)


@pytest.fixture(autouse=True)
def as_found(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Fail a test that leaves the process otherwise than it found it."""
    before = state()
    yield
    # A plugin asks for it first, so by itself it is undone only after this.
    monkeypatch.undo()
    changed = left(before, state())
    put_back(before, changed)
    if changed:
        pytest.fail(f"the next test in this process would find what this one left: {changed}")
