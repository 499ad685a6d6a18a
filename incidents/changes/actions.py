"""Writing a change, asking for its approval, answering, and taking it back (P35, P39).

Starting and finishing stand in ``running``. The rules stand in ``rules``.
"""

from datetime import datetime
from typing import Any

from django.db import transaction

from clock.queries import now
from deadlines.actions import keep_deadline, owe, release_deadline
from incidents.cards.entering import enter_card
from incidents.cards.models import Column, Risk
from incidents.changes import rules
from incidents.changes.deadlines import ApprovalWaiting
from incidents.changes.fields import mark_card, put_on
from incidents.changes.finding import change_as_dict, enter_change, save
from incidents.changes.messages import ApprovalGiven, LookAgain
from incidents.changes.models import Change, ChangeState
from incidents.changes.queries import change_on
from incidents.gates.facts import facts_of
from incidents.record.gate import SOLO, Gate
from incidents.record.models import PATIENCE, Incident, RoleAssignment, RosterRole
from incidents.record.timeline import record
from incidents.roster.permissions import RIGHTS, Act
from incidents.roster.queries import people_on, roster
from notifications.actions import cancel_deliveries
from pages.texts import read_line
from people.models import User
from refusals.errors import Invalid, Refused
from refusals.versions import check_version

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
        _check_version(change, version)
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
        _back_to_draft(change)
        change.look_again = f"Reworded by {by.name}" if was == ChangeState.APPROVED else ""
        words = f"reworded the change of “{card.title}”; it asks again"
    mark_card(card, change)
    save(change, is_new=is_new)
    took_words = f" in {change.written_in_s} s" if change.written_in_s else ""
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


def _check_version(change: Change, version: int | None) -> None:
    check_version(
        version,
        change.version,
        "Somebody changed it meanwhile. Look at it as it is now, then try again.",
        change_as_dict(change),
    )


def _back_to_draft(change: Change) -> None:
    change.state = ChangeState.DRAFT
    change.asked_at = change.asked_by = None
    change.approved_at = change.approved_by = change.approval_recorded_by = None
    change.marks = [one for one in change.marks if one not in (SOLO, rules.VOICE)]
    release_deadline(ApprovalWaiting.name, change, reason="It is a draft again.")
    cancel_deliveries(source=ApprovalWaiting.source(change), reason="It is a draft again.")


@transaction.atomic
def ask_approval(change_id: int, *, by: User, version: int | None = None) -> Change:
    """Ask whoever may approve it; from now on two minutes count. Asked already, nothing happens.

    Refuses (``change_required``, softly) what is not written yet, and what runs or is over.
    """
    change, incident = enter_change(change_id, by=by, helpers=True)
    if change.state in (ChangeState.ASKED, ChangeState.APPROVED):
        return change
    _check_version(change, version)
    _check_waiting(change, "asked for")
    if not incident.is_open:
        raise Refused("invalid_transition", "The incident has ended; nothing starts any more.")
    gate = Gate(incident)
    gate.judge(rules.why_not_written(change, change.card))
    _ask(change, incident, by=by, gate=gate)
    return change


def _ask(change: Change, incident: Incident, *, by: User, gate: Gate) -> None:
    moment = now()
    change.state, change.asked_at, change.asked_by = ChangeState.ASKED, moment, by
    change.marks = list(dict.fromkeys([*change.marks, *gate.marks]))
    save(change)
    held = roster(incident)
    people = who_is_asked(change, incident, held)
    for seat in held:
        is_asked_now = seat.role == RosterRole.COMMANDER and seat.person in people
        if is_asked_now and seat.person != by and not seat.is_asked:
            seat.asked_at, seat.asked_by = moment, by
            seat.save(update_fields=["asked_at", "asked_by"])
    names = " and ".join(one.name for one in people[:2]) or "nobody else"
    record(
        incident,
        "change_asked",
        by=by,
        text=f"asked {names} to approve “{change.card.title}”",
        card=change.card_id,
        title=change.card.title,
        change=change.pk,
        asked=[one.pk for one in people],
    )
    ApprovalWaiting.tell(change, incident, [one for one in people if one != by])
    owe(incident, ApprovalWaiting.name, change, moment + PATIENCE, next(iter(people), None))


def who_is_asked(change: Change, incident: Incident, held: list[RoleAssignment]) -> list[User]:
    """The commander; where the card is theirs, or nobody leads, everybody else who is there.

    ``held`` is the roster. One query at most.
    """
    owner = change.card.owner_id
    seats = {one.role: one.person for one in held}
    commander = seats.get(RosterRole.COMMANDER) or seats.get(RosterRole.DEPUTY)
    if commander is not None and commander.pk != owner:
        return [commander]
    return [one for one in people_on(incident) if one.pk != owner]


