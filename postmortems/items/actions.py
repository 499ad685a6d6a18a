"""Writing and changing action items (P56, P57). Following them stands in ``following``."""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from clock.queries import now
from clock.written import written
from deadlines.actions import owe
from incidents.endstate.models import Signal
from incidents.endstate.queries import signal_as_dict, signal_with_state
from incidents.record.models import Incident, Status
from incidents.record.timeline import record
from incidents.record.visibility import is_visible
from pages.texts import read_line
from people.models import User
from postmortems.items.access import enter_item
from postmortems.items.deadlines import ItemDue, Verification
from postmortems.items.models import (
    OPEN_STATES,
    ActionItem,
    ItemState,
    ItemType,
    Priority,
    PriorityPolicy,
)
from postmortems.items.verifiers import verifier_of
from postmortems.language.systemic import advice, what_is_not_systemic
from postmortems.language.systemic_words import EXAMPLES
from postmortems.review.access import check_version, enter_review, future
from postmortems.review.models import Postmortem
from postmortems.review.permissions import check_facilitates
from postmortems.review.wording import check_published
from refusals.errors import Invalid, Refused

NEEDED = {
    "title": "a title",
    "type": "a type",
    "owner": "an owner",
    "due_at": "a due date",
    "priority": "a priority",
    "success_criterion": "a success criterion",
}
DAYS = {"p0": 7, "p1": 14, "p2": 30, "p3": 90}


def proposed_due_at(priority: str, *, at: datetime) -> datetime:
    """When an item of that priority is due unless somebody says otherwise. One query."""
    policy = PriorityPolicy.objects.filter(priority=priority).first()
    days = policy.due_within_days if policy else DAYS.get(priority, 30)
    return at + timedelta(days=days)


@transaction.atomic
def add_item(
    postmortem: Postmortem | int,
    *,
    by: User,
    title: str = "",
    type: str = "",
    owner: User | None = None,
    due_at: datetime | None = None,
    priority: str = "",
    success_criterion: str = "",
    signal: int | None = None,
    override_reason: str = "",
) -> ActionItem:
    """Add an action item to a review, also after publication, and follow it from now on.

    Refuses ``action_incomplete`` with ``missing``, also for an owner who cannot do it (no active
    responder or admin); ``action_not_systemic`` for what only asks people to be different, in
    title or criterion, unless the facilitator gives an ``override_reason``; words that point at a
    person once the review is published (``language_flagged``); and (``Invalid``) a due date that
    has passed, unknown words, an owner who may not see the incident, a signal of another one. The
    owner hears of it with their next message.
    """
    incident, postmortem = enter_review(postmortem, by=by)
    title = read_line("title", title, 200)
    given: dict[str, object] = {
        "title": title,
        "type": type,
        "owner": owner,
        "due_at": due_at,
        "priority": priority,
        "success_criterion": read_line("success_criterion", success_criterion, 500),
    }
    _check_words(type, priority)
    override = read_line("override_reason", override_reason, 500)
    criterion = str(given["success_criterion"])
    asking = _check_systemic(postmortem, override, by, title=title, success_criterion=criterion)
    missing = [name for name in NEEDED if not given[name]]
    if missing or owner is None or due_at is None:
        words = ", ".join(NEEDED[name] for name in missing)
        raise Refused("action_incomplete", f"An action item needs {words}.", missing=missing)
    check_published(postmortem, title=title, success_criterion=criterion, override_reason=override)
    _check_owner(owner, incident)
    measured = _signal_of(incident, signal)
    item = ActionItem.objects.create(
        postmortem=postmortem,
        title=title,
        type=type,
        owner=owner,
        due_at=future("due_at", due_at),
        first_due_at=due_at,
        priority=priority,
        success_criterion=criterion,
        signal=measured,
        signal_before=measure(measured),
        override_reason=override if asking else "",
        created_at=now(),
        created_by=by,
    )
    item.owners.add(owner)
    follow(item, incident)
    ItemDue.tell(item, by=by)
    record(
        incident,
        "action_added",
        by=by,
        text=f"added the action item “{title}” for {owner.name}, due {written(due_at)}",
        item=item.pk,
        title=title,
        owner=owner.pk,
        due_at=due_at.isoformat(),
        priority=priority,
        override_reason=item.override_reason,
    )
    return item


