"""The only writer of the timeline, its chain of hashes, and the check that it is unaltered."""

import hashlib
import hmac
import json
import secrets
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence, Set
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from api.mentions import note_about
from incidents.record.hooks import entry_recorded
from incidents.record.kinds import KINDS, is_open_to_agents
from incidents.record.locking import moment_of
from incidents.record.models import Incident, TimelineEntry
from live.announcing import announce
from people.models import User
from prepared.writing import insert_and_update
from refusals.errors import AgentMayNot

#: What stands where words were withdrawn.
WITHDRAWN = "[withdrawn]"
#: The kind of entry that withdraws words of an earlier one: ``entry`` is that one's seq and
#: ``leaves`` are the JSON pointers of its texts, such as ``/text`` or ``/data/title``.
WITHDRAWAL = "text_withdrawn"
#: How far the ids of two incidents' first entries lie apart. More entries than that in one
#: incident meet the primary key.
IDS_AN_INCIDENT = 10_000_000
SALT_BYTES = 16

#: What a text counts as in the chain, given its JSON pointer and its words.
Digest = Callable[[str, str], str]


def record(
    incident: Incident,
    kind: str,
    *,
    by: User | None,
    text: str,
    at: datetime | None = None,
    afterwards: bool = False,
    also: Sequence[str] = (),
    **data: Any,
) -> TimelineEntry:
    """Append one entry and answer it. The caller holds the incident's lock.

    ``kind`` is a registered one (``record.kinds``; else ``LookupError``); ``text`` is what people
    read, a sentence without the actor's name at its start where an actor exists; ``at`` is when it
    happened (default: now) and ``afterwards`` marks it *recorded afterwards*; ``also`` names fields
    of the incident that changed with it and are saved along; ``data`` is JSON-ready. What an agent
    writes is marked as its own, and of kinds that agents may (``AgentMayNot``).
    Assigns the next ``seq``, chains the hash, raises the incident's version, saves the fields it
    keeps for that, announces after commit and sends ``entry_recorded``. One query.
    """
    if kind not in KINDS:
        raise LookupError(f"no kind of entry is registered as {kind!r}")
    if by is not None and by.agent is not None:
        if not is_open_to_agents(kind):
            raise AgentMayNot
        text, data["token"] = f"{text} (agent {by.agent.name})", by.agent.pk
    # An action that asks for the time itself has it a little later than its lock.
    recorded_at = max(moment_of(incident), at or datetime.min.replace(tzinfo=UTC))
    note_about(incident.pk)
    incident.last_seq += 1
    entry = TimelineEntry(
        # The chain covers the id as well, so it is known before the row is written.
        id=incident.pk * IDS_AN_INCIDENT + incident.last_seq,
        incident=incident,
        seq=incident.last_seq,
        at=(at or recorded_at).astimezone(UTC),
        recorded_at=recorded_at,
        afterwards=afterwards,
        kind=kind,
        actor=by,
        text=text,
        data=json.loads(json.dumps(data)),
        salts={},
        previous_hash=incident.last_hash,
    )

    def salted(pointer: str, words: str) -> str:
        salt = entry.salts[pointer] = secrets.token_hex(SALT_BYTES)
        return digest_of(salt, words)

    entry.canonical = canonical_of(entry, incident.number, salted)
    entry.hash = hash_of(entry.previous_hash, entry.canonical)
    incident.last_hash = entry.hash
    incident.version += 1
    insert_and_update(entry, incident, ["last_seq", "last_hash", "version", *also])
    announce(incident.topic)
    entry_recorded.send(sender=TimelineEntry, incident=incident, entry=entry)
    return entry


def hash_of(previous: str, canonical: str) -> str:
    """SHA-256 over the previous entry's hash and this entry's canonical text, in hexadecimal."""
    return hashlib.sha256(f"{previous}\n{canonical}".encode()).hexdigest()


def digest_of(salt: str, words: str) -> str:
    """HMAC-SHA-256 of the words with their salt as the key, in hexadecimal.

    Salt and words cannot be shifted into each other, and without the salt nobody finds out by
    guessing what the words were.
    """
    return hmac.digest(salt.encode(), words.encode(), "sha256").hex()


