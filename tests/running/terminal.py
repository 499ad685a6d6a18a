"""Running `manage.py` and `manage.py up` as somebody at a terminal does."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import httpx
import psutil

from running.embedded import Servers
from running.places import ROOT
from running.states import State

PATIENCE_S = 240.0
#: What the test run itself is told must not reach a product under test.
OURS = (
    *("DATABASE_URL", "DATABASE_OWNER_URL", "DATABASE_APPLICATION_URL", "REDIS_URL"),
    *("SECRET_KEY", "BASE_URL", "ALLOWED_HOSTS", "ENDSTATE_DATA"),
)


def environment(**settings: str) -> dict[str, str]:
    """The environment of a terminal in which nothing but ``settings`` is set."""
    kept = {name: value for name, value in os.environ.items() if name not in OURS}
    return {**kept, **settings}


def manage(
    *arguments: str, given: str = "", within_s: float = PATIENCE_S, **settings: Any
) -> subprocess.CompletedProcess[str]:
    """Run one command to its end."""
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=environment(**settings),
        input=given,
        capture_output=True,
        text=True,
        timeout=within_s,
        check=False,
    )


def answers(servers: Servers, name: str) -> bool:
    """Whether the embedded ``postgres`` or ``valkey`` answers now."""
    return servers.state_of(name) == State.ANSWERS


class Up:
    """One `manage.py up` with everything it printed and started."""

    #: What Python runs before the word `up`; a control breaks something first.
    program: tuple[str, ...] = ("manage.py",)

    def __init__(self, data: Path, *options: str, **settings: str) -> None:
        self.data = data
        self.lines: list[str] = []
        self.process = subprocess.Popen(
            [sys.executable, *self.program, "up", "--port", "0", "--data", str(data), *options],
            cwd=ROOT,
            env=environment(**settings),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))

    @property
    def output(self) -> str:
        """Everything printed so far."""
        return "\n".join(self.lines)

    def wait_for(self, words: str, *, within: float = PATIENCE_S) -> str:
        """Wait for a line matching ``words`` and answer its first group, or the line."""
        until = time.monotonic() + within
        while time.monotonic() < until:
            for line in list(self.lines):
                if found := re.search(words, line):
                    return found[found.re.groups and 1]
            if self.process.poll() is not None:
                break
            time.sleep(0.05)
        raise AssertionError(f"{words!r} was not said in {within} s:\n{self.output}")

    def ready(self) -> "Up":
        """Wait for the ready line."""
        self.address = self.wait_for(r"^Endstate is ready at (http://\S+)$")
        return self

    def get(self, path: str, **headers: str) -> httpx.Response:
        """Ask the product for a page."""
        return httpx.get(f"{self.address}{path}", headers=headers, timeout=10)

    def children(self) -> dict[str, psutil.Process]:
        """The direct children by the word that tells them apart."""
        words = {"running.server": "web", "celery worker": "worker", "celery beat": "beat"}
        words |= {"manage.py loop": "loop", "postgres": "postgres", "valkey": "valkey"}
        found: dict[str, psutil.Process] = {}
        for child in psutil.Process(self.process.pid).children():
            with contextlib.suppress(psutil.NoSuchProcess):
                line = " ".join(child.cmdline())
                found |= {name: child for word, name in words.items() if word in line}
        return found

    def all_of(self, word: str) -> list[psutil.Process]:
        """The processes below it whose command line holds ``word``."""
        found = []
        for one in psutil.Process(self.process.pid).children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess):
                found += [one] * (word in " ".join(one.cmdline()))
        return found

    def everything(self) -> list[psutil.Process]:
        """The process and all below it."""
        root = psutil.Process(self.process.pid)
        return [root, *root.children(recursive=True)]

    def end(self, number: signal.Signals = signal.SIGTERM) -> tuple[int, float, list[int]]:
        """Stop it; answers the exit status, the seconds it took and the pids still running."""
        processes = self.everything() if self.process.poll() is None else []
        began = time.monotonic()
        self.process.send_signal(number)
        try:
            status = self.process.wait(30)
        finally:
            took = time.monotonic() - began
            left = [one.pid for one in processes[1:] if _runs(one)]
            for one in processes:
                if one.pid in left:
                    one.kill()
        return status, took, left

    def wait_until_ready(self, within: float = PATIENCE_S) -> None:
        """Wait until ``/readyz`` answers 200, whatever was said."""
        until = time.monotonic() + within
        while True:
            with contextlib.suppress(httpx.TransportError):
                if self.get("/readyz").status_code == 200:
                    return
            assert time.monotonic() < until, self.output
            time.sleep(0.2)

    def kill_everything(self) -> None:
        """SIGKILL to every process at once, as a machine that dies."""
        processes = self.everything()
        for one in processes:
            one.suspend()
        for one in processes:
            one.kill()
        self.process.wait(10)


def _runs(process: psutil.Process) -> bool:
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
