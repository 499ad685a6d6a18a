"""A test that leaves something in its process is found, and the next one is not harmed."""

import os
from importlib import import_module
from pathlib import Path

import pytest
from celery import Celery

from running.given import SECRETS
from tests.leftovers import left, put_back, state
from tests.project.test_docs import documented_settings
from tests.servers import NEUTRAL, OWN, UNSAID


def test_whatever_is_left_in_the_process_is_named_and_put_back(tmp_path: Path) -> None:
    before = state()
    os.umask(0o027)
    os.chdir(tmp_path)
    os.environ["ENDSTATE_LEFT"] = "here"
    changed = left(before, state())
    assert sorted(changed) == ["$ENDSTATE_LEFT", "folder", "umask"]
    assert changed["umask"] == (before["umask"], 0o027)
    put_back(before, changed)
    assert left(before, state()) == {}


def test_what_is_undone_was_never_left(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    before = state()
    with monkeypatch.context() as patch:
        patch.chdir(tmp_path)
        patch.setenv("ENDSTATE_LEFT", "here")
        assert sorted(left(before, state())) == ["$ENDSTATE_LEFT", "folder"]
    assert left(before, state()) == {}


def test_another_application_of_celery_is_found() -> None:
    ours = import_module("config.celery").app
    before = state()
    try:
        Celery("another", fixups=[]).close()
        assert list(left(before, state())) == ["task application"]
    finally:
        ours.set_current()
    assert left(before, state()) == {}


def test_a_run_inherits_no_setting_from_whoever_starts_it() -> None:
    files = {f"{name}_FILE" for name in SECRETS}
    assert {*NEUTRAL, *UNSAID, *OWN} == documented_settings() | files
    assert [name for name in UNSAID if name in os.environ] == []