@transaction.atomic
def change_item(
    item: ActionItem | int, *, by: User, version: int | None = None, **fields: Any
) -> ActionItem:
    """Change ``title``, ``type``, ``owner``, ``priority``, ``success_criterion``, ``signal`` or
    ``override_reason`` of an item that is open or done. The same values change nothing.

    Refuses what ``add_item`` refuses, an old ``version`` (``stale``), and an item at its end
    (``invalid_transition``). The due date is moved with ``following.move_item``.
    """
    incident, item = enter_item(item, by=by)
    changed = {name: value for name, value in fields.items() if _present(item, name) != value}
    if not changed:
        return item
    if item.state not in OPEN_STATES:
        raise Refused("invalid_transition", f"It is {item.get_state_display().lower()}; it stays.")
    check_version(version, item.version, {"id": item.pk, "title": item.title})
    for name in ("title", "success_criterion", "override_reason"):
        if name in changed:
            changed[name] = read_line(name, changed[name], 200 if name == "title" else 500)
    _check_words(changed.get("type", item.type), changed.get("priority", item.priority))
    missing = [name for name in changed if name in NEEDED and not changed[name]]
    if missing:
        words = ", ".join(NEEDED[name] for name in missing)
        raise Refused("action_incomplete", f"An action item needs {words}.", missing=missing)
    texts = {name: changed[name] for name in ("title", "success_criterion") if name in changed}
    override = changed.get("override_reason", item.override_reason)
    if not _check_systemic(item.postmortem, override, by, **texts) and "override_reason" in changed:
        changed["override_reason"] = ""
    because = {"override_reason": changed.get("override_reason", "")}
    check_published(item.postmortem, **texts, **because)
    if "signal" in changed:
        item.signal = _signal_of(incident, changed.pop("signal"))
        item.signal_before = measure(item.signal)
    if "owner" in changed:
        _check_owner(changed["owner"], incident)
    for name, value in changed.items():
        setattr(item, name, value)
    item.version += 1
    item.save()
    if "owner" in changed:
        item.owners.add(item.owner)
        follow(item, incident)
        ItemDue.tell(item, by=by)
    names = ", ".join(name.replace("_", " ") for name in fields if name in changed) or "signal"
    record(
        incident,
        "action_changed",
        by=by,
        text=f"changed {names} of the action item “{item.title}”",
        item=item.pk,
        owner=item.owner_id,
        priority=item.priority,
    )
    if incident.status == Status.MERGED:
        # Reworded it may have gone along to the review of the other incident.
        item.refresh_from_db()
    return item


def _present(item: ActionItem, name: str) -> object:
    return item.signal_id if name == "signal" else getattr(item, name)


def _check_words(kind: str, priority: str) -> None:
    errors = {}
    if kind and kind not in ItemType.values:
        errors["type"] = f"One of {', '.join(ItemType.values)}."
    if priority and priority not in Priority.values:
        errors["priority"] = f"One of {', '.join(Priority.values)}."
    if errors:
        raise Invalid(errors)


def _check_systemic(postmortem: Postmortem, override: str, by: User, **texts: str) -> bool:
    """P56: an item changes a system; the facilitator may see it otherwise, with a reason.

    Answers whether one of ``texts`` (by field) only asks people to be different.
    """
    for field, text in texts.items():
        words = what_is_not_systemic(text)
        if words is None:
            continue
        if override:
            check_facilitates(postmortem, by, "take it although it is not systemic")
            return True
        raise Refused(
            "action_not_systemic", advice(words), examples=list(EXAMPLES), words=words, field=field
        )
    return False


def _check_owner(owner: User, incident: Incident) -> None:
    if not owner.is_responder:
        raise Refused(
            "action_incomplete",
            f"{owner.name} cannot do it: an action item is owned by an active responder or admin.",
            missing=["owner"],
        )
    if not is_visible(owner, incident.pk):
        raise Invalid({"owner": f"{owner.name} cannot see this incident."})


def _signal_of(incident: Incident, signal_id: int | None) -> Signal | None:
    if signal_id is None:
        return None
    signal = incident.signals.standing().filter(pk=signal_id).first()
    if signal is None:
        raise Invalid({"signal": "This incident has no such signal."})
    return signal


def measure(signal: Signal | None) -> dict[str, Any] | None:
    """What a signal says now, to be put beside what it says later; ``None`` without one."""
    if signal is None:
        return None
    return signal_as_dict(signal_with_state(signal, now()))


def follow(item: ActionItem, incident: Incident) -> None:
    """Let the engine follow what the item owes in its present state, under its present owner."""
    if item.state == ItemState.OPEN:
        owe(incident, ItemDue.name, item, item.due_at, item.owner)
    elif item.state == ItemState.DONE and item.verify_due_at is not None:
        owe(incident, Verification.name, item, item.verify_due_at, verifier_of(item))
