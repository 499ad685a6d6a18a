"""Promising the next update, and keeping it."""

from collections.abc import Iterable
from datetime import datetime

from deadlines.actions import owe, renew
from incidents.cadence.deadlines import UpdatePromise
from incidents.cadence.intervals import due_by_cadence
from incidents.record.models import Incident, RoleAssignment
from incidents.roster.queries import owes_word

PROMISE = ("next_update_at", "promised_since")
"""The fields of an incident that say when its next update was promised, and for when."""


def promise_update(incident: Incident, *, at: datetime, due_at: datetime) -> None:
    """Set the next promised update to ``due_at``, promised ``at``, and start its ladder.

    The caller holds the incident's lock and saves nothing of it but what is its own.
    """
    incident.next_update_at = due_at
    incident.promised_since = at
    incident.save(update_fields=PROMISE)
    owe(incident, UpdatePromise.name, incident, due_at, owes_word(incident))


def renew_promise(
    incident: Incident,
    *,
    at: datetime,
    due_at: datetime,
    kept_at: datetime,
    held: Iterable[RoleAssignment],
) -> None:
    """Keep the promised update as published at ``kept_at`` and promise the next, as above.

    ``held`` is the roster. The caller records it, and saves ``PROMISE`` with that.
    """
    incident.next_update_at = due_at
    incident.promised_since = at
    renew(
        incident,
        UpdatePromise.name,
        incident,
        due_at,
        owes_word(incident, held),
        kept_at=kept_at,
        reason="An update was published.",
    )


def hurry_update(incident: Incident, *, at: datetime) -> None:
    """Count the promise from ``at`` by the present cadence, never later than promised (P40)."""
    if not incident.makes_promises:
        return
    due_at = due_by_cadence(incident, at)
    if incident.next_update_at is not None:
        due_at = min(due_at, incident.next_update_at)
    if due_at != incident.next_update_at:
        promise_update(incident, at=at, due_at=due_at)


def hand_promise_over(incident: Incident) -> None:
    """Let the next update be owed by whoever speaks now, at the same time as promised."""
    if incident.makes_promises and incident.next_update_at is not None:
        owe(
            incident,
            UpdatePromise.name,
            incident,
            incident.next_update_at,
            owes_word(incident),
        )
