"""Finding a change with its card under the lock of their incident, and storing it."""

from typing import Any

from incidents.cards.origins import check_theirs
from incidents.cards.queries import card_on
from incidents.changes.models import Change
from incidents.record.models import Incident
from incidents.roster.presence import enter_part
from people.models import User


def enter_change(change_id: int, *, by: User, helpers: bool = False) -> tuple[Change, Incident]:
    """The change with its card as they are under the lock. Raises ``NotVisible``.

    ``helpers``: the act is a helper's too, on a card of their own.
    """
    changes = Change.objects.select_related(
        *("hypothesis", "asked_by", "approved_by", "rolls_back", "rolls_back__card")
    )
    change, incident = enter_part(changes, change_id, by=by, helpers=helpers)
    card = card_on(incident, change.card_id)
    assert card is not None
    check_theirs(card, by)
    change.card = card
    change.incident = incident
    return change, incident


def save(change: Change, *, is_new: bool = False) -> None:
    """Store it with the next version."""
    if not is_new:
        change.version += 1
    change.save(force_insert=is_new)


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
