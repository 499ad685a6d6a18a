"""Reads the rows of the war room, each kind by one query; ``room`` puts them together."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import Model, OuterRef, QuerySet, Subquery

from incidents.attachments.queries import with_files
from incidents.cards.models import Card
from incidents.endstate.models import Signal
from incidents.record.models import Incident, RoleAssignment, TimelineEntry
from incidents.updates.models import SAID_LAST_FIRST, Question, Update
from incidents.updates.told import with_answers
from people.models import User
from prepared import prepared

LATEST_ENTRIES = 20
UNREAD = ("canonical", "data", "hash", "previous_hash", "salts")


@prepared
def cards_of(incident: int) -> "QuerySet[Card]":
    """The whole board, in its order."""
    return Card.objects.filter(incident=incident).order_by("position", "id")


@prepared
def seats_of(incident: int) -> "QuerySet[RoleAssignment]":
    """The roster of now, with what is offered and not answered."""
    held = RoleAssignment.objects.filter(
        incident=incident, ended_at__isnull=True, person__is_active=True
    )
    return held.order_by("started_at", "id")


@prepared
def seats_ever(incident: int) -> "QuerySet[RoleAssignment]":
    """Everybody who ever was there, and as what."""
    return RoleAssignment.objects.filter(incident=incident).order_by("started_at", "id")


@prepared
def last_update(incident: int) -> "QuerySet[Update]":
    """The last word with what it answered, and the ``newest`` number there is."""
    return _said(incident)[:1]


@prepared
def updates_of(incident: int) -> "QuerySet[Update]":
    """All of them, the last word first, each with the ``newest`` number there is."""
    return _said(incident)


def _said(incident: int) -> "QuerySet[Update]":
    newest = Update.objects.filter(incident=OuterRef("incident")).order_by("-number")
    said = with_answers(Update.objects.filter(incident=incident).order_by(*SAID_LAST_FIRST))
    return said.annotate(newest=Subquery(newest.values("number")[:1]))


@prepared
def questions_of(incident: int) -> "QuerySet[Question]":
    """What stakeholders wait to hear."""
    return Question.objects.waiting().filter(incident=incident).order_by("id")


@prepared
def entries_of(incident: int) -> "QuerySet[TimelineEntry]":
    """The end of the record, the newest first."""
    entries = with_files(TimelineEntry.objects.filter(incident=incident)).defer(*UNREAD)
    return entries.order_by("-at", "-seq")[:LATEST_ENTRIES]


@prepared
def _people(ids: list[int]) -> "QuerySet[Any]":
    """Accounts by id."""
    return User.objects.filter(pk__among=ids).order_by()  # type: ignore[no-any-return]


def join(incident: Incident, cards: Iterable[Card], signals: Iterable[Signal]) -> None:
    """Give the cards their incident and the signals they serve from what is loaded already."""
    measured = {signal.pk: signal for signal in signals}
    for card in cards:
        card.incident = incident
        if card.serves_signal_id in measured:
            card.serves_signal = measured[card.serves_signal_id]


def introduce(
    *rows: tuple[Model, tuple[str, ...]], known: Mapping[int, User]
) -> Mapping[int, User]:
    """Put the people into the named fields of these rows; answer everybody of them by id.

    One query for all of them, none where all are ``known``. Joins would read and build the same
    handful of people anew for every row of every query.
    """
    named = [(row, name, getattr(row, f"{name}_id")) for row, names in rows for name in names]
    ids = {pk for _, _, pk in named if pk is not None}
    people = known if ids <= known.keys() else {one.pk: one for one in _people(list(ids))}
    for row, name, pk in named:
        setattr(row, name, people.get(pk))
    return people
