"""Secrets come from files too, and what is wrong with one is said in a sentence."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from running.given import SECRETS, Unreadable, read_secret_files
from running.places import ROOT
from tests.project.reading import page
from tests.running.terminal import environment


def test_a_secret_is_read_from_its_file_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = tmp_path / "token"
    kept.write_text("two words \n")
    monkeypatch.setenv("METRICS_TOKEN", "")
    monkeypatch.setenv("METRICS_TOKEN_FILE", str(kept))
    read_secret_files()
    read_secret_files()
    assert (os.environ["METRICS_TOKEN"], "METRICS_TOKEN_FILE" in os.environ) == (
        "two words ",
        False,
    )


def test_what_gives_no_secret_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "empty").write_text("\n")
    (tmp_path / "bytes").write_bytes(b"\xff\xfe")
    for name, words in (
        ("nowhere", "cannot be read: No such file or directory"),
        ("empty", "is empty"),
        ("bytes", "cannot be read: not text"),
    ):
        monkeypatch.setenv("METRICS_TOKEN", "")
        monkeypatch.setenv("METRICS_TOKEN_FILE", str(tmp_path / name))
        with pytest.raises(Unreadable, match=f"^METRICS_TOKEN_FILE names .*{name}, which {words}"):
            read_secret_files()
    monkeypatch.setenv("METRICS_TOKEN", "given")
    monkeypatch.setenv("METRICS_TOKEN_FILE", str(tmp_path / "empty"))
    with pytest.raises(Unreadable, match="METRICS_TOKEN and METRICS_TOKEN_FILE are both set"):
        read_secret_files()


def test_a_command_says_it_and_every_secret_is_in_the_documents(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "up", "--data", str(tmp_path)],
        cwd=ROOT,
        env=environment(SECRET_KEY_FILE="/nowhere"),
        capture_output=True,
        text=True,
        check=False,
    )
    words = "SECRET_KEY_FILE names /nowhere, which cannot be read: No such file or directory."
    assert (done.returncode, done.stderr) == (1, f"manage.py: {words}\n")
    (line,) = [one for one in page("docs/operations.md").split("\n\n") if "`NAME_FILE`" in one]
    assert set(re.findall(r"`([A-Z_]+)`", line)) - {"NAME", "NAME_FILE"} == set(SECRETS)
