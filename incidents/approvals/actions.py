"""Asking for an approval, giving it, sending back, and letting it fall (P35)."""

from django.db import transaction

from clock.queries import now
from deadlines.actions import keep_deadline, owe, release_deadline
from incidents.approvals import rules
from incidents.approvals.deadlines import ApprovalWaiting
from incidents.approvals.messages import ApprovalGiven, LookAgain
from incidents.changes.drafts import VOICE, back_to_draft, check_as_read, check_waiting
from incidents.changes.finding import change_as_dict, enter_change, save
from incidents.changes.models import Change, ChangeState
from incidents.changes.rules import why_not_written
from incidents.gates.facts import facts_of
from incidents.record.gate import SOLO, Gate
from incidents.record.models import PATIENCE, Incident, RoleAssignment, RosterRole
from incidents.record.timeline import record
from incidents.roster.permissions import RIGHTS, Act
from incidents.roster.queries import people_on, roster
from notifications.actions import cancel_deliveries
from pages.moments import span
from pages.texts import read_line
from people.models import User
from refusals.errors import Invalid, Refused


@transaction.atomic
def ask_approval(change_id: int, *, by: User, version: int | None = None) -> Change:
    """Ask whoever may approve it; from now on two minutes count. Asked already, nothing happens.

    Refuses (``change_required``, softly) what is not written yet, and what runs or is over.
    """
    change, incident = enter_change(change_id, by=by, helpers=True)
    if change.state in (ChangeState.ASKED, ChangeState.APPROVED):
        return change
    check_as_read(change, version)
    check_waiting(change, "asked for")
    if not incident.is_open:
        raise Refused("invalid_transition", "The incident has ended; nothing starts any more.")
    gate = Gate(incident)
    gate.judge(why_not_written(change, change.card))
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
    check_as_read(change, version)
    if change.state != ChangeState.ASKED:
        check_waiting(change, "approved")
        raise Refused("invalid_transition", "Nobody asked for its approval yet. Ask first.")
    card, moment = change.card, now()
    facts = facts_of(incident)
    approver = recorded_by_voice_of or by
    gate = Gate(incident)
    gate.judge(why_not_written(change, card))
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
        gate.mark(VOICE)
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
    took = f", written in {span(change.written_in_s)}" if change.written_in_s else ""
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
    check_as_read(change, version)
    check_waiting(change, "sent back")
    if not reason:
        raise Refused("reason_required", "Say in a line what has to be thought through again.")
    asked_by = change.asked_by
    back_to_draft(change)
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
    back_to_draft(change)
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


def let_go(change: Change, reason: str) -> None:
    """Nobody needs to approve it any more: its deadline and what has not left yet end."""
    release_deadline(ApprovalWaiting.name, change, reason=reason)
    cancel_deliveries(source=ApprovalWaiting.source(change), reason=reason)
