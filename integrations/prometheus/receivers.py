"""Hears what becomes of signals, and has them asked for at once."""

from functools import partial
from typing import Any

from django.conf import settings
from django.db import transaction

from clock.queries import now
from incidents.record.models import TimelineEntry
from integrations.prometheus.models import Poll
from live.bell import ring

#: A change of any of these makes another number of a signal.
KINDS = ("signal_added", "signal_changed")


def follow_signals(sender: Any, entry: TimelineEntry, **_: Any) -> None:
    """A signal that names a query, or another one, is due now."""
    data = entry.data
    if entry.kind not in KINDS or not settings.PROMETHEUS_URL or not data.get("query"):
        return
    if entry.kind == "signal_changed" and "query" not in data["changed"]:
        return
    Poll.objects.update_or_create(
        signal_id=data["signal"], defaults={"due_at": now(), "wants_past": True}
    )
    transaction.on_commit(partial(ring, "task", "integrations.tasks.ask_prometheus"))