def canonical_of(entry: TimelineEntry, number: int, digest: Digest) -> str:
    """The text that the entry's hash covers: every column, with a digest for every text of people.

    ``number`` is the incident's.
    """
    return json.dumps(
        {
            "id": entry.pk,
            "incident": number,
            "seq": entry.seq,
            "at": entry.at.astimezone(UTC).isoformat(),
            "recorded_at": entry.recorded_at.astimezone(UTC).isoformat(),
            "afterwards": entry.afterwards,
            "kind": entry.kind,
            "actor": entry.actor_id,
            "text": digest("/text", entry.text),
            "data": sealed(entry.data, "/data", digest),
        },
        sort_keys=True,
        ensure_ascii=False,
        allow_nan=False,
        separators=(",", ":"),
    )


def sealed(value: Any, pointer: str, digest: Digest) -> Any:
    """The JSON value with every string in it replaced by its digest.

    ``pointer`` is the value's place as a JSON pointer (RFC 6901). Whole numbers become integers,
    because jsonb makes 10000000000000000 of 1e16.
    """
    match value:
        case str():
            return digest(pointer, value)
        case dict():
            return {key: sealed(value[key], f"{pointer}/{_step(key)}", digest) for key in value}
        case list():
            return [sealed(each, f"{pointer}/{index}", digest) for index, each in enumerate(value)]
        case float() if value.is_integer():
            return int(Decimal(repr(value)))
    return value


def _step(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")


@dataclass(frozen=True)
class BadEntry:
    """Where a timeline stops being true: ``seq`` of the entry and what is wrong with it."""

    ref: str
    seq: int
    what: str


def verify(incident: Incident) -> BadEntry | None:
    """The first entry that is missing, altered or out of chain, or nothing. Streams all entries.

    Words may be missing where a later entry withdrew them, and only there.
    """
    withdrawn = _withdrawn(incident)
    previous, expected = "", 0
    for entry in _entries(incident):
        expected += 1
        if entry.seq != expected:
            return BadEntry(incident.ref, expected, "is missing")
        if entry.seq > incident.last_seq:
            return BadEntry(incident.ref, entry.seq, "comes after the incident's last")
        if entry.previous_hash != previous or entry.hash != hash_of(previous, entry.canonical):
            return BadEntry(incident.ref, entry.seq, "does not match its hash")
        if entry.canonical != _as_it_stands(entry, incident.number, withdrawn[entry.seq]):
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


def _withdrawn(incident: Incident) -> defaultdict[int, set[str]]:
    """By the seq of an entry: the pointers of its texts that a later entry withdrew."""
    pointers: defaultdict[int, set[str]] = defaultdict(set)
    told = TimelineEntry.objects.filter(incident=incident, kind=WITHDRAWAL)
    for seq, data in told.values_list("seq", "data"):
        match data:
            case {"entry": int(earlier), "leaves": [*leaves]} if earlier < seq:
                pointers[earlier].update(map(str, leaves))
    return pointers


def _as_it_stands(entry: TimelineEntry, number: int, withdrawn: Set[str]) -> str:
    """The canonical text that the columns amount to now, or nothing where they cannot be true."""
    salts = dict(entry.salts) if isinstance(entry.salts, dict) else {}
    kept = _digests_in(entry.canonical) if withdrawn else {}

    def digest(pointer: str, words: str) -> str:
        salt = salts.pop(pointer, None)
        if pointer in withdrawn:
            return kept.get(pointer, "") if salt is None and words == WITHDRAWN else ""
        return digest_of(salt, words) if isinstance(salt, str) else ""

    canonical = canonical_of(entry, number, digest)
    return "" if salts else canonical


def _digests_in(canonical: str) -> dict[str, str]:
    """Every digest in a canonical text, by its pointer."""
    digests: dict[str, str] = {}
    said = json.loads(canonical)
    sealed({name: said[name] for name in ("text", "data")}, "", digests.setdefault)
    return digests
