"""Where benchmarks play: servers in a throw-away folder, processes pinned to cores, a crowd.

What is measured stands in the modules named after it.
"""

import contextlib
import json
import os
import resource
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

import psutil

from running.embedded import Servers
from running.listener import listen

ROOT = Path(__file__).resolve().parent.parent
SERVER_CORE, CROWD_CORE = 0, (os.cpu_count() or 1) - 1


def allow_many_files() -> None:
    """Raise the limit of open files as far as we may; children inherit it."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


class Crowd:
    """The steering side of ``bench.crowd``."""

    def __init__(self, *, core: int = CROWD_CORE) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "bench.crowd"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        psutil.Process(self.process.pid).cpu_affinity([core])

    def do(self, what: str, **how: Any) -> dict[str, Any]:
        """Give an order and wait for its answer."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps({"do": what, **how}) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"the crowd died at {what!r}")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()


class Process:
    """A server process on a listening socket, with its figures."""

    def __init__(
        self,
        command: list[str],
        *,
        core: int | None = SERVER_CORE,
        environment: dict[str, str] | None = None,
    ) -> None:
        self.listener = listen("127.0.0.1", 0)
        self.listener.set_inheritable(True)
        self.port: int = self.listener.getsockname()[1]
        descriptor = str(self.listener.fileno())
        self._command = [part.replace("{fd}", descriptor) for part in command]
        self.process = subprocess.Popen(
            self._command,
            cwd=ROOT,
            env={**os.environ, **(environment or {})},
            pass_fds=[self.listener.fileno()],
        )
        self.figures = psutil.Process(self.process.pid)
        if core is not None:
            self.figures.cpu_affinity([core])

    def another(self) -> "subprocess.Popen[bytes]":
        """One more process of the same kind on the same socket; the caller ends it."""
        return subprocess.Popen(self._command, cwd=ROOT, pass_fds=[self.listener.fileno()])

    def cpu_s(self) -> float:
        """Processor time used so far."""
        times = self.figures.cpu_times()
        return float(times.user + times.system)

    def memory_kb(self) -> float:
        """Proportional memory."""
        return float(self.figures.memory_full_info().pss / 1024)

    def threads(self) -> int:
        """How many threads it has."""
        return int(self.figures.num_threads())

    def until_it_answers(self, path: str = "/", timeout: float = 30) -> None:
        """Wait for any answer at all."""
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            with contextlib.suppress(OSError), socket.socket() as sock:
                sock.settimeout(5)
                sock.connect(("127.0.0.1", self.port))
                sock.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
                if sock.recv(16).startswith(b"HTTP/1.1"):
                    return
            if self.process.poll() is not None:
                raise RuntimeError(f"{self._command} ended with {self.process.returncode}")
            time.sleep(0.1)
        raise TimeoutError(f"{self._command} does not answer")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.listener.close()
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()


@contextlib.contextmanager
def ground() -> Iterator[Servers]:
    """A migrated database and a broker of our own, named in the environment, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="endstate-bench-") as folder:
        servers = Servers(Path(folder), careless=True, with_parent=True)
        servers.start()
        os.environ.update(
            ENDSTATE_DATA=folder,
            DATABASE_URL=servers.database_url,
            DATABASE_OWNER_URL=servers.owner_url,
            REDIS_URL=servers.redis_url,
            SECRET_KEY="only-for-benchmarks-and-long-enough-for-the-check-0123456789",
            DJANGO_SETTINGS_MODULE="config.settings",
            ALLOWED_HOSTS="127.0.0.1,localhost,testserver",
            LOG_LEVEL="WARNING",
        )
        try:
            command = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
            subprocess.run(command, cwd=ROOT, check=True)
            yield servers
        finally:
            servers.stop(even_if_used=True)


def free_port() -> int:
    """A port on loopback that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def percentile(values: list[float], share: float) -> float:
    """The value that ``share`` of the values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]
