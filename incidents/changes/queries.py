"""The changes of an incident: what waits, what runs, what surprised."""

from django.db.models import QuerySet

from incidents.cards.models import Card, Risk
from incidents.changes.models import Change, SecondChange
from incidents.record.models import Incident
from prepared import prepared

DRASTIC = (Risk.RISKY.value, Risk.DESTRUCTIVE.value)


def change_on(card: Card) -> Change | None:
    """The unfinished change of a card, or nothing. One query."""
    return _of_card.first(card.pk)


@prepared
def _of_card(card: int) -> "QuerySet[Change]":
    changes = Change.objects.unfinished().filter(card=card).order_by()
    return changes.select_related("hypothesis", "approved_by", "rolls_back")


def running_changes(incident: Incident) -> list[Change]:
    """What is in flight, with its cards, in the order of starting. One query."""
    return _running(incident.pk)


@prepared
def _running(incident: int) -> "QuerySet[Change]":
    running = Change.objects.running().filter(incident=incident)
    return running.select_related("card").order_by("started_at", "pk")


def surprise_of(incident: Incident) -> Change | None:
    """The last change that did not go as expected and that no go has answered. One query."""
    return _surprising.first(incident.pk)


@prepared
def _surprising(incident: int) -> "QuerySet[Change]":
    bad = Change.objects.surprising().filter(incident=incident)
    return bad.select_related("card").order_by("-finished_at", "-pk")[:1]


def allowance_of(incident: Incident) -> SecondChange | None:
    """The commander's word for a second change that nobody has used. One query."""
    return _allowance.first(incident.pk)


@prepared
def _allowance(incident: int) -> "QuerySet[SecondChange]":
    return SecondChange.objects.filter(incident=incident, used_by=None).order_by("pk")[:1]


def is_drastic(card: Card) -> bool:
    """Whether one of its kind at a time is enough (P32)."""
    return card.risk in DRASTIC
