"""Finding and listing action items."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, QuerySet
from django.db.models.functions import JSONObject

from clock.queries import now
from incidents.record.models import TimelineEntry
from pages.panels import SOON
from people.models import User
from postmortems.items.models import ActionItem, ActionItemQuerySet
from postmortems.review.models import Postmortem
from prepared import Prepared, prepared
from refusals.errors import NotVisible


def list_items(
    user: User,
    *,
    moment: datetime,
    owner: User | None = None,
    states: Sequence[str] = (),
    overdue: bool | None = None,
) -> ActionItemQuerySet:
    """What this person may see of it, everything a line shows loaded."""
    found = ActionItem.objects.visible_to(user).select_related(
        "owner", "verified_by", "done_by", "look", "look__by", "idea", "postmortem__incident"
    )
    if owner is not None:
        found = found.filter(owner=owner)
    if states:
        found = found.filter(state__in=states)
    if overdue is True:
        found = found.overdue(moment)
    elif overdue is False:
        found = found.exclude(pk__in=ActionItem.objects.overdue(moment).values("pk"))
    return found.order_by("priority", "due_at", "id")


def load_panel(user: User) -> dict[str, object]:
    """The start page's panel: my items that are due after the week. Two queries.

    What is due sooner, and what waits for my verification, stands among what the person owes.
    """
    return {"items": _later(user.role)(user.pk, now() + SOON)}


@cache
def _later(role: str) -> Prepared[[int, datetime], ActionItem]:
    @prepared
    def later(person: int, after: datetime) -> "QuerySet[ActionItem]":
        mine = ActionItem.objects.visible_to(User(pk=person, role=role)).open()
        mine = mine.filter(owner=person, due_at__gte=after)
        return mine.select_related("postmortem__incident").order_by("priority", "due_at")[:20]

    return later


def history_of(item: ActionItem) -> list[TimelineEntry]:
    """What the record says about one item, oldest first. One query."""
    entries = TimelineEntry.objects.filter(
        incident_id=item.postmortem.incident_id,
        kind__startswith="action_",
        data__item=item.pk,
    )
    return list(entries.select_related("actor").order_by("seq"))


@dataclass(frozen=True)
class DateMove:
    """One move of an item's date, and why (P58)."""

    before: datetime
    due_at: datetime
    reason: str


def with_moves(items: ActionItemQuerySet) -> ActionItemQuerySet:
    """``items`` with ``move_rows``, which ``moves_in`` reads: in their query."""
    said = TimelineEntry.objects.filter(
        incident=OuterRef("postmortem__incident"),
        kind="action_moved",
        data__contains=JSONObject(item=OuterRef("pk")),
    )
    rows: ActionItemQuerySet = items.annotate(
        move_rows=ArraySubquery(said.order_by("seq").values("data"))
    )
    return rows


def moves_in(item: ActionItem) -> list[DateMove]:
    """Every move of the date of an item that ``with_moves`` read; of a new one none. No query."""
    return [_move(data) for data in getattr(item, "move_rows", ())]


def _move(data: dict[str, Any]) -> DateMove:
    return DateMove(
        datetime.fromisoformat(data["before"]),
        datetime.fromisoformat(data["due_at"]),
        data["reason"],
    )


def moves_of(postmortem: Postmortem) -> dict[int, list[DateMove]]:
    """By item, every move of its date as the record says it, the first one first. One query."""
    entries = TimelineEntry.objects.filter(
        incident_id=postmortem.incident_id, kind="action_moved"
    ).order_by("seq")
    moves: dict[int, list[DateMove]] = {}
    for data in entries.values_list("data", flat=True):
        moves.setdefault(data["item"], []).append(_move(data))
    return moves


def get_item(user: User, item_id: int) -> ActionItem:
    """The action item with its review and incident loaded, or ``NotVisible``. One query."""
    found = (
        with_moves(ActionItem.objects.visible_to(user))
        .filter(pk=item_id)
        .select_related(
            "owner",
            "done_by",
            "verified_by",
            "look",
            "look__by",
            "idea__by",
            "postmortem__incident",
            "postmortem__facilitator",
            "signal",
        )
        .first()
    )
    if found is None:
        raise NotVisible
    return found
