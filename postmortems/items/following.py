"""Following action items until they are verified: done, verified, moved, or not doing (P58)."""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from clock.queries import now
from clock.written import written
from deadlines.actions import keep_deadline, move_deadline, release_deadline
from deadlines.office_hours import next_office_moment
from incidents.record.timeline import record
from pages.texts import read_line
from people.models import User
from postmortems.items.access import enter_item
from postmortems.items.actions import follow, measure
from postmortems.items.deadlines import ItemDue, Verification
from postmortems.items.looking import settle_look
from postmortems.items.models import (
    LONGEST_MOVE_DAYS,
    OPEN_STATES,
    ActionItem,
    ItemState,
    PriorityPolicy,
)
from postmortems.items.verifiers import has_had, verifier_of
from postmortems.review.access import future
from postmortems.review.schedule import A_WEEK
from postmortems.review.wording import check_published
from refusals.errors import Invalid, Refused

TWO_WEEKS = timedelta(days=14)
"""How long who did it waits before confirming it, where nobody else is left."""


@transaction.atomic
def finish_item(item: ActionItem | int, *, by: User, note: str = "") -> ActionItem:
    """Say that an item is done; a week later somebody who never had it verifies it.

    Done already, nothing changes. Refuses (``invalid_transition``) what is verified or declined.
    """
    incident, item = enter_item(item, by=by)
    if item.state == ItemState.DONE:
        return item
    if item.state != ItemState.OPEN:
        raise Refused("invalid_transition", f"It is {item.get_state_display().lower()} already.")
    moment = now()
    item.state, item.done_at, item.done_by = ItemState.DONE, moment, by
    item.done_note = read_line("note", note, 1000)
    verifier = verifier_of(item)
    earliest = moment + (A_WEEK if verifier else TWO_WEEKS)
    item.verify_due_at = next_office_moment(verifier or item.owner, earliest)
    item.version += 1
    item.save()
    keep_deadline(ItemDue.name, item, at=moment, reason="It was done.")
    follow(item, incident)
    record(
        incident,
        "action_done",
        by=by,
        text=f"finished the action item “{item.title}”",
        item=item.pk,
        note=item.done_note,
        late=moment > item.due_at,
    )
    return item


@transaction.atomic
def verify_item(
    item: ActionItem | int,
    *,
    by: User,
    implemented: bool | None = None,
    moving: bool | None = None,
    note: str = "",
    reason: str = "",
) -> ActionItem:
    """Confirm what was done, or reopen it: is it ``implemented``, is the metric ``moving``?

    *No* to either reopens it at any time, due in a week at the earliest. Verified already, nothing
    changes.
    Refuses whoever ever owned it or marked it done (``cannot_verify_own``), a question left
    unanswered (``answer_required`` with ``missing``), less than a week after *done* without a
    ``reason`` or a note (``not_yet`` with ``earliest``), and what is not done
    (``invalid_transition``). Where nobody else is left, the same person confirms after 14 days,
    marked *nobody else*.
    """
    incident, item = enter_item(item, by=by)
    if item.state == ItemState.VERIFIED and implemented is not False and moving is not False:
        return item
    note, reason = read_line("note", note, 1000), read_line("reason", reason, 1000)
    alone = has_had(item, by)
    if alone and verifier_of(item) is not None:
        raise Refused(
            "cannot_verify_own",
            "Somebody who never owned it and did not mark it done verifies an item. Ask the "
            "facilitator or a colleague.",
        )
    if item.state != ItemState.DONE or item.done_at is None:
        raise Refused("invalid_transition", "Only what is done can be verified.")
    answers = {"implemented": implemented, "moving": moving}
    missing = [name for name, answer in answers.items() if answer is None]
    is_no = False in answers.values()
    if missing and not is_no:
        raise Refused(
            "answer_required",
            "Answer both: is it implemented, and is the metric moving?",
            missing=missing,
        )
    moment = now()
    early = ""
    if not is_no:
        early = _check_not_early(item, moment, alone=alone, because=reason or note)
    item.verify_note, item.is_moving = note, moving
    item.verified_early_because = early
    item.signal_after = measure(item.signal)
    item.version += 1
    told: dict[str, Any] = {"moving": moving, "note": note, "early": early, "alone": alone}
    told |= {"signal_before": item.signal_before, "signal_after": item.signal_after}
    if not is_no:
        item.state, item.verified_at, item.verified_by = ItemState.VERIFIED, moment, by
        item.verified_alone = alone
        item.save()
        keep_deadline(Verification.name, item, at=moment, reason="It was verified.")
        record(
            incident,
            "action_verified",
            by=by,
            text=f"verified the action item “{item.title}”"
            + (" (nobody else)" if alone else "")
            + (f", early: {early}" if early else ""),
            item=item.pk,
            **told,
        )
        settle_look(item.postmortem, by=by)
        return item
    item.state, item.done_at, item.verify_due_at = ItemState.OPEN, None, None
    item.done_by = None
    item.reopened_count += 1
    item.due_at = max(item.due_at, next_office_moment(item.owner, moment + A_WEEK))
    item.save()
    keep_deadline(Verification.name, item, at=moment, reason="It was looked at and reopened.")
    follow(item, incident)
    what = "it is not implemented" if implemented is False else "the metric does not move"
    record(
        incident,
        "action_reopened",
        by=by,
        text=f"reopened the action item “{item.title}”: {what}" + (f". {note}" if note else ""),
        item=item.pk,
        implemented=implemented,
        due_at=item.due_at.isoformat(),
        **told,
    )
    return item


