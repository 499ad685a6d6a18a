"""The chain covers digests of the words and every column; what is written already is chained anew.

Each timeline is checked as it was chained before, so that nothing altered passes as true from here.
What the product does with these rules now may change; this file keeps them as they were.
"""

import hashlib
import hmac
import json
import secrets
from collections.abc import Callable
from datetime import UTC
from decimal import Decimal
from typing import Any

from django.db import migrations, models

#: What a text counts as, given its JSON pointer and its words.
Digest = Callable[[str, str], str]


def chain_anew(apps: Any, schema_editor: Any) -> None:
    """Give every entry salts, a canonical text of digests, and its new hash."""
    incidents = apps.get_model("incidents", "Incident")
    entries = apps.get_model("incidents", "TimelineEntry")
    if not entries.objects.exists():
        return
    schema_editor.execute("ALTER TABLE incidents_timelineentry DISABLE TRIGGER entry_append_only")
    for incident in incidents.objects.order_by("number").only("number", "last_hash"):
        before = after = ""
        rows = entries.objects.filter(incident_id=incident.pk).order_by("seq")
        for entry in rows.iterator(chunk_size=500):
            before = hashed(before, entry.canonical)
            said = json.loads(entry.canonical)
            said["data"] = sealed(said["data"], "", lambda _, words: words)
            if entry.hash != before or said != columns(
                entry, incident.number, lambda _, words: words
            ):
                raise RuntimeError(f"INC-{incident.number}: entry {entry.seq} was altered.")
            entry.salts = {}
            entry.previous_hash = after
            entry.canonical = canonical(entry, incident.number)
            entry.hash = after = hashed(after, entry.canonical)
            entry.save(update_fields=["salts", "previous_hash", "canonical", "hash"])
        if before != incident.last_hash:
            raise RuntimeError(f"INC-{incident.number} does not end with its last entry.")
        incidents.objects.filter(pk=incident.pk).update(last_hash=after)
    schema_editor.execute("ALTER TABLE incidents_timelineentry ENABLE TRIGGER entry_append_only")


def hashed(previous: str, text: str) -> str:
    """The hash of an entry, before and from here on."""
    return hashlib.sha256(f"{previous}\n{text}".encode()).hexdigest()


def canonical(entry: Any, number: int) -> str:
    """Every column, with digests for words, whose salts are laid down in ``entry.salts``."""

    def salted(pointer: str, words: str) -> str:
        salt = entry.salts[pointer] = secrets.token_hex(16)
        return hmac.digest(salt.encode(), words.encode(), "sha256").hex()

    said = {"id": entry.pk} | columns(entry, number, salted)
    return json.dumps(said, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def columns(entry: Any, number: int, digest: Digest) -> dict[str, Any]:
    """What the canonical text held until here, with what ``digest`` makes of words."""
    return {
        "incident": number,
        "seq": entry.seq,
        "at": entry.at.astimezone(UTC).isoformat(),
        "recorded_at": entry.recorded_at.astimezone(UTC).isoformat(),
        "afterwards": entry.afterwards,
        "kind": entry.kind,
        "actor": entry.actor_id,
        "text": digest("/text", entry.text),
        "data": sealed(entry.data, "/data", digest),
    }


def sealed(value: Any, pointer: str, digest: Digest) -> Any:
    """The value with a digest for every string, and whole numbers as integers."""
    match value:
        case str():
            return digest(pointer, value)
        case dict():
            steps = {key: key.replace("~", "~0").replace("/", "~1") for key in value}
            return {key: sealed(value[key], f"{pointer}/{steps[key]}", digest) for key in value}
        case list():
            return [sealed(each, f"{pointer}/{at}", digest) for at, each in enumerate(value)]
        case float() if value.is_integer():
            return int(Decimal(repr(value)))
    return value


class Migration(migrations.Migration):
    dependencies = [("incidents", "0009_paused_work")]

    operations = [
        migrations.AddField(
            model_name="timelineentry", name="salts", field=models.JSONField(default=dict)
        ),
        migrations.AlterField(
            model_name="timelineentry",
            name="id",
            field=models.BigIntegerField(primary_key=True, serialize=False),
        ),
        migrations.RunPython(chain_anew, elidable=True),
    ]
