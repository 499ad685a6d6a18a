"""`up`: the whole product under one process.

It opens the socket, has the servers run, lets ``manage.py prepare`` ready the database, starts
the children and starts again whichever dies or hangs. What a child is stands in
``running.children``, what each does in ``config.forked``.
"""

import argparse
import contextlib
import fcntl
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import IO

from running.children import Child, Process
from running.embedded import EmbeddedError, Servers
from running.forking import Closable, Forked
from running.listener import listen
from running.places import ROOT
from running.process import dies_with_parent
from running.states import State
from running.terminal import have_standard_streams, say
from running.watching import Answer, Probe, Silence

#: From the first SIGTERM to the end, whatever was under way; children get the first part of it.
END_WITHIN_S = 9.0
CHILDREN_END_WITHIN_S = 5.0
#: When `up` is not ready after this long it says what it waits for ...
READY_WITHIN_S = 20.0
#: ... and again as often, until it is.
SAY_EVERY_S = 60.0
LOOK_EVERY_S = 0.2
#: How long a child may give no sign of life: a web process is asked every 2 s, the loop passes
#: every 2 s, and a task may run for 5 min before Celery itself ends it.
SILENCE_S = {"web": 20.0, "loop": 60.0, "worker": 330.0, "beat": 330.0}


class Ended(BaseException):
    """SIGTERM came while Django was being loaded, which asks nobody whether to go on."""


