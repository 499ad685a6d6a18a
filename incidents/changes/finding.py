"""Finding a change with its card under the lock of their incident, and storing it."""

from typing import Any

from django.db.models import QuerySet

from incidents.cards.origins import check_theirs
from incidents.changes.models import PEOPLE, Change
from incidents.record.models import Incident
from incidents.roster.presence import enter
from people.models import User
from prepared import prepared
from prepared.writing import insert, update
from refusals.errors import NotVisible


def enter_change(
    change: Change | int, *, by: User, helpers: bool = False
) -> tuple[Change, Incident]:
    """The change with its card as they are under the lock. Raises ``NotVisible``.

    ``change`` is its id, or the change as somebody read it, which tells its incident: a query less.
    ``helpers``: the act is a helper's too, on a card of their own.
    """
    change_id = change if isinstance(change, int) else change.pk
    found = _incident_id.first(change) if isinstance(change, int) else change.incident_id
    if found is None:
        raise NotVisible
    incident = enter(found, by=by, helpers=helpers)
    fresh = _change.first(incident.pk, change_id)
    if fresh is None:
        raise NotVisible
    check_theirs(fresh.card, by)
    fresh.incident = incident
    return fresh, incident


@prepared
def _incident_id(change: int) -> "QuerySet[Change, int]":
    return Change.objects.filter(pk=change).order_by().values_list("incident_id", flat=True)


@prepared
def _change(incident: int, change: int) -> "QuerySet[Change]":
    changes = Change.objects.filter(incident=incident, pk=change).order_by()
    return changes.select_related(
        "hypothesis",
        "rolls_back__card",
        *(f"card__{beside}" for beside in ("owner", "pair", "serves_signal", "tests")),
        *PEOPLE,
    )


def save(change: Change, *, is_new: bool = False) -> None:
    """Store it with the next version. One query."""
    if is_new:
        insert(change)
        return
    change.version += 1
    update(change)


def change_as_dict(change: Change) -> dict[str, Any]:
    """What it says, in JSON-ready values: on the record, and as ``current`` of a refusal."""
    return {
        "id": change.pk,
        "card": change.card_id,
        "state": str(change.state),
        "expectation": change.expectation,
        "rollback": change.rollback,
        "hypothesis": change.hypothesis.text if change.hypothesis else None,
        "risk": change.risk,
        "reversible": change.reversible,
        "rolls_back": change.rolls_back_id or change.undoes or None,
        "quick_fix": change.quick_fix,
        "source": change.source,
        "ai_tool": change.ai_tool,
        "written_in_s": change.written_in_s,
        "marks": list(change.marks),
        "version": change.version,
    }
