"""The embedded database as files: made whole or not at all, with its roles and their passwords.

Everything here happens while PostgreSQL does not run; how it is run stands in ``running.embedded``.

Three roles: ``endstate_owner`` owns the schema, migrates, and owns the triggers of the record;
``endstate_app`` is everything else, may not change the schema and may not empty a table; the
superuser that PostgreSQL cannot do without may not sign in at all.
"""

import contextlib
import hashlib
import json
import os
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from running.process import as_account
from running.programs import EmbeddedError, Stopped, Ways

DATABASE = "endstate"
SUPERUSER = "endstate"
OWNER = "endstate_owner"
APPLICATION = "endstate_app"

ACCESS = (
    "# Written by Endstate: no TCP, and a password on the socket.\nlocal all all scram-sha-256\n"
)
#: Names the passwords the roles were given, so that either may be put back from a copy.
STAMP = "endstate_roles"

#: Statements for ``postgres --single -j``, which ends each at a semicolon before an empty line.
ROLES = """
DO $$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{OWNER}') THEN CREATE ROLE {OWNER}; END IF;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{APPLICATION}')
    THEN CREATE ROLE {APPLICATION}; END IF;
END $$;

ALTER ROLE {OWNER} LOGIN NOSUPERUSER CREATEDB NOCREATEROLE PASSWORD '{owner}';

ALTER ROLE {APPLICATION} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD '{application}';

GRANT SET ON PARAMETER session_replication_role TO {OWNER};

ALTER ROLE {SUPERUSER} NOLOGIN PASSWORD NULL;

"""
DEFAULTS = """
ALTER DEFAULT PRIVILEGES FOR ROLE {OWNER} IN SCHEMA public
  GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {APPLICATION};

ALTER DEFAULT PRIVILEGES FOR ROLE {OWNER} IN SCHEMA public
  GRANT USAGE, SELECT ON SEQUENCES TO {APPLICATION};

"""
MAKE = """
CREATE DATABASE {DATABASE} OWNER {OWNER};

"""
#: What earlier versions made belonged to the superuser.
HAND_OVER = """
ALTER DATABASE {DATABASE} OWNER TO {OWNER};

DO $$ DECLARE one record; BEGIN
  FOR one IN SELECT c.oid::regclass AS name, c.relkind = 'S' AS counts FROM pg_class c
      WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'S')
      ORDER BY c.relkind = 'S'
  LOOP
    IF one.counts THEN
      IF NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = one.name AND d.deptype IN ('a', 'i'))
        THEN EXECUTE format('ALTER SEQUENCE %s OWNER TO {OWNER}', one.name); END IF;
    ELSE EXECUTE format('ALTER TABLE %s OWNER TO {OWNER}', one.name); END IF;
  END LOOP;
  FOR one IN SELECT p.oid::regprocedure AS name FROM pg_proc p
      WHERE p.pronamespace = 'public'::regnamespace
        AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
  LOOP EXECUTE format('ALTER ROUTINE %s OWNER TO {OWNER}', one.name); END LOOP;
END $$;

GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {APPLICATION};

GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {APPLICATION};

"""


@dataclass(frozen=True)
class Passwords:
    """What the two roles sign in with; kept in the data folder, for its owner only."""

    owner: str
    application: str

    @property
    def stamp(self) -> str:
        """A digest by which the cluster remembers which passwords it was given."""
        return hashlib.sha256(f"{self.owner}\n{self.application}".encode()).hexdigest()