@dataclass
class Supervisor:
    """One run of `up` from start to end."""

    options: argparse.Namespace
    servers: Servers = field(init=False)
    children: list[Child] = field(default_factory=list)
    stopping: threading.Event = field(default_factory=threading.Event)
    hurried: bool = False
    loading: bool = False
    sign_in: str = ""
    ours: dict[str, bool] = field(default_factory=dict)
    probes: dict[str, Probe] = field(default_factory=dict)
    silences: dict[str, Silence] = field(default_factory=dict)
    _restarting: set[str] = field(default_factory=set)
    _ready: Answer | None = None
    _ready_at: float = 0.0
    _lock: IO[bytes] | None = None

    def run(self) -> int:
        """Run everything until SIGINT or SIGTERM; answers the exit status."""
        have_standard_streams()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._on_signal)
        os.umask(0o077)
        data = Path(self.options.data or os.environ.get("ENDSTATE_DATA") or ROOT / ".endstate")
        data = data.resolve()
        self.servers = Servers(data, with_parent=True, say=say, is_stopping=self.stopping.is_set)
        try:
            listener = self._claim(data)
        except (EmbeddedError, OSError) as error:
            say(f"Endstate cannot start: {error}")
            return 1
        try:
            self._start_servers()
            if self.stopping.is_set() or not self._prepare():
                return 0 if self.stopping.is_set() else 1
            self.children = self._children(listener, data)
            self._keep_running(listener)
            return 0
        except Ended:
            return 0
        except EmbeddedError as error:
            if not self.stopping.is_set():
                say(f"Endstate cannot start: {error}")
            return 0 if self.stopping.is_set() else 1
        finally:
            self.loading = False
            listener.close()
            self._end()

    def _on_signal(self, number: int, frame: object) -> None:
        self.hurried = self.stopping.is_set()
        self.stopping.set()
        if self.loading:
            self.loading = False
            raise Ended

    def _claim(self, data: Path) -> socket.socket:
        """Take the data folder and the port, so that a second `up` says why it cannot."""
        data.mkdir(parents=True, exist_ok=True)
        self._lock = (data / "up.lock").open("ab")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise EmbeddedError(f"it already runs on {data}. Stop that one first.") from None
        host, port = self.options.host, self.options.port
        try:
            listener = listen(host, port)
        except OSError as error:
            raise EmbeddedError(
                f"{host}:{port} cannot be opened ({error.strerror}). Choose another with --port."
            ) from None
        shown = "127.0.0.1" if host in ("0.0.0.0", "::", "") else host  # noqa: S104
        shown = f"[{shown}]" if ":" in shown else shown
        os.environ["ENDSTATE_DATA"] = str(data)
        os.environ.setdefault("BASE_URL", f"http://{shown}:{listener.getsockname()[1]}")
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
        os.environ["PYTHONPATH"] = str(ROOT)
        os.environ["PYTHONUNBUFFERED"] = "1"
        # `make check` and `prepare` ran the checks; every child doing so costs memory and time.
        os.environ["CELERY_SKIP_CHECKS"] = "1"
        os.environ.setdefault("MALLOC_ARENA_MAX", "2")
        write_secret_key(data)
        return listener

    def _start_servers(self) -> None:
        """Have the embedded servers for what the environment names none of its own."""
        self.ours = {
            name: bool(not os.environ.get(variable))
            for name, variable in (("postgres", "DATABASE_URL"), ("valkey", "REDIS_URL"))
        }
        if not any(self.ours.values()):
            return
        self.servers.start(**self.ours)
        if self.ours["postgres"]:
            os.environ["DATABASE_URL"] = self.servers.database_url
            os.environ["DATABASE_OWNER_URL"] = self.servers.owner_url
        if self.ours["valkey"]:
            os.environ["REDIS_URL"] = self.servers.redis_url

    def _look_after_servers(self) -> None:
        """Start an embedded server again that ended or hangs; says so, and waits for neither."""
        for name in (name for name, is_ours in self.ours.items() if is_ours):
            if name not in self._restarting:
                if self.servers.pid_of(name) is not None:
                    self._listen_to_server(name, time.monotonic())
                    continue
                say(f"{name} ended; starting it again.")
                self._restarting.add(name)
            try:
                if self.servers.bring_up(name):
                    self._restarting.discard(name)
            except EmbeddedError as error:
                say(str(error))

    def _listen_to_server(self, name: str, now: float) -> None:
        """Kill an embedded server that runs and says nothing for long; it ends, and is restarted.

        Killing PostgreSQL loses nothing: it recovers what was under way.
        """
        silence = self.silences.setdefault(name, Silence())
        if not silence.is_to_ask(now):
            return
        state = self.servers.state_of(name)
        longest_s = silence.longest_s
        if silence.note(time.monotonic(), says_something=state != State.SILENT):
            say(f"{name} has given no sign of life for {longest_s:.0f} s; replacing it.")
            self.servers.send_signal(name, signal.SIGKILL)

    def _prepare(self) -> bool:
        """Migrations, static files, demo: in a process of its own, whose memory ends with it."""
        command = [sys.executable, "manage.py", "prepare", *(["--demo"] * self.options.demo)]
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            start_new_session=True,
            preexec_fn=dies_with_parent,
        )
        output: list[bytes] = []
        reader = threading.Thread(target=lambda: output.append(process.stdout.read()))  # type: ignore[union-attr]
        reader.start()
        while process.poll() is None:
            if self.stopping.wait(LOOK_EVERY_S / 4):
                process.terminate()
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(1)
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
        reader.join(2)
        said = b"".join(output).decode(errors="replace").strip()
        # Only that process needed it; nothing that answers requests ever signs in as the owner.
        os.environ.pop("DATABASE_OWNER_URL", None)
        if process.returncode and not self.stopping.is_set():
            say(f"Endstate cannot start: {said or 'preparing the database failed (see above).'}")
        self.sign_in = said
        return process.returncode == 0

    def _children(self, listener: socket.socket, data: Path) -> list[Child]:
        """What is to run. Django is loaded here, once: the children are forked and share it."""
        self.loading = True
        if self.stopping.is_set():
            raise Ended
        forked = import_module("config.forked")
        forked.settle()
        self.loading = False
        ours: tuple[Closable, ...] = tuple(one for one in (self._lock, self.servers) if one)
        count = self.options.web_processes
        names = ["web"] if count == 1 else [f"web {number}" for number in range(1, count + 1)]
        # Each is asked on a port of its own, for whoever is free answers on the one they share.
        doors = {name: listen("127.0.0.1", 0) for name in names}
        for name, door in doors.items():
            host, port = door.getsockname()[:2]
            self.probes[name] = Probe(host, port, "/healthz")
        web = [
            Child(
                name,
                partial(
                    Forked,
                    "endstate web (running.server)",
                    partial(forked.web, listener, doors[name]),
                    without=(*ours, *(door for other, door in doors.items() if other != name)),
                ),
                SILENCE_S["web"],
            )
            for name in names
        ]
        without = (*ours, listener, *doors.values())
        makers: dict[str, Callable[[], Process]] = {
            "worker": partial(Forked, "endstate celery worker", forked.worker, without=without),
            "beat": partial(
                Forked,
                "endstate celery beat",
                partial(forked.beat, data / "beat-schedule"),
                without=without,
            ),
            "loop": partial(
                Forked,
                "manage.py loop",
                partial(forked.loop, play=self.options.demo),
                without=without,
            ),
        }
        return [*web, *(Child(name, make, SILENCE_S[name]) for name, make in makers.items())]

    def _keep_running(self, listener: socket.socket) -> None:
        """Start all children and look after them, until somebody asks for the end."""
        host, port = listener.getsockname()[:2]
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104
        readiness = Probe(host, port, "/readyz", every_s=LOOK_EVERY_S)
        for child in self.children:
            if not self.stopping.is_set():
                child.start()
        is_ready = False
        speak_at = time.monotonic() + READY_WITHIN_S
        while not self.stopping.wait(LOOK_EVERY_S):
            now = time.monotonic()
            self._look_after_servers()
            self._listen_to_children(readiness, now)
            for child in self.children:
                child.look(now)
            if is_ready:
                continue
            if self._ready is not None and self._ready.status == 200:
                is_ready, readiness.every_s = True, 5.0
                say(f"Endstate is ready at {self._address(listener)}")
                if self.sign_in:
                    say(self.sign_in)
            elif now > speak_at:
                speak_at = now + SAY_EVERY_S
                what = self._ready.what_is_missing() if self._ready else "its first answer"
                say(f"Endstate is not ready yet; it waits for {what}.")

    def _listen_to_children(self, readiness: Probe, now: float) -> None:
        """Ask each web process, and note whose passes have stopped."""
        if answer := readiness.look(now):
            self._ready, self._ready_at = answer, now
        is_known = self._ready is not None and now - self._ready_at < 15
        silent = self._ready.silent_children() if self._ready and is_known else set()
        for child in self.children:
            if probe := self.probes.get(child.name):
                if (found := probe.look(now)) and found.status == 200:
                    child.hear(now)
            elif child.name not in silent:
                child.hear(now)

    def _address(self, listener: socket.socket) -> str:
        host, port = listener.getsockname()[:2]
        host = "127.0.0.1" if host in ("0.0.0.0", "::") else host  # noqa: S104
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    def _end(self) -> None:
        """Stop everything within ``END_WITHIN_S``; a second Ctrl-C skips the waiting.

        SIGTERM to all children at once, SIGKILL to what is left, then the servers.
        """
        began = time.monotonic()
        for child in self.children:
            child.signal(signal.SIGTERM)
        while any(child.is_running for child in self.children):
            if self.hurried or time.monotonic() - began > CHILDREN_END_WITHIN_S:
                break
            time.sleep(0.05)
        for child in self.children:
            child.signal(signal.SIGKILL)
        for child in self.children:
            if child.process is not None:
                child.process.wait()
        left = max(2.0, END_WITHIN_S - (time.monotonic() - began))
        self.servers.stop(even_if_used=True, within_s=left)


def write_secret_key(data: Path) -> None:
    """Write a key for this installation once, readable by its owner only; ``SECRET_KEY`` wins."""
    if os.environ.get("SECRET_KEY"):
        return
    with contextlib.suppress(FileExistsError):
        path = data / "secret_key"
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as handle:
            handle.write(f"{secrets.token_urlsafe(64)}\n")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `up`, the same for `manage.py help up` and for the run itself."""
    parser.add_argument("--demo", action="store_true", help="load the demo if there is nothing")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=8000, help="port to listen on")
    parser.add_argument("--data", help="folder of everything that lasts (default .endstate)")
    parser.add_argument("--web-processes", type=int, default=1, metavar="N")


def main(arguments: Sequence[str]) -> int:
    """Run `up` with its command line; answers the exit status."""
    parser = argparse.ArgumentParser(prog="manage.py up", description="Run the whole product.")
    add_arguments(parser)
    options = parser.parse_args(arguments)
    if options.web_processes < 1:
        parser.error("--web-processes is at least 1")
    return Supervisor(options).run()