def _check_not_early(item: ActionItem, moment: datetime, *, alone: bool, because: str) -> str:
    """Why it is verified early, or nothing when it is not (P58)."""
    assert item.done_at is not None
    earliest = item.done_at + (TWO_WEEKS if alone else A_WEEK)
    if moment >= earliest:
        return ""
    if because and not alone:
        return because
    after = "14 days after it was done, since nobody else is left" if alone else "a week after"
    more = "" if alone else ", or say why it can be seen already"
    raise Refused(
        "not_yet",
        f"It is verified {after}: from {written(earliest)}{more}.",
        earliest=earliest.isoformat(),
    )


@transaction.atomic
def move_item(item: ActionItem | int, *, by: User, due_at: datetime, reason: str) -> ActionItem:
    """Move the due date of an open item; it is counted. The same date changes nothing.

    The review shows the reason; of a published one it points at nobody (``language_flagged``).
    Refuses ``reason_required``, a date that has passed or is further off than the priority's
    policy lets one move go (``Invalid``), and what is not open (``invalid_transition``).
    """
    incident, item = enter_item(item, by=by)
    if due_at == item.due_at:
        return item
    if item.state != ItemState.OPEN:
        raise Refused("invalid_transition", "Only an open item's date can be moved.")
    reason = read_line("reason", reason, 500)
    if not reason:
        raise Refused("reason_required", "Say why the date moves; moves are counted and shown.")
    check_published(item.postmortem, reason=reason)
    before = item.due_at
    _check_move(item, due_at)
    item.due_at = future("due_at", due_at)
    item.moved_count += 1
    item.version += 1
    item.save()
    move_deadline(ItemDue.name, item, due_at=due_at)
    record(
        incident,
        "action_moved",
        by=by,
        text=f"moved “{item.title}” from {written(before)} to {written(due_at)}: {reason}",
        item=item.pk,
        before=before.isoformat(),
        due_at=due_at.isoformat(),
        reason=reason,
        moves=item.moved_count,
    )
    return item


def _check_move(item: ActionItem, due_at: datetime) -> None:
    policy = PriorityPolicy.objects.filter(priority=item.priority).first()
    days = policy.longest_move_days if policy else LONGEST_MOVE_DAYS
    latest = max(item.due_at, now()) + timedelta(days=days)
    if due_at > latest:
        raise Invalid(
            {
                "due_at": f"One move goes {days} days at most, to {written(latest)}; it may move "
                "again, counted. What nobody will do is better not done, with the reason."
            }
        )


@transaction.atomic
def decline_item(item: ActionItem | int, *, by: User, reason: str) -> ActionItem:
    """Say that an item will not be done, and why; nobody is reminded any more. Twice is once.

    Refuses ``reason_required``, a reason that points at a person in a published review
    (``language_flagged``), and what is verified (``invalid_transition``).
    """
    incident, item = enter_item(item, by=by)
    if item.state == ItemState.DECLINED:
        return item
    if item.state not in OPEN_STATES:
        raise Refused("invalid_transition", "It is verified already.")
    reason = read_line("reason", reason, 500)
    if not reason:
        raise Refused("reason_required", "Say why it is not done; that is part of what we learn.")
    check_published(item.postmortem, reason=reason)
    item.state = ItemState.DECLINED
    item.declined_at, item.declined_by, item.declined_because = now(), by, reason
    item.version += 1
    item.save()
    for kind in (ItemDue, Verification):
        release_deadline(kind.name, item, reason=f"Not doing: {reason}")
    record(
        incident,
        "action_declined",
        by=by,
        text=f"will not do “{item.title}”: {reason}",
        item=item.pk,
        reason=reason,
    )
    settle_look(item.postmortem, by=by)
    return item
