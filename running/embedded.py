"""PostgreSQL and Valkey out of their wheels, run by us inside the data folder.

How the database's files are made stands in ``running.cluster``, how the rest of the product is
started in ``running.supervisor``; which command needs the servers at all is decided in
``manage.py``.
"""

import contextlib
import fcntl
import hashlib
import os
import pwd
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, NoReturn
from urllib.parse import quote

from running.cluster import APPLICATION, DATABASE, OWNER, Cluster
from running.launching import launch
from running.places import data_folder
from running.process import children_of, is_running, send
from running.programs import EmbeddedError, Stopped, copies_for, open_temp_folder
from running.states import State, state_of_postgres, state_of_valkey

__all__ = ["EmbeddedError", "Servers", "Stopped", "ensure"]

#: ``sockaddr_un.sun_path`` holds 108 bytes, the closing zero included.
LONGEST_SOCKET_PATH = 107
#: A server that runs but says nothing at all is given up after this long ...
START_WITHIN_S = 60.0
#: ... and one that ends at once after this long: a killed one's process id counts as taken until
#: somebody reaps it.
TRY_FOR_S = 15.0
#: A database that ended this often while it recovered will not come back by itself.
RECOVERIES = 3
STOP_WITHIN_S = 8.0
#: Where each server notes its process id, in its own folder.
PID_FILES = {"postgres": "postmaster.pid", "valkey": "valkey.pid"}
SAY_EVERY_S = 15.0


def to_standard_error(words: str) -> None:
    """Where a command says what it waits for."""
    with contextlib.suppress(OSError):
        sys.stderr.write(f"{words}\n")
        sys.stderr.flush()


@dataclass
class Starting:
    """One server on its way up: the process, and since when it has not answered."""

    began: float
    heard_at: float
    process: subprocess.Popen[bytes] | None = None
    next_try_at: float = 0.0
    recovers_since: float | None = None
    failed_recoveries: int = 0
    say_at: float = 0.0

    @property
    def is_alive(self) -> bool:
        """Whether the process we started for it runs."""
        return self.process is not None and self.process.poll() is None


