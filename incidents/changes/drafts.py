"""A change that waits: whether it still does, its way back to a draft, and what ends with that."""

from collections.abc import Callable

from incidents.cards.models import Column
from incidents.changes.finding import change_as_dict
from incidents.changes.models import Change, ChangeState
from incidents.record.gate import SOLO
from refusals.errors import Refused
from refusals.versions import check_version

VOICE = "by_voice"
"""Approved by voice, and written down by somebody else."""


def check_as_read(change: Change, version: int | None) -> None:
    """Refuse (``stale`` with the change) a given version that is not the present one."""
    check_version(
        version,
        change.version,
        "Somebody changed it meanwhile. Look at it as it is now, then try again.",
        change_as_dict(change),
    )


Letting = Callable[[Change, str], None]
_letting: list[Letting] = []


def register_letting_go(let_go: Letting) -> None:
    """Call ``let_go(change, reason)`` when nobody needs to approve a change any more.

    For the floors above, in ``AppConfig.ready``, which ask people for approvals.
    """
    _letting.append(let_go)


def let_go_of_asking(change: Change, *, reason: str) -> None:
    """End what waits for an approval of the change. Twice is once."""
    for let_go in _letting:
        let_go(change, reason)


def back_to_draft(change: Change) -> None:
    """Make it a draft that nobody was asked about; the caller stores it."""
    change.state = ChangeState.DRAFT
    change.asked_at = change.asked_by = None
    change.approved_at = change.approved_by = change.approval_recorded_by = None
    change.marks = [one for one in change.marks if one not in (SOLO, VOICE)]
    let_go_of_asking(change, reason="It is a draft again.")


def check_waiting(change: Change, verb: str) -> None:
    """Refuse what runs or is over, saying what becomes of it."""
    if change.is_waiting:
        if change.card.column == Column.PARKED and verb in ("asked for", "approved"):
            raise Refused("invalid_transition", "Its card is parked. Take it out first.")
        return
    ways = {
        ChangeState.RUNNING: "It runs already. Finish it with its outcome, or roll it back.",
        ChangeState.FINISHED: "It is finished. Write a new change for the next step.",
        ChangeState.WITHDRAWN: "It was withdrawn. Write a new change.",
    }
    raise Refused("invalid_transition", f"It cannot be {verb}. {ways[ChangeState(change.state)]}")
