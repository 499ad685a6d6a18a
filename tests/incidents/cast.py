"""Short words for what the process tests do again and again."""

from datetime import timedelta
from typing import Any

import pytest

from clock.queries import now
from incidents.approvals.actions import approve_change, ask_approval
from incidents.board.actions import add_card, move_card
from incidents.cards.models import Card
from incidents.changes.actions import write_change
from incidents.changes.models import Change
from incidents.endstate.models import Signal
from incidents.endstate.signals import record_samples
from incidents.record.models import Incident
from incidents.updates.actions import publish_update
from incidents.updates.models import Update
from people.models import User
from refusals.errors import Invalid, Refused


def publish(incident: Incident, by: User, **fields: Any) -> Update:
    """Publish a whole update; ``fields`` replace what a test is about."""
    return publish_update(
        incident,
        by=by,
        **{
            "statement": "Three of four API calls fail.",
            "status_text": "Errors at 74 %.",
            "hypothesis": "We don’t know yet.",
            "current_action": "Reading the logs.",
            "executive_summary": "Most API calls fail; a team is on it.",
            "next_update_at": now() + timedelta(minutes=10),
            **fields,
        },
    )


def fresh(incident: Incident) -> Incident:
    """The incident as it is stored."""
    return Incident.objects.get(pk=incident.pk)


def last_words(incident: Incident, kind: str) -> list[str]:
    """The texts of the entries of that kind, in order."""
    return list(incident.entries.filter(kind=kind).order_by("seq").values_list("text", flat=True))


def ready(incident: Incident, by: User, title: str = "Cap the query", **more: Any) -> Card:
    """A card in Next with all that Now asks for, owned by who writes it."""
    fields = {
        "by": by,
        "title": title,
        "column": "next",
        "owner": by,
        "serves": "end_state",
        "expected_proof": "error rate under 5 %",
        "risk": "read_only",
    }
    return add_card(incident, **{**fields, **more})


def written(card: Card, by: User, **more: Any) -> Change:
    """The change of a card: what we expect, how we go back."""
    fields = {
        "expectation": "error rate under 5 %",
        "rollback": "the flag off, ten seconds",
        "reversible": True,
    }
    return write_change(card.pk, by=by, **{**fields, **more})


def approved(card: Card, by: User, approver: User, **more: Any) -> Change:
    """A whole change of a destructive card, asked by ``by`` and approved by ``approver``."""
    fields = {"hypothesis": "One export eats the memory", "risk": "some retries are lost"}
    change = written(card, by, **{**fields, **more})
    ask_approval(change.pk, by=by)
    return approve_change(change.pk, by=approver)


def start(card: Card, by: User) -> Card:
    """Move a card to Now as it stands, with the change that a safe or risky one needs."""
    if card.risk in ("safe", "risky") and not card.changes.unfinished().exists():
        written(card, by)
    return move_card(card.pk, by=by, to="now", version=Card.objects.get(pk=card.pk).version)


def measure(signal: Signal, by: User, *values: float) -> None:
    """Values a second apart, the last one now."""
    moment = now()
    record_samples(
        signal.pk,
        by=by,
        samples=[
            (value, moment - timedelta(seconds=len(values) - 1 - index))
            for index, value in enumerate(values)
        ],
    )


def refusal(code: str, act: Any, *args: Any, **kwargs: Any) -> Refused:
    """The refusal of a call, which must have that code."""
    with pytest.raises(Refused) as caught:
        act(*args, **kwargs)
    assert caught.value.code == code
    return caught.value


def invalid(act: Any, *args: Any, **kwargs: Any) -> list[str]:
    """The fields that a call could not take."""
    with pytest.raises(Invalid) as caught:
        act(*args, **kwargs)
    return list(caught.value.errors)
