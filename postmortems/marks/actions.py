"""Settling what was marked during the incident: it becomes an item, or gets a written no (P56)."""

from typing import Any

from django.db import transaction

from clock.queries import now
from incidents.record.timeline import record
from pages.texts import is_nothing, read_line
from people.models import User
from postmortems.items.actions import add_item
from postmortems.items.models import ActionItem
from postmortems.marks.models import SettledMark
from postmortems.marks.queries import Mark, find_mark
from postmortems.review.access import enter_review
from postmortems.review.models import Postmortem
from postmortems.review.wording import check_published
from refusals.errors import Invalid, Refused


@transaction.atomic
def decline_mark(postmortem: Postmortem | int, *, by: User, key: str, because: str) -> Mark:
    """Say why a quick fix or a noisy alert becomes no item; said anew it replaces the words.

    Refuses (``Invalid``) what nobody marked, ``reason_required``, and words that point at a person
    once the review is published (``language_flagged``).
    """
    incident, postmortem = enter_review(postmortem, by=by)
    mark = _mark(postmortem, key)
    because = read_line("because", because, 500)
    if is_nothing(because):
        raise Refused("reason_required", "Say why nothing changes: readers see it.")
    if mark.because == because:
        return mark
    check_published(postmortem, because=because)
    _settle(postmortem, mark, by=by, because=because)
    record(
        incident,
        "postmortem_changed",
        by=by,
        text=f"leaves “{mark.text}” as it is: {because}",
        section="marks",
        mark=mark.key,
        because=because,
    )
    return _mark(postmortem, key)


@transaction.atomic
def make_item_of(postmortem: Postmortem | int, *, by: User, key: str, **fields: Any) -> ActionItem:
    """Add the action item that a mark becomes; ``fields`` and refusals are those of ``add_item``.

    A mark that became an item already gets another one and names the newest. Refuses (``Invalid``)
    what nobody marked.
    """
    _, found = enter_review(postmortem, by=by)
    mark = _mark(found, key)
    item = add_item(found, by=by, **fields)
    _settle(found, mark, by=by, item=item)
    return item


def _mark(postmortem: Postmortem, key: str) -> Mark:
    mark = find_mark(postmortem, key)
    if mark is None:
        raise Invalid({"mark": "Nothing is marked so in this incident."})
    return mark


def _settle(postmortem: Postmortem, mark: Mark, *, by: User, **word: Any) -> None:
    SettledMark.objects.update_or_create(
        postmortem=postmortem,
        key=mark.key,
        defaults={"item": None, "because": "", **word, "by": by, "at": now()},
    )
