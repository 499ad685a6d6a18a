"""Writing a change, and taking back what does not run (P35, P39).

Asking for an approval and giving it stand in ``approvals``, what runs in ``outcomes``.
"""

from datetime import datetime
from typing import Any

from django.db import transaction

from clock.queries import now
from incidents.cards.entering import enter_card
from incidents.cards.models import Card, Risk
from incidents.changes.drafts import back_to_draft, check_as_read, check_waiting, let_go_of_asking
from incidents.changes.fields import mark_card, put_on
from incidents.changes.finding import change_as_dict, enter_change, save
from incidents.changes.models import Change, ChangeState
from incidents.changes.queries import change_on
from incidents.record.models import Incident
from incidents.record.timeline import record
from pages.moments import span
from people.models import User
from refusals.errors import Invalid

LONGEST_S = 3600
"""More than an hour of writing is a form left open."""


@transaction.atomic
def write_change(
    card_id: int,
    *,
    by: User,
    version: int | None = None,
    opened_at: datetime | None = None,
    **fields: Any,
) -> Change:
    """Write the change of a card, or write it anew: what we expect, how we go back.

    ``fields``: ``expectation``, ``rollback``, ``risk`` (what can go wrong), ``hypothesis`` (an id
    of this incident's, or a sentence, which is added), ``reversible``, ``rolls_back`` (the id of a
    change that ran, or a sentence), ``quick_fix``, ``source`` and ``ai_tool``; what is left out
    stays. Other words make an asked or approved one a draft again. ``opened_at`` is when writing
    began, for the time it took. On a running one only what is missing can be filled in. The same
    again changes nothing. Refuses (``Invalid``) a card that only looks.
    """
    card, incident = enter_card(card_id, by=by)
    change = change_on(card)
    if change is not None:
        check_as_read(change, version)
    if card.risk == Risk.READ_ONLY:
        raise Invalid({"risk": "A read-only card alters nothing. Say first how risky it is."})
    is_new = change is None
    if change is None:
        change = Change(
            incident=incident,
            created_at=now(),
            created_by=by,
            rolls_back_id=card.rolls_back_id,
            undoes=card.undoes,
        )
    change.card = card
    changed = put_on(change, incident, fields, by=by)
    if not is_new and not changed:
        return change
    moment = now()
    if opened_at is not None and opened_at < moment:
        took = int((moment - opened_at).total_seconds())
        change.written_in_s = min((change.written_in_s or 0) + took, LONGEST_S)
    words = f"wrote the change of “{card.title}”"
    if not is_new and change.is_waiting and change.state != ChangeState.DRAFT:
        was = change.state
        back_to_draft(change)
        change.look_again = f"Reworded by {by.name}" if was == ChangeState.APPROVED else ""
        words = f"reworded the change of “{card.title}”; it asks again"
    mark_card(card, change)
    save(change, is_new=is_new)
    took_words = f" in {span(change.written_in_s)}" if change.written_in_s else ""
    record(
        incident,
        "change_written",
        by=by,
        text=words + took_words,
        card=card.pk,
        title=card.title,
        change=change_as_dict(change),
    )
    return change


@transaction.atomic
def withdraw_change(change_id: int, *, by: User, version: int | None = None) -> Change:
    """Take back a change that does not run. Twice is once; what runs is finished instead."""
    change, incident = enter_change(change_id, by=by, helpers=True)
    if change.state == ChangeState.WITHDRAWN:
        return change
    check_as_read(change, version)
    check_waiting(change, "withdrawn")
    withdraw(change, incident, by=by, why="")
    return change


def withdraw(change: Change, incident: Incident, *, by: User | None, why: str) -> None:
    """Take it back; the caller holds the incident's lock and says ``why``."""
    change.state = ChangeState.WITHDRAWN
    save(change)
    let_go_of_asking(change, reason="It was withdrawn.")
    title = change.card.title
    record(
        incident,
        "change_withdrawn",
        by=by,
        text=f"withdrew the change of “{title}”" + (f": {why}" if why else "")
        if by
        else f"The change of “{title}” was withdrawn: {why}",
        card=change.card_id,
        title=title,
        change=change.pk,
    )


def write_way_back(card: Card, incident: Incident, *, by: User) -> Change:
    """The change of a card that undoes one of this incident, by what was written with that one."""
    assert card.rolls_back_id is not None, "its card names what it undoes"
    undone = Change.objects.select_related("card").get(pk=card.rolls_back_id)
    change = Change(
        incident=incident,
        card=card,
        expectation=f"as before “{undone.card.title}”"[:500],
        rollback=f"“{undone.card.title}” again"[:500],
        hypothesis_id=undone.hypothesis_id,
        reversible=True,
        rolls_back=undone,
        created_at=now(),
        created_by=by,
    )
    if undone.rollback:
        change.expectation = f"{change.expectation}: {undone.rollback}"[:500]
    save(change, is_new=True)
    return change


def withdraw_waiting(incident: Incident, *, reason: str) -> None:
    """What never ran is withdrawn as the incident ends; the caller holds the lock."""
    waiting = Change.objects.waiting().filter(incident=incident)
    for change in waiting.select_related("card").order_by("pk"):
        withdraw(change, incident, by=None, why=reason)
