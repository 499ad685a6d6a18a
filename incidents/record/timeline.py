"""The only writer of the timeline, its catalogue of kinds, and the check that it is unaltered."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from clock.queries import now
from incidents.record.hooks import entry_recorded
from incidents.record.kinds import KINDS
from incidents.record.models import Incident, TimelineEntry
from live.announcing import announce
from people.models import User


def record(
    incident: Incident,
    kind: str,
    *,
    by: User | None,
    text: str,
    at: datetime | None = None,
    afterwards: bool = False,
    **data: Any,
) -> TimelineEntry:
    """Append one entry and answer it. The caller holds the incident's lock.

    ``kind`` is one of ``incidents.kinds.KINDS``; ``text`` is what people read, a sentence without
    the actor's name at its start where an actor exists; ``at`` is when it happened (default: now)
    and ``afterwards`` marks it *recorded afterwards*; ``data`` is JSON-ready.
    Assigns the next ``seq``, chains the hash, raises the incident's version, saves the fields it
    keeps for that, announces after commit and sends ``entry_recorded``. Two queries.
    """
    if kind not in KINDS:
        raise LookupError(f"{kind!r} is not in incidents.kinds.KINDS")
    recorded_at = now()
    happened_at = (at or recorded_at).astimezone(UTC)
    incident.last_seq += 1
    canonical = json.dumps(
        {
            "incident": incident.number,
            "seq": incident.last_seq,
            "at": happened_at.isoformat(),
            "recorded_at": recorded_at.isoformat(),
            "afterwards": afterwards,
            "kind": kind,
            "actor": by.pk if by else None,
            "text": text,
            "data": data,
        },
        sort_keys=True,
        ensure_ascii=False,
        separators=(",", ":"),
    )
    previous = incident.last_hash
    digest = hash_of(previous, canonical)
    entry = TimelineEntry.objects.create(
        incident=incident,
        seq=incident.last_seq,
        at=happened_at,
        recorded_at=recorded_at,
        afterwards=afterwards,
        kind=kind,
        actor=by,
        text=text,
        data=data,
        canonical=canonical,
        previous_hash=previous,
        hash=digest,
    )
    incident.last_hash = digest
    incident.version += 1
    incident.save(update_fields=["last_seq", "last_hash", "version"])
    announce(incident.topic)
    entry_recorded.send(sender=TimelineEntry, incident=incident, entry=entry)
    return entry


def hash_of(previous: str, canonical: str) -> str:
    """SHA-256 over the previous entry's hash and this entry's canonical text, in hexadecimal."""
    return hashlib.sha256(f"{previous}\n{canonical}".encode()).hexdigest()


@dataclass(frozen=True)
class BadEntry:
    """Where a timeline stops being true: ``seq`` of the entry and what is wrong with it."""

    ref: str
    seq: int
    what: str


def verify(incident: Incident) -> BadEntry | None:
    """The first entry that is missing, altered or out of chain, or nothing. Streams all entries."""
    previous, expected = "", 0
    for entry in _entries(incident):
        expected += 1
        if entry.seq != expected:
            return BadEntry(incident.ref, expected, "is missing")
        if entry.previous_hash != previous or entry.hash != hash_of(previous, entry.canonical):
            return BadEntry(incident.ref, entry.seq, "does not match its hash")
        if not _says_the_same(entry):
            return BadEntry(incident.ref, entry.seq, "was altered beside its hashed text")
        previous = entry.hash
    if expected != incident.last_seq:
        return BadEntry(incident.ref, expected + 1, "is missing")
    if previous != incident.last_hash:
        return BadEntry(incident.ref, expected, "is not the one the incident ends with")
    return None


def _entries(incident: Incident) -> Iterator[TimelineEntry]:
    entries = TimelineEntry.objects.filter(incident=incident)
    return entries.order_by("seq").iterator(chunk_size=500)


def _says_the_same(entry: TimelineEntry) -> bool:
    """Whether the readable columns still say what the canonical text says.

    ``data`` goes through JSON twice, because jsonb rewrites numbers on its own.
    """
    said = json.loads(entry.canonical)
    return bool(
        said["seq"] == entry.seq
        and said["at"] == entry.at.astimezone(UTC).isoformat()
        and said["recorded_at"] == entry.recorded_at.astimezone(UTC).isoformat()
        and said["afterwards"] == entry.afterwards
        and said["kind"] == entry.kind
        and said["actor"] == entry.actor_id
        and said["text"] == entry.text
        and json.loads(json.dumps(said["data"])) == entry.data
    )