@dataclass(frozen=True)
class Cluster:
    """The database's files below ``data``, worked on as ``account``.

    ``is_stopping`` is asked while a program runs, and ends it with ``Stopped``; ``careless``
    leaves out what only a power cut would need.
    """

    data: Path
    account: int | None
    is_stopping: Callable[[], bool]
    careless: bool = False

    @property
    def folder(self) -> Path:
        """Where the database is once it is whole."""
        return self.data / "postgres"

    @property
    def passwords(self) -> Passwords | None:
        """The passwords of this data folder, or ``None`` before there are any."""
        try:
            return Passwords(**json.loads((self.data / "database_passwords").read_text()))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, TypeError) as error:
            raise EmbeddedError(f"{self.data}/database_passwords cannot be read: {error}") from None

    @property
    def is_settled(self) -> bool:
        """Whether the roles are there and have the passwords of this data folder."""
        found = self.passwords
        with contextlib.suppress(OSError):
            return found is not None and (self.folder / STAMP).read_text() == found.stamp
        return False

    def settle(self, say: Callable[[str], None]) -> None:
        """Have a whole database with its roles: make it, or put right what is there.

        A first start that was killed leaves ``postgres.making-…``, which is thrown away. What an
        earlier version made, without roles and passwords, is handed over to the roles.
        """
        for left in self.data.glob("postgres.making*"):
            shutil.rmtree(left, ignore_errors=True)
        self._set_aside_what_never_was_whole(say)
        if not self.folder.exists():
            self._make()
        elif not self.is_settled:
            say("Giving the database its roles and passwords.")
            passwords = self._new_passwords()
            self._tell(self.folder, "postgres", ROLES, passwords)
            self._tell(self.folder, DATABASE, DEFAULTS + HAND_OVER, passwords)
            self._tell(self.folder, "template1", DEFAULTS, passwords)
            self._note(self.folder, passwords)

    def _set_aside_what_never_was_whole(self, say: Callable[[str], None]) -> None:
        """Earlier versions ran ``initdb`` in place; a killed one left a folder that never starts.

        A database of ours has a number above 16383 there, so without one nothing is lost.
        """
        if not self.folder.exists() or (self.folder / STAMP).exists():
            return
        if any(one.name.isdigit() and int(one.name) > 16383 for one in self._databases()):
            return
        aside = self.data / f"postgres.unfinished-{time.time_ns() // 1_000_000_000}"
        self.folder.rename(aside)
        say(f"The first start of this database was cut short; its remains are in {aside.name}.")

    def _databases(self) -> list[Path]:
        base = self.folder / "base"
        return list(base.iterdir()) if base.is_dir() else []

    def _make(self) -> None:
        """``initdb`` beside, roles and database inside, then the name: whole or not there.

        Each try has a folder of its own: what a killed one started may still write into its own.
        """
        making = Path(tempfile.mkdtemp(prefix="postgres.making-", dir=self.data))
        if self.account is not None:
            os.chown(making, self.account, -1)
        options = ("-U", SUPERUSER, "-A", "reject", "-E", "UTF8", "--locale=C.UTF-8", "-N")
        with Ways(self.account, self.data) as ways:
            self._run([ways.postgres("initdb"), "-D", ways.to(making), *options], ways)
        passwords = self._new_passwords()
        self._tell(making, "template1", ROLES + DEFAULTS + MAKE, passwords, "fsync=off")
        self._note(making, passwords)
        if not self.careless:
            # Once for all files, before the name says that they are whole.
            os.sync()
        making.rename(self.folder)

    def _new_passwords(self) -> Passwords:
        """Make and keep new passwords, readable by whoever started us and nobody else."""
        made = Passwords(secrets.token_urlsafe(32), secrets.token_urlsafe(32))
        path = self.data / "database_passwords"
        words = json.dumps({"owner": made.owner, "application": made.application})
        with _written_beside(path) as handle:
            os.write(handle, f"{words}\n".encode())
        return made

    def _note(self, folder: Path, passwords: Passwords) -> None:
        """Ask for passwords from now on, and note which ones."""
        for name, words in (("pg_hba.conf", ACCESS), (STAMP, passwords.stamp)):
            with _written_beside(folder / name) as handle:
                os.write(handle, words.encode())
                if self.account is not None:
                    os.fchown(handle, self.account, self.account)

    def _tell(
        self, folder: Path, database: str, statements: str, passwords: Passwords, *settings: str
    ) -> None:
        """Run statements as the superuser in a database nobody else can be using."""
        words = statements
        for name in ("OWNER", "APPLICATION", "SUPERUSER", "DATABASE"):
            words = words.replace(f"{{{name}}}", globals()[name])
        words = words.replace("{owner}", passwords.owner)
        words = words.replace("{application}", passwords.application)
        # Statements hold passwords, and errors are shown.
        settings = (*settings, "exit_on_error=on", "log_min_error_statement=panic")
        options = [part for one in settings for part in ("-c", one)]
        with Ways(self.account, self.data) as ways:
            command = [ways.postgres("postgres"), "--single", "-j", *options]
            self._run([*command, "-D", ways.to(folder), database], ways, given=words)

    def _run(self, command: list[str], ways: Ways, *, given: str = "") -> None:
        """Run one of PostgreSQL's programs to its end, or to ours."""
        with _unheard(command, ways, self.account) as process:
            assert process.stdin is not None
            with contextlib.suppress(BrokenPipeError):
                process.stdin.write(given.encode())
                process.stdin.close()
            process.stdin = None
            while True:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    _, errors = process.communicate(timeout=0.1)
                    break
                if self.is_stopping():
                    raise Stopped("it was stopped while the database was being made.")
        if process.returncode:
            name = Path(command[0]).name
            raise EmbeddedError(f"{name} failed: {errors.decode(errors='replace').strip()}")


@contextlib.contextmanager
def _unheard(
    command: list[str], ways: Ways, account: int | None
) -> Iterator[subprocess.Popen[bytes]]:
    """A program whose output is read, killed with all it started if we leave before its end."""
    try:
        process = subprocess.Popen(
            command,
            cwd="/",
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
            pass_fds=ways.descriptors,
            preexec_fn=as_account(account, dies_with_parent=signal.SIGKILL),
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise EmbeddedError(f"{command[0]} cannot be run: {error}") from None
    try:
        yield process
    finally:
        if process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        if process.stderr is not None:
            process.stderr.close()


@contextlib.contextmanager
def _written_beside(path: Path) -> Iterator[int]:
    """A descriptor whose content becomes ``path``, mode 0600, when it was written whole.

    The folder may belong to a less trusted account, so nothing that is there is followed.
    """
    beside = path.with_name(f"{path.name}.new")
    beside.unlink(missing_ok=True)
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    try:
        yield descriptor
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    beside.replace(path)
