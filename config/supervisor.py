"""`up`: the whole product under one process.

It opens the socket, has the servers run, lets ``manage.py prepare`` ready the database, starts
the children and starts again whichever dies. What each child does stands in ``config.family``.
"""

import argparse
import contextlib
import fcntl
import http.client
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
from typing import IO, Protocol

from config.embedded import EmbeddedError, Servers
from config.forking import Closable, Forked
from config.listener import listen
from config.places import ROOT
from config.process import dies_with_parent, is_running

#: All children get this long after SIGTERM; with the servers' end it stays below 10 s.
PATIENCE_S = 6.0
READY_WITHIN_S = 60.0
LOOK_EVERY_S = 0.2
LONGEST_PAUSE_S = 10.0
#: A child that ran for this long did start; its next death is not counted with the last.
SETTLED_S = 20.0


class Process(Protocol):
    """What the supervisor needs to know of a running child."""

    pid: int

    def poll(self) -> int | None:
        """The exit status, or ``None`` while it runs."""

    def wait(self) -> int | None:
        """Wait for the end."""


def start_alone(command: Sequence[str]) -> subprocess.Popen[bytes]:
    """Start ``command`` in its own session, with nothing of ours but its output."""
    return subprocess.Popen(
        command,
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=dies_with_parent,
    )


@dataclass
class Child:
    """One process to keep running, with what it takes to start it again."""

    name: str
    make: Callable[[], Process]
    process: Process | None = None
    started_at: float = 0.0
    start_again_at: float = 0.0
    deaths: int = 0

    def start(self) -> None:
        """Start it in its own session, so that Ctrl-C reaches the supervisor alone."""
        self.started_at = time.monotonic()
        self.process = self.make()

    def look(self) -> None:
        """Start it again if it ended, after a pause that grows while it keeps ending at once."""
        now = time.monotonic()
        if self.process is None:
            if now >= self.start_again_at:
                self.start()
            return
        status = self.process.poll()
        if status is None:
            return
        self.signal(signal.SIGKILL)
        self.deaths = 1 if now - self.started_at > SETTLED_S else self.deaths + 1
        pause = min(LONGEST_PAUSE_S, 0.1 * 2**self.deaths)
        say(f"{self.name} ended ({_ending(status)}); starting it again in {pause:.1f} s.")
        self.process = None
        self.start_again_at = now + pause

    def signal(self, number: signal.Signals) -> None:
        """Send ``number`` to the process, or SIGKILL to it and everything it started."""
        if self.process is None:
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if number == signal.SIGKILL:
                os.killpg(self.process.pid, number)
            else:
                os.kill(self.process.pid, number)

    @property
    def is_running(self) -> bool:
        """Whether it runs now."""
        return self.process is not None and self.process.poll() is None


