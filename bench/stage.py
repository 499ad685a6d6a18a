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


#: So many viewers one process of the crowd takes in; more are spread over several.
CROWD_SIZE = 2500


class Crowd:
    """The steering side of one process of ``bench.crowd``."""

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
        self.order(what, **how)
        return self.answer()

    def order(self, what: str, **how: Any) -> None:
        """Give an order without waiting; ``answer`` has to follow."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({"do": what, **how}) + "\n")
        self.process.stdin.flush()

    def answer(self) -> dict[str, Any]:
        """What became of the oldest order that was not answered yet."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError("the crowd died")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()


class Crowds:
    """So many viewers as one crowd, in as many processes as they need."""

    def __init__(self, viewers: int) -> None:
        self.viewers = viewers
        self.parts = [Crowd() for _ in range(0, viewers, CROWD_SIZE)]

    def open(self, *, port: int, path: str, cookies: str = "") -> None:
        """Connect everybody. Raises ``RuntimeError`` unless all of them came in."""
        for number, part in enumerate(self.parts):
            first = number * CROWD_SIZE
            count = min(CROWD_SIZE, self.viewers - first)
            answer = part.do(
                "open", port=port, path=path, cookies=cookies, count=count, first=first
            )
            if answer["failed"] or answer["statuses"] != {"200": count}:
                raise RuntimeError(f"not everybody came in: {answer}")

    def arm(self) -> None:
        """Begin to wait for one message each."""
        for part in self.parts:
            part.do("arm")

    def wait(self) -> list[float]:
        """The moments at which they had it, in order; ``RuntimeError`` if somebody got nothing."""
        for part in self.parts:
            part.order("wait")
        answers = [part.answer() for part in self.parts]
        if missing := sum(answer["missing"] for answer in answers):
            raise RuntimeError(f"{missing} of {self.viewers} got nothing")
        return sorted(moment for answer in answers for moment in answer["reached"])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for part in self.parts:
            part.__exit__()


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
        """Processor time all its threads used so far (``/proc``'s ``schedstat``)."""
        return cpu_s(self.process.pid)

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


def cpu_s(process: int) -> float:
    """Processor time all threads of a process used so far, to the microsecond."""
    threads = Path(f"/proc/{process}/task").iterdir()
    return sum(int((one / "schedstat").read_text().split()[0]) for one in threads) / 1e9


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
