"""The file of a backup: a tar of compressed parts, each with its digest, and what they are.

``endstate.json`` comes last and names every part; ``endstate.sha256`` after it is its digest. So a
file that was cut short, or changed anywhere, is known before anything is done with it.
"""

import gzip
import hashlib
import io
import json
import os
import stat
import tarfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any

FORMAT = 1
MANIFEST, SEAL, KEY = "endstate.json", "endstate.sha256", "secret_key"
#: A part is written when it holds so much: what a backup needs of memory, whatever a table holds.
PART_BYTES = 4 * 2**20
#: No part of ours is larger, neither packed nor unpacked: a line holds at most an attachment.
LARGEST_BYTES = 64 * 2**20


class Unusable(Exception):
    """The file is no backup that can be restored; says why in a sentence."""


@dataclass
class Table:
    """One table: its columns in the order of the parts, and how many rows they hold."""

    columns: list[str]
    rows: int = 0
    parts: list[str] = field(default_factory=list)


@dataclass
class Manifest:
    """What a backup holds: the migrations that had run, tables, and where each sequence stood."""

    version: str
    made_at: str
    migrations: list[tuple[str, str]]
    tables: dict[str, Table] = field(default_factory=dict)
    sequences: dict[str, tuple[int, bool]] = field(default_factory=dict)
    digests: dict[str, str] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)
    """Tables beside ours, which it does not hold."""
    format: int = FORMAT


class Writing:
    """A backup that is being written."""

    def __init__(self, tar: tarfile.TarFile, manifest: Manifest) -> None:
        self._tar = tar
        self.manifest = manifest

    def add_table(self, name: str, columns: list[str], lines: Iterable[bytes]) -> None:
        """Write the rows of a table, as PostgreSQL copies them, line by line."""
        table = self.manifest.tables[name] = Table(columns)
        waiting, size = [], 0
        for line in lines:
            # What comes is whole lines, but how many at once is the server's to say.
            table.rows += line.count(b"\n")
            waiting.append(line)
            size += len(line)
            if size >= PART_BYTES:
                self._add_part(name, table, b"".join(waiting))
                waiting, size = [], 0
        if waiting:
            self._add_part(name, table, b"".join(waiting))

    def add_key(self, key: str) -> None:
        """Keep the key that signs sessions and opens second factors."""
        self._add(KEY, key.encode())

    def finish(self) -> None:
        """Write what the file holds, and its seal."""
        words = json.dumps(asdict(self.manifest), indent=1).encode()
        self._put(MANIFEST, words)
        self._put(SEAL, hashlib.sha256(words).hexdigest().encode())

    def _add_part(self, name: str, table: Table, content: bytes) -> None:
        part = f"tables/{name}/{len(table.parts) + 1:05}.gz"
        table.parts.append(part)
        self._add(part, gzip.compress(content, compresslevel=5, mtime=0))

    def _add(self, name: str, content: bytes) -> None:
        self.manifest.digests[name] = hashlib.sha256(content).hexdigest()
        self._put(name, content)

    def _put(self, name: str, content: bytes) -> None:
        found = tarfile.TarInfo(name)
        found.size, found.mode = len(content), 0o600
        self._tar.addfile(found, io.BytesIO(content))


@contextmanager
def writing(path: Path, manifest: Manifest) -> Iterator[Writing]:
    """A backup that becomes ``path``, mode 0600, once it is whole; else nothing of it is left.

    What is there keeps its place until then. A device or a pipe is written to as it is. Raises
    ``OSError`` where that fails.
    """
    with suppress(FileNotFoundError):
        if not stat.S_ISREG(path.stat().st_mode):
            with path.open("wb") as stream:
                yield from _written(stream, manifest)
            return
    beside = path.with_name(f"{path.name}.part")
    with suppress(FileNotFoundError):
        beside.unlink()
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            yield from _written(stream, manifest)
            stream.flush()
            os.fsync(stream.fileno())
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def _written(stream: IO[bytes], manifest: Manifest) -> Iterator[Writing]:
    with tarfile.open(fileobj=stream, mode="w|", format=tarfile.PAX_FORMAT) as tar:
        written = Writing(tar, manifest)
        yield written
        written.finish()
    stream.flush()