@dataclass
class Supervisor:
    """One run of `up` from start to end."""

    options: argparse.Namespace
    servers: Servers = field(init=False)
    children: list[Child] = field(default_factory=list)
    stopping: threading.Event = field(default_factory=threading.Event)
    hurried: bool = False
    sign_in: str = ""
    ours: dict[str, bool] = field(default_factory=dict)
    _lock: IO[bytes] | None = None

    def run(self) -> int:
        """Run everything until SIGINT or SIGTERM; answers the exit status."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._on_signal)
        os.umask(0o077)
        data = Path(self.options.data or os.environ.get("ENDSTATE_DATA") or ROOT / ".endstate")
        data = data.resolve()
        servers = self.servers = Servers(data, with_parent=True)
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
        except EmbeddedError as error:
            say(f"Endstate cannot start: {error}")
            return 1
        finally:
            listener.close()
            self._stop_children()
            servers.stop(even_if_used=True)

    def _on_signal(self, number: int, frame: object) -> None:
        self.hurried = self.stopping.is_set()
        self.stopping.set()

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
        """Start an embedded server again that ended; says so."""
        pids = {"postgres": self.servers.postgres_pid, "valkey": self.servers.valkey_pid}
        for name, is_ours in self.ours.items():
            pid = pids[name]() if is_ours else None
            if is_ours and (pid is None or not is_running(pid)):
                say(f"{name} ended; starting it again.")
                try:
                    self.servers.start(**self.ours)
                except EmbeddedError as error:
                    say(str(error))

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
                    process.wait(PATIENCE_S)
                process.kill()
        reader.join(2)
        self.sign_in = b"".join(output).decode(errors="replace").strip()
        if process.returncode and not self.stopping.is_set():
            say("Endstate cannot start: preparing the database failed (see above).")
        return process.returncode == 0

    def _children(self, listener: socket.socket, data: Path) -> list[Child]:
        """What is to run. Django is loaded here, once: the children are forked and share it."""
        family = import_module("config.family")
        family.settle()
        ours: tuple[Closable, ...] = tuple(one for one in (self._lock, self.servers) if one)
        count = self.options.web_processes
        web = [
            Child(
                "web" if count == 1 else f"web {number}",
                partial(
                    Forked,
                    "endstate web (config.server)",
                    partial(family.web, listener),
                    without=ours,
                ),
            )
            for number in range(1, count + 1)
        ]
        without = (*ours, listener)
        beat = (
            *(sys.executable, "-m", "celery", "--quiet", "-A", "config.beat", "beat"),
            *("--loglevel=WARNING", f"--schedule={data / 'beat-schedule'}", "--pidfile="),
        )
        return [
            *web,
            Child(
                "worker",
                partial(Forked, "celery -A config.celery worker", family.worker, without=without),
            ),
            Child("beat", partial(start_alone, beat)),
            Child(
                "loop",
                partial(
                    Forked,
                    "manage.py loop",
                    partial(family.loop, play=self.options.demo),
                    without=without,
                ),
            ),
        ]

    def _keep_running(self, listener: socket.socket) -> None:
        for child in self.children:
            child.start()
        announced = False
        give_up_at = time.monotonic() + READY_WITHIN_S
        while not self.stopping.wait(LOOK_EVERY_S):
            self._look_after_servers()
            for child in self.children:
                child.look()
            if not announced and answers(listener):
                announced = True
                say(f"Endstate is ready at {self._address(listener)}")
                if self.sign_in:
                    say(self.sign_in)
            elif not announced and time.monotonic() > give_up_at:
                say("Endstate does not answer yet; look above for the reason.")
                give_up_at = float("inf")

    def _address(self, listener: socket.socket) -> str:
        host, port = listener.getsockname()[:2]
        host = "127.0.0.1" if host in ("0.0.0.0", "::") else host  # noqa: S104
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    def _stop_children(self) -> None:
        """SIGTERM to all at once, SIGKILL to what is left; a second Ctrl-C skips the waiting."""
        for child in self.children:
            child.signal(signal.SIGTERM)
        until = time.monotonic() + PATIENCE_S
        while any(child.is_running for child in self.children):
            if time.monotonic() > until or self.hurried:
                break
            time.sleep(0.05)
        for child in self.children:
            child.signal(signal.SIGKILL)
            if child.process is not None:
                child.process.wait()


def write_secret_key(data: Path) -> None:
    """Write a key for this installation once, readable by its owner only; ``SECRET_KEY`` wins."""
    if os.environ.get("SECRET_KEY"):
        return
    with contextlib.suppress(FileExistsError):
        path = data / "secret_key"
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as handle:
            handle.write(f"{secrets.token_urlsafe(64)}\n")


def answers(listener: socket.socket) -> bool:
    """Whether a web process says it is up. Asks by the listener's own address."""
    host, port = listener.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104
    connection = http.client.HTTPConnection(host, port, timeout=2)
    try:
        connection.request("GET", "/healthz", headers={"Host": "127.0.0.1"})
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def say(words: str) -> None:
    """Tell the person at the terminal, at once."""
    with contextlib.suppress(BrokenPipeError):
        print(words, flush=True)


def _ending(status: int) -> str:
    return f"signal {-status}" if status < 0 else f"status {status}"


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