@transaction.atomic
def approve_change(
    change_id: int,
    *,
    by: User,
    confirm: str = "",
    recorded_by_voice_of: User | None = None,
    version: int | None = None,
) -> Change:
    """Say that it may run. Approved already, nothing happens.

    The commander's; the deputy's two minutes after asking; anybody's of the roster when the card is
    the commander's or nobody leads. ``recorded_by_voice_of`` is whose voice ``by`` writes down.
    ``confirm`` is the incident's reference, asked for what cannot be undone. Refuses every program
    (``token_cannot_approve``), the card's owner (``self_approval``; alone it is marked), and whom
    it does not belong to (``only_commander``).
    """
    if by.token is not None:
        # Asked first: no state of a change is a program's to approve.
        raise Refused(
            "token_cannot_approve",
            "A change is approved by a person at a page, not by a token. Open the war room.",
        )
    change, incident = enter_change(change_id, by=by)
    if change.state == ChangeState.APPROVED:
        return change
    _check_version(change, version)
    if change.state != ChangeState.ASKED:
        _check_waiting(change, "approved")
        raise Refused("invalid_transition", "Nobody asked for its approval yet. Ask first.")
    card, moment = change.card, now()
    facts = facts_of(incident)
    approver = recorded_by_voice_of or by
    gate = Gate(incident)
    gate.judge(rules.why_not_written(change, card))
    if approver.pk == card.owner_id:
        if not facts.is_solo:
            raise Refused(
                "self_approval",
                f"{approver.name} owns “{card.title}”. Somebody else looks at it and approves.",
            )
        gate.mark(SOLO)
    elif not rules.may_approve(change, card, roster(incident), approver, moment):
        leads = facts.commander.name if facts.commander else "The deputy"
        raise Refused(
            "only_commander",
            f"{leads} is the one to {RIGHTS[Act.APPROVE].words}; the deputy two minutes after "
            "asking. Ask for it, or take command.",
            ask=Act.APPROVE.value,
        )
    if recorded_by_voice_of is not None and recorded_by_voice_of != by:
        if not (approver.is_active and approver.is_responder):
            raise Invalid({"recorded_by_voice_of": f"{approver.name} cannot approve here."})
        gate.mark(rules.VOICE)
    if change.reversible is False and confirm.strip() != incident.ref:
        if gate.enforces:
            raise Invalid({"confirm": f"It cannot be undone. Type {incident.ref} to approve it."})
        gate.mark("warn:confirm")
    change.state, change.approved_at, change.approved_by = ChangeState.APPROVED, moment, approver
    change.approval_recorded_by = by if approver != by else None
    change.look_again = ""
    change.marks = list(dict.fromkeys([*change.marks, *gate.marks]))
    save(change)
    keep_deadline(ApprovalWaiting.name, change, reason="It was approved.")
    cancel_deliveries(source=ApprovalWaiting.source(change), reason="It was approved.")
    voice = f", by the voice of {approver.name}" if approver != by else ""
    alone = " (solo)" if SOLO in gate.marks else ""
    took = f", written in {change.written_in_s} s" if change.written_in_s else ""
    record(
        incident,
        "change_approved",
        by=by,
        text=f"approved “{card.title}”{voice}{took}{alone}",
        card=card.pk,
        title=card.title,
        change=change_as_dict(change),
        approved_by=approver.pk,
    )
    hearing = [one for one in (card.owner, approver) if one is not None and one != by]
    words = f"{approver.name} approved “{card.title}”"
    words += f"; {by.name} wrote down the voice." if voice else ". It may start."
    ApprovalGiven.tell(incident, hearing, change, words=words)
    return change


@transaction.atomic
def send_back(change_id: int, *, by: User, reason: str, version: int | None = None) -> Change:
    """Send an asked or approved change back to whoever wrote it, with a ``reason``.

    A draft stays one. Refuses without a reason (``reason_required``).
    """
    reason = read_line("reason", reason, 400)
    change, incident = enter_change(change_id, by=by)
    if change.state == ChangeState.DRAFT:
        return change
    _check_version(change, version)
    _check_waiting(change, "sent back")
    if not reason:
        raise Refused("reason_required", "Say in a line what has to be thought through again.")
    asked_by = change.asked_by
    _back_to_draft(change)
    change.look_again = f"Sent back by {by.name}: {reason}"
    save(change)
    record(
        incident,
        "change_sent_back",
        by=by,
        text=f"sent “{change.card.title}” back: {reason}",
        card=change.card_id,
        title=change.card.title,
        change=change.pk,
        reason=reason,
    )
    hearing = dict.fromkeys(
        one for one in (change.card.owner, asked_by) if one is not None and one != by
    )
    LookAgain.tell(incident, list(hearing), change, why=f"{by.name} sent it back: {reason}")
    return change


@transaction.atomic
def withdraw_change(change_id: int, *, by: User, version: int | None = None) -> Change:
    """Take back a change that does not run. Twice is once; what runs is finished instead."""
    change, incident = enter_change(change_id, by=by, helpers=True)
    if change.state == ChangeState.WITHDRAWN:
        return change
    _check_version(change, version)
    _check_waiting(change, "withdrawn")
    withdraw(change, incident, by=by, why="")
    return change


def withdraw(change: Change, incident: Incident, *, by: User | None, why: str) -> None:
    """Take it back; the caller holds the incident's lock and says ``why``."""
    change.state = ChangeState.WITHDRAWN
    save(change)
    release_deadline(ApprovalWaiting.name, change, reason="It was withdrawn.")
    cancel_deliveries(source=ApprovalWaiting.source(change), reason="It was withdrawn.")
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


def _check_waiting(change: Change, verb: str) -> None:
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


def fall(
    change: Change, incident: Incident, *, why: str, by: User | None, asks_again: bool = False
) -> None:
    """Let the approval, or the ask for it, fall; the caller holds the incident's lock.

    ``asks_again``: the words are still right, so that it is asked anew at once.
    """
    if change.state not in (ChangeState.ASKED, ChangeState.APPROVED):
        return
    was_approved = change.state == ChangeState.APPROVED
    asked_by = change.asked_by
    _back_to_draft(change)
    change.look_again = why
    save(change)
    if was_approved:
        record(
            incident,
            "approval_fell",
            by=by,
            text=f"The approval of “{change.card.title}” fell: {why}",
            card=change.card_id,
            title=change.card.title,
            change=change.pk,
        )
    if asks_again and asked_by is not None:
        change.look_again = why
        _ask(change, incident, by=asked_by, gate=Gate(incident))
        return
    hearing = dict.fromkeys(
        one for one in (change.card.owner, asked_by) if one is not None and one != by
    )
    LookAgain.tell(incident, list(hearing), change, why=why)
