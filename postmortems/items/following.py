"""Following action items until they are verified: done, verified, moved, or not doing (P58)."""

from datetime import datetime

from django.db import transaction

from clock.queries import now
from deadlines.actions import keep_deadline, move_deadline, release_deadline
from deadlines.office_hours import next_office_moment
from incidents.record.timeline import record
from pages.texts import read_line
from people.models import User
from postmortems.items.access import enter_item
from postmortems.items.actions import follow, verifier_of
from postmortems.items.deadlines import ItemDue, Verification
from postmortems.items.models import OPEN_STATES, ActionItem, ItemState
from postmortems.review.access import future
from postmortems.review.schedule import A_WEEK
from refusals.errors import Refused


@transaction.atomic
def finish_item(item: ActionItem | int, *, by: User, note: str = "") -> ActionItem:
    """Say that an item is done; a week later somebody other than its owner verifies it.

    Done already, nothing changes. Refuses (``invalid_transition``) what is verified or declined.
    """
    incident, item = enter_item(item, by=by)
    if item.state == ItemState.DONE:
        return item
    if item.state != ItemState.OPEN:
        raise Refused("invalid_transition", f"It is {item.get_state_display().lower()} already.")
    moment = now()
    item.state, item.done_at = ItemState.DONE, moment
    item.done_note = read_line("note", note, 1000)
    verifier = verifier_of(item)
    item.verify_due_at = moment + A_WEEK
    if verifier is not None:
        item.verify_due_at = next_office_moment(verifier, item.verify_due_at)
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
    implemented: bool,
    moving: bool | None = None,
    note: str = "",
) -> ActionItem:
    """Confirm what was done, or reopen it: is it ``implemented``, is the metric ``moving``?

    *No* to either reopens it, due in a week at the earliest. Verified already, nothing changes.
    Refuses the owner (``cannot_verify_own``) and what is not done (``invalid_transition``).
    """
    incident, item = enter_item(item, by=by)
    if item.state == ItemState.VERIFIED and implemented and moving is not False:
        return item
    if item.owner == by:
        raise Refused(
            "cannot_verify_own",
            "Somebody other than its owner verifies an item. Ask the facilitator or a colleague.",
        )
    if item.state != ItemState.DONE:
        raise Refused("invalid_transition", "Only what is done can be verified.")
    moment = now()
    note = read_line("note", note, 1000)
    item.verify_note, item.is_moving = note, moving
    item.version += 1
    if implemented and moving is not False:
        item.state, item.verified_at, item.verified_by = ItemState.VERIFIED, moment, by
        item.save()
        keep_deadline(Verification.name, item, at=moment, reason="It was verified.")
        record(
            incident,
            "action_verified",
            by=by,
            text=f"verified the action item “{item.title}”",
            item=item.pk,
            moving=moving,
            note=note,
        )
        return item
    item.state, item.done_at, item.verify_due_at = ItemState.OPEN, None, None
    item.reopened_count += 1
    item.due_at = max(item.due_at, next_office_moment(item.owner, moment + A_WEEK))
    item.save()
    keep_deadline(Verification.name, item, at=moment, reason="It was looked at and reopened.")
    follow(item, incident)
    what = "the metric does not move" if implemented else "it is not implemented"
    record(
        incident,
        "action_reopened",
        by=by,
        text=f"reopened the action item “{item.title}”: {what}" + (f". {note}" if note else ""),
        item=item.pk,
        implemented=implemented,
        moving=moving,
        note=note,
        due_at=item.due_at.isoformat(),
    )
    return item


@transaction.atomic
def move_item(item: ActionItem | int, *, by: User, due_at: datetime, reason: str) -> ActionItem:
    """Move the due date of an open item; it is counted. The same date changes nothing.

    Refuses ``reason_required``, a date that has passed (``Invalid``), and what is not open
    (``invalid_transition``).
    """
    incident, item = enter_item(item, by=by)
    if due_at == item.due_at:
        return item
    if item.state != ItemState.OPEN:
        raise Refused("invalid_transition", "Only an open item's date can be moved.")
    reason = read_line("reason", reason, 500)
    if not reason:
        raise Refused("reason_required", "Say why the date moves; moves are counted and shown.")
    before = item.due_at
    item.due_at = future("due_at", due_at)
    item.moved_count += 1
    item.version += 1
    item.save()
    move_deadline(ItemDue.name, item, due_at=due_at)
    record(
        incident,
        "action_moved",
        by=by,
        text=f"moved “{item.title}” from {before:%-d %b %Y} to {due_at:%-d %b %Y}: {reason}",
        item=item.pk,
        before=before.isoformat(),
        due_at=due_at.isoformat(),
        reason=reason,
        moves=item.moved_count,
    )
    return item


@transaction.atomic
def decline_item(item: ActionItem | int, *, by: User, reason: str) -> ActionItem:
    """Say that an item will not be done, and why; nobody is reminded any more. Twice is once.

    Refuses ``reason_required``, and what is verified (``invalid_transition``).
    """
    incident, item = enter_item(item, by=by)
    if item.state == ItemState.DECLINED:
        return item
    if item.state not in OPEN_STATES:
        raise Refused("invalid_transition", "It is verified already.")
    reason = read_line("reason", reason, 500)
    if not reason:
        raise Refused("reason_required", "Say why it is not done; that is part of what we learn.")
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
    return item