@dataclass
class Servers:
    """The embedded pair of one data folder. Making this object starts nothing.

    Whoever uses the servers holds a shared lock on ``users.lock``, so that the last one out stops
    them and nobody stops them under another command. ``say`` tells the person who waits;
    ``is_stopping`` is asked while waiting, and ends it with ``Stopped``.
    """

    data: Path
    careless: bool = False
    with_parent: bool = False
    say: Callable[[str], None] = to_standard_error
    is_stopping: Callable[[], bool] = bool
    start_within_s: float = START_WITHIN_S
    _users: IO[bytes] | None = field(default=None, repr=False)
    _starting: dict[str, Starting] = field(default_factory=dict, repr=False)

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
    def cluster(self) -> Cluster:
        """The files of the database."""
        return Cluster(self.data, self.account, self.is_stopping, self.careless)

    @property
    def socket_folder(self) -> Path:
        """Where both sockets are: in the data folder, or under the temp folder if that is too deep.

        The fallback is named by a hash of the data folder and noted there in ``socket_folder``.
        """
        inside = self.data / "run"
        if len(os.fsencode(inside / ".s.PGSQL.5432")) <= LONGEST_SOCKET_PATH:
            return inside
        digest = hashlib.sha256(os.fsencode(self.data)).hexdigest()[:16]
        return open_temp_folder(self.account) / f"endstate-{digest}"

    @property
    def database_url(self) -> str:
        """What ``DATABASE_URL`` would be for the embedded PostgreSQL: the application's role."""
        found = self.cluster.passwords
        return self._url(APPLICATION, found.application if found else "")

    @property
    def owner_url(self) -> str:
        """What ``DATABASE_OWNER_URL`` would be: the role that migrates and owns the triggers."""
        found = self.cluster.passwords
        return self._url(OWNER, found.owner if found else "")

    def _url(self, role: str, password: str) -> str:
        where = quote(str(self.socket_folder), safe="")
        return f"postgres://{role}:{password}@{where}:5432/{DATABASE}"

    @property
    def redis_url(self) -> str:
        """What ``REDIS_URL`` would be for the embedded Valkey."""
        return f"unix://{self.socket_folder / 'valkey.sock'}?db=0"

    def start(self, *, postgres: bool = True, valkey: bool = True) -> None:
        """Start what does not run yet, join its users and wait until it answers. Twice is once.

        A PostgreSQL that recovers is waited for as long as it takes, saying so. Raises
        ``EmbeddedError`` with the end of the server's log when one does not come up.
        """
        self._join()
        for name, is_wanted in (("postgres", postgres), ("valkey", valkey)):
            while is_wanted and not self.bring_up(name):
                if self.is_stopping():
                    raise Stopped("it was stopped while its servers started.")
                time.sleep(0.02)

    def bring_up(self, name: str) -> bool:
        """One step towards a running ``name``; answers whether it is there. Waits for nothing.

        Raises ``EmbeddedError`` once it has been tried for long enough; the next call begins anew.
        """
        state = self.state_of(name)
        now = time.monotonic()
        if state == State.ANSWERS:
            if name == "postgres" and not self.cluster.is_settled:
                raise EmbeddedError(
                    f"An earlier version of Endstate still runs PostgreSQL on {self.data}. "
                    "Stop that one first."
                )
            self._starting.pop(name, None)
            return True
        starting = self._starting.setdefault(name, Starting(now, now))
        if state == State.RECOVERS:
            starting.heard_at = now
            self._say_that_it_recovers(starting, now)
        alive = starting.is_alive or self.pid_of(name) is not None
        if starting.recovers_since is not None and not alive and state == State.SILENT:
            starting.recovers_since = None
            starting.failed_recoveries += 1
        patience = self.start_within_s if alive else TRY_FOR_S
        if now - starting.heard_at > patience or starting.failed_recoveries >= RECOVERIES:
            self._give_up(name, self._starting.pop(name), now)
        if not alive and state == State.SILENT and now >= starting.next_try_at:
            with self._turn(name) as is_ours:
                if is_ours and self.state_of(name) == State.SILENT:
                    starting.process = self._spawn(name)
            # Making a database takes its own time, and so may whoever is at it.
            starting.heard_at += time.monotonic() - now if is_ours else now - starting.heard_at
            starting.next_try_at = time.monotonic() + 0.3
        return False

    def _say_that_it_recovers(self, starting: Starting, now: float) -> None:
        if starting.recovers_since is None:
            starting.recovers_since, starting.say_at = now, now + 2
        if now >= starting.say_at:
            starting.say_at = now + SAY_EVERY_S
            self.say(
                "PostgreSQL recovers what was under way when it last ended; waiting for it "
                f"({now - starting.recovers_since:.0f} s so far)."
            )

    def _give_up(self, name: str, starting: Starting, now: float) -> NoReturn:
        if starting.process is not None and starting.is_alive:
            starting.process.kill()
        log = self.data / "log" / f"{name}.log"
        tail = log.read_text(errors="replace")[-1500:] if log.exists() else ""
        raise EmbeddedError(f"{name} did not start within {now - starting.began:.0f} s:\n{tail}")

    def stop(self, *, even_if_used: bool = False, within_s: float = STOP_WITHIN_S) -> bool:
        """Leave, and stop both servers unless another command still uses them.

        Answers whether they were stopped. ``even_if_used`` is for ``up``, whose end is the end.
        What has not ended one second before ``within_s`` is killed; the next start recovers.
        """
        if self._users is None:
            return False
        until = time.monotonic() + within_s
        with self._turn("users", within_s=1):
            try:
                fcntl.flock(self._users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if not even_if_used:
                    return False
            finally:
                users, self._users = self._users, None
                users.close()
            gently = {"valkey": signal.SIGTERM, "postgres": signal.SIGINT}
            pids = {name: pid for name in gently if (pid := self.pid_of(name)) is not None}
            for name, pid in pids.items():
                self._send(name, pid, gently[name])
            self._wait_for_end(pids, until - 1)
            for name, pid in pids.items():
                self._send(name, pid, signal.SIGKILL)
            self._wait_for_end(pids, until)
            if self.socket_folder.parent != self.data:
                shutil.rmtree(self.socket_folder, ignore_errors=True)
            self._remove_copies()
        return True

    def close(self) -> None:
        """Forget the servers without stopping them: what a forked child does."""
        if self._users is not None:
            self._users.close()
            self._users = None

    def state_of(self, name: str) -> State:
        """What ``postgres`` or ``valkey`` says right now, within a second."""
        if name == "valkey":
            return state_of_valkey(self.socket_folder / "valkey.sock")
        return state_of_postgres(self.socket_folder / ".s.PGSQL.5432", APPLICATION, DATABASE)

    def pid_of(self, name: str) -> int | None:
        """The process id of the running ``postgres`` or ``valkey``, or ``None``."""
        pid = _pid_in(self.data / name / PID_FILES[name])
        return pid if pid is not None and self._runs(name, pid) else None

    def _runs(self, name: str, pid: int) -> bool:
        _reap()
        return is_running(pid, named=name, at=self.data / name)

    def send_signal(self, name: str, number: signal.Signals) -> None:
        """Send a signal to the running ``postgres`` or ``valkey`` of this folder, to nobody else.

        SIGKILL goes to all processes of PostgreSQL, since a frozen one would hold on to what the
        next start needs.
        """
        if (pid := self.pid_of(name)) is not None:
            self._send(name, pid, number)

    def _send(self, name: str, pid: int, number: signal.Signals) -> None:
        below = children_of(pid) if number == signal.SIGKILL else []
        for one in (pid, *below):
            send(one, number, named=name, at=self.data / name)

    def postgres_pid(self) -> int | None:
        """The process id of the running embedded PostgreSQL."""
        return self.pid_of("postgres")

    def valkey_pid(self) -> int | None:
        """The process id of the running embedded Valkey."""
        return self.pid_of("valkey")

    def _join(self) -> None:
        """Make the folders and become one of the users."""
        self.data.mkdir(parents=True, exist_ok=True)
        self.data.chmod(0o711 if self.account is not None else 0o700)
        for path in (self.data / "valkey", self.socket_folder):
            with contextlib.suppress(FileExistsError):
                path.mkdir(mode=0o700)
                os.chown(path, self._owner, -1)
        for path in (self.data / "postgres", self.data / "valkey", self.socket_folder):
            self._insist_on_private(path)
        (self.data / "log").mkdir(mode=0o700, exist_ok=True)
        if self.socket_folder.parent != self.data:
            (self.data / "socket_folder").write_text(f"{self.socket_folder}\n")
        if self._users is not None:
            return
        with self._turn("users", within_s=10):
            self._users = (self.data / "users.lock").open("ab")
            with contextlib.suppress(BlockingIOError):
                fcntl.flock(self._users, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if self.postgres_pid() is None and self.valkey_pid() is None:
                    # Copies of another version, or what a cleaner of the temp folder left of them.
                    self._remove_copies()
            fcntl.flock(self._users, fcntl.LOCK_SH)

    @property
    def _owner(self) -> int:
        return os.geteuid() if self.account is None else self.account

    def _insist_on_private(self, path: Path) -> None:
        if not path.exists() and not path.is_symlink():
            return
        found = path.stat(follow_symlinks=False)
        if found.st_uid != self._owner or not path.is_dir() or path.is_symlink():
            raise EmbeddedError(
                f"{path} belongs to another account than the one that runs the servers "
                f"(uid {self._owner}). Use the account that made it, or another --data folder."
            )
        path.chmod(0o700)

    def _remove_copies(self) -> None:
        if self.account is not None:
            shutil.rmtree(copies_for(self.data, self.account), ignore_errors=True)

    @contextlib.contextmanager
    def _turn(self, what: str, *, within_s: float = 0.0) -> Iterator[bool]:
        """One process at a time does one thing; answers whether it is ours to do by now."""
        until = time.monotonic() + within_s
        with (self.data / f"{what}.turn").open("ab") as handle:
            while True:
                try:
                    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    if time.monotonic() < until:
                        time.sleep(0.02)
                        continue
                    yield False
                else:
                    yield True
                return

    def _spawn(self, name: str) -> subprocess.Popen[bytes]:
        if name == "postgres":
            self.cluster.settle(self.say)
        process = launch(
            name,
            self.data,
            self.socket_folder,
            account=self.account,
            careless=self.careless,
            with_parent=self.with_parent,
        )
        _children.append(process)
        return process

    def _wait_for_end(self, pids: dict[str, int], until: float) -> None:
        while any(self._runs(name, pid) for name, pid in pids.items()) and time.monotonic() < until:
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
    try:
        servers.start(postgres=postgres, valkey=valkey)
    except BaseException:
        servers.stop()
        raise
    if postgres:
        os.environ["DATABASE_URL"] = servers.database_url
        os.environ["DATABASE_OWNER_URL"] = servers.owner_url
    if valkey:
        os.environ["REDIS_URL"] = servers.redis_url
    return servers
