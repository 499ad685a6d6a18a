"""The board as it stands, and one card as plain values. How the war room words it: ``warroom``."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, QuerySet, Subquery
from django.db.models.functions import JSONObject

from incidents.cards.models import Card, Column
from incidents.endstate.models import Signal
from incidents.record.gate import SOLO
from incidents.record.models import Incident
from incidents.roster.work import RunningWork
from people.models import User
from prepared import prepared


@dataclass(frozen=True)
class NextMove:
    """A step that is next, in plain words, and by when somebody means to have it (P18)."""

    text: str
    by_when: datetime | None = None


@dataclass(frozen=True)
class Board:
    """The cards of one incident by column, each in its order."""

    now: list[Card]
    next: list[Card]
    done: list[Card]
    parked: list[Card]


def board(incident: Incident) -> Board:
    """All cards with owner, pair, signal and hypothesis loaded. One query."""
    columns: dict[str, list[Card]] = {column: [] for column in Column.values}
    cards = incident.cards.select_related("owner", "pair", "serves_signal", "tests")
    for card in cards.order_by("position", "id"):
        columns[card.column].append(card)
    return Board(**columns)


def cards_in(incident: Incident, column: str) -> list[Card]:
    """The cards of a column in their order, owners loaded. One query."""
    return _column(incident.pk, column)


def card_on(incident: Incident, card_id: int) -> Card | None:
    """One card of the incident with owner, pair and signal, or nothing. One query."""
    return _card.first(incident.pk, card_id)


def incident_id_of(card_id: int) -> int | None:
    """Whose card it is, or nothing. One query."""
    return _incident_id.first(card_id)


@prepared
def _column(incident: int, column: str) -> "QuerySet[Card]":
    cards = Card.objects.filter(incident=incident, column=column)
    return cards.select_related("owner").order_by("position", "id")


@prepared
def _card(incident: int, card: int) -> "QuerySet[Card]":
    cards = Card.objects.filter(incident=incident, pk=card).order_by()
    beside = Card.objects.filter(incident=OuterRef("incident")).order_by()
    carrying = Card.objects.filter(pk=OuterRef("pk"), changes__isnull=False)
    change = JSONObject(id="changes__pk", state="changes__state")
    return cards.select_related("owner", "pair", "serves_signal", "tests").annotate(
        columns_beside=ArraySubquery(beside.values("column")),
        carried=Subquery(carrying.order_by("-changes__pk").values(row=change)[:1]),
    )


def others_in(card: Card, column: str) -> int | None:
    """How many other cards stood in a column when ``card_on`` read the card, else nothing."""
    columns = getattr(card, "columns_beside", None)
    return None if columns is None else columns.count(column) - (card.column == column)


def carried_by(card: Card) -> tuple[dict[str, Any] | None] | None:
    """The newest change (``id``, ``state``, or nothing) that ``card_on`` read, in a tuple.

    Without one: nobody read it, or ``forget_carried`` said that it changed since.
    """
    return (card.carried,) if hasattr(card, "carried") else None


def forget_carried(card: Card) -> None:
    """Say that the card's changes may be others than those that ``card_on`` read."""
    card.__dict__.pop("carried", None)


@prepared
def _incident_id(card: int) -> "QuerySet[Card, int]":
    return Card.objects.filter(pk=card).order_by().values_list("incident_id", flat=True)


def card_as_dict(card: Card) -> dict[str, Any]:
    """A card in JSON-ready values, people by their address; what ``stale`` answers as current.

    No query when owner and pair are loaded.
    """
    return {
        "id": card.pk,
        "title": card.title,
        "column": card.column,
        "position": card.position,
        "owner": _address(card.owner),
        "pair": _address(card.pair),
        "time_box_min": card.time_box_min,
        "time_box_reason": card.time_box_reason,
        "time_box_ends_at": card.time_box_ends_at and card.time_box_ends_at.isoformat(),
        "entered_now_at": card.entered_now_at and card.entered_now_at.isoformat(),
        "serves": card.serves,
        "expected_proof": card.expected_proof,
        "proof": card.proof,
        "done_at": card.done_at and card.done_at.isoformat(),
        "risk": card.risk or None,
        "tests": card.tests_id,
        "by_when": card.by_when and card.by_when.isoformat(),
        "rolls_back": card.rolls_back_id or card.undoes or None,
        "source": card.source,
        "ai_tool": card.ai_tool,
        "attachments": list(card.files),
        "proof_attachments": list(card.proof_files),
        "marks": list(card.marks),
        "version": card.version,
    }


def _address(person: User | None) -> str | None:
    return person.email if person else None


def running_cards(incident: Incident) -> list[RunningWork]:
    """The cards in Now as seats know them, in the order of the column. One query."""
    cards = Card.objects.filter(incident=incident, column=Column.NOW)
    return [
        RunningWork(card.pk, card.title, card.version, card.owner, card.pair, SOLO in card.marks)
        for card in cards.select_related("owner", "pair").order_by("position")
    ]


def unserving_cards(incident: Incident) -> list[int]:
    """The cards in Now and Next that serve nothing, which an end state asks (P23). One query."""
    cards = Card.objects.filter(
        incident=incident,
        column__in=[Column.NOW, Column.NEXT],
        serves_end_state=False,
        serves_signal__isnull=True,
    )
    return list(cards.order_by("pk").values_list("pk", flat=True))


def cards_serving(signal: Signal) -> list[str]:
    """The titles of unfinished cards that serve a signal. One query."""
    cards = Card.objects.filter(serves_signal=signal).exclude(column=Column.DONE)
    return [f"“{title}”" for title in cards.order_by("pk").values_list("title", flat=True)]