@dataclass(frozen=True)
class Backup:
    """A backup that was read through once and is whole."""

    path: Path
    manifest: Manifest
    key: str

    def parts(self) -> Iterator[tuple[str, bytes]]:
        """Each part of each table in the file's order: the table's name, and its lines."""
        of_part = {
            part: name for name, table in self.manifest.tables.items() for part in table.parts
        }
        for name, content in _members(self.path):
            if name in of_part:
                if hashlib.sha256(content).hexdigest() != self.manifest.digests[name]:
                    raise Unusable(f"{self.path} changed while it was being restored.")
                yield of_part[name], _unpacked(content)


def read(path: Path) -> Backup:
    """Read a backup to its end and compare every digest. Raises ``Unusable``; changes nothing."""
    digests: dict[str, str] = {}
    words, seal, key = b"", b"", ""
    try:
        for name, content in _members(path):
            digests[name] = hashlib.sha256(content).hexdigest()
            match name:
                case "endstate.json":
                    words = content
                case "endstate.sha256":
                    seal = content
                case "secret_key":
                    key = content.decode()
    except (OSError, tarfile.TarError, EOFError, UnicodeError) as error:
        raise Unusable(_unreadable(path, error, begun=bool(digests))) from None
    if not seal or not words:
        raise Unusable(_cut(path) if digests else f"{path} is no backup of Endstate.")
    if digests.pop(MANIFEST) != seal.decode(errors="replace"):
        raise Unusable(f"{path} is damaged: what it says of itself was changed.")
    digests.pop(SEAL)
    manifest = _understood(path, words)
    wrong = [name for name in manifest.digests if digests.get(name) != manifest.digests[name]]
    if wrong or set(digests) - set(manifest.digests):
        raise Unusable(f"{path} is damaged: {(wrong or ['a part'])[0]} is not what was written.")
    return Backup(path, manifest, key)


def _understood(path: Path, words: bytes) -> Manifest:
    try:
        said: dict[str, Any] = json.loads(words)
        if said["format"] > FORMAT:
            raise Unusable(
                f"{path} was made by a newer version of Endstate ({said['version']}). Restore it "
                "with that version."
            )
        return Manifest(
            version=said["version"],
            made_at=said["made_at"],
            migrations=[(app, name) for app, name in said["migrations"]],
            tables={name: Table(**table) for name, table in said["tables"].items()},
            sequences={name: (last, used) for name, (last, used) in said["sequences"].items()},
            digests=said["digests"],
        )
    except (ValueError, KeyError, TypeError) as error:
        raise Unusable(f"{path} is damaged: {type(error).__name__} in {MANIFEST}.") from None


def _members(path: Path) -> Iterator[tuple[str, bytes]]:
    if path.exists() and not path.is_file():
        raise Unusable(f"{path} is no file. A backup is read twice, so save it as one first.")
    with tarfile.open(path, mode="r:") as tar:
        for one in tar:
            content = tar.extractfile(one) if one.isreg() and one.size <= LARGEST_BYTES else None
            if content is None:
                raise Unusable(f"{path} holds something that no backup of Endstate does.")
            read = content.read()
            if len(read) < one.size:
                raise EOFError
            yield one.name, read


def _unpacked(content: bytes) -> bytes:
    with gzip.GzipFile(fileobj=io.BytesIO(content)) as stream:
        return stream.read()


def _unreadable(path: Path, error: Exception, *, begun: bool) -> str:
    if isinstance(error, OSError) and error.strerror:
        return f"{path} cannot be read: {error.strerror}."
    return _cut(path) if begun else f"{path} is no backup of Endstate."


def _cut(path: Path) -> str:
    return f"{path} is half a backup: its end is missing, so nothing was restored from it."
