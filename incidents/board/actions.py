"""Everything that changes a card. What a card needs where it goes stands in ``incidents.gates``."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from clock.queries import now
from deadlines.actions import move_deadline
from incidents.attachments.actions import use_attachments
from incidents.attachments.queries import as_said
from incidents.board.deadlines import TimeBox
from incidents.board.fields import TEXTS, read_column, read_proof, write_on
from incidents.board.files import carry, keep_as_evidence
from incidents.board.placing import length_of, place
from incidents.board.timing import follow_time_box, leave_done, read_when, set_times
from incidents.board.versions import check_seen
from incidents.board.words import listed, moved_words, plain, said
from incidents.cards.entering import enter_card
from incidents.cards.models import Card, Column, Source
from incidents.cards.origins import check_origin, check_theirs, first_risk, suggested_by
from incidents.cards.queries import card_on, forget_carried, others_in
from incidents.gates import rules
from incidents.gates.actions import judge_change, judge_column
from incidents.gates.requirements import requirements
from incidents.record.gate import Gate
from incidents.record.locking import moment_of
from incidents.record.models import Incident
from incidents.record.timeline import record
from incidents.roster.presence import enter
from pages.texts import read_line
from people.models import User
from prepared.writing import insert, update
from refusals.errors import Invalid, Refused


@transaction.atomic
def add_card(
    incident: Incident,
    *,
    by: User,
    title: str,
    column: str | None = None,
    owner: User | None = None,
    pair: User | None = None,
    time_box_min: int | None = None,
    time_box_reason: str = "",
    serves: str | int | None = None,
    expected_proof: str = "",
    risk: str = "",
    tests: int | None = None,
    by_when: datetime | None = None,
    rolls_back: int | None = None,
    undoes: str = "",
    source: str = Source.HUMAN,
    ai_tool: str = "",
    proof: str = "",
    attachments: Sequence[int] = (),
    occurred_at: datetime | None = None,
) -> Card:
    """Capture a card at the end of a column.

    Without ``column`` it goes to Next, or to Parked when it serves nothing (P23; not before an
    end state is written). ``serves`` is ``"end_state"`` or a signal's id, ``tests`` a hypothesis'
    id, ``rolls_back`` the id of a change of this incident that ran, ``undoes`` says what else it
    undoes. What a tool suggested (``source="ai"``) starts as destructive; what an agent writes is
    such a suggestion, named after it (P37). ``attachments`` are files of this incident; of what is
    recorded as done they are its proof. Refuses what the column refuses, as ``move_card``, of
    which ``occurred_at`` is, too.
    """
    incident = enter(incident, by=by, helpers=True, agents=True)
    suggested_by(by, column=column, owner=owner, pair=pair)
    if by.agent is not None:
        source, ai_tool = Source.AI, by.agent.name
    card = Card(incident=incident, created_by=by, created_at=now())
    write_on(
        card,
        incident,
        {
            "title": title,
            "owner": owner,
            "pair": pair,
            "time_box_min": time_box_min,
            "time_box_reason": time_box_reason,
            "serves": serves,
            "expected_proof": expected_proof,
            "risk": first_risk(risk, source, by=by),
            "tests": tests,
            "by_when": by_when,
            "rolls_back": rolls_back,
            "undoes": undoes,
            "source": source,
            "ai_tool": ai_tool,
        },
    )
    check_theirs(card, by)
    card.proof = read_proof(proof)
    if column is None:
        serves_nothing = card.serves is None and bool(incident.end_state)
        column = Column.PARKED if serves_nothing else Column.NEXT
    column = read_column(column)
    at = read_when(card, incident, column, occurred_at)
    files = use_attachments(incident, attachments, by=by)
    card.files, card.proof_files = ([], files) if column == Column.DONE else (files, [])
    gate = judge_column(card, incident, column, by=by, is_new=True, afterwards=at is not None)
    card.column, card.position = column, length_of(incident.pk, column)
    set_times(card, at or card.created_at)
    insert(card)
    follow_time_box(card, incident, None)
    _tell_of_change(card, incident, {"risk", "rolls_back", "undoes"}, by=by)
    record(
        incident,
        "card_added",
        by=by,
        text=f"added “{card.title}” to {card.get_column_display()}{said(gate)}",
        at=at,
        afterwards=at is not None,
        card=card.pk,
        title=card.title,
        column=column,
        serves=card.serves,
        source=card.source,
        marks=list(card.marks),
        **as_said(files),
    )
    if column == Column.DONE:
        keep_as_evidence(card, incident, by=by)
    return card


@transaction.atomic
def change_card(card_id: int, *, by: User, version: int | None, **fields: Any) -> Card:
    """Change what stands on a card: the fields of ``add_card``, and ``column`` to move it too.

    ``version`` is the one that was read; an older one is refused (``stale`` with the current
    card). ``attachments`` are all files that it carries from then on, beside its proof's. The same
    values again change nothing. What Now asked for stays asked for while the card is in Now, and
    its running time box changes only by ``extend_time_box``. No token changes who suggested it, or
    calls less risky what an AI suggested (``Forbidden``).
    """
    card, incident = enter_card(card_id, by=by)
    check_seen(card, version)
    to = read_column(fields.pop("column", None) or card.column)
    was_min, marks, risk_before = card.time_box_min, list(card.marks), card.risk
    source_before = (card.source, card.ai_tool)
    attachments = fields.pop("attachments", None)
    changed = write_on(card, incident, fields)
    changed += carry(card, incident, attachments, by=by)
    check_theirs(card, by)
    check_origin(card, source=source_before, risk=risk_before, by=by)
    if changed:
        rules.check_workable(incident, card.column)
        if card.column == Column.NOW and card.time_box_min != was_min:
            raise Invalid({"time_box_min": "The time box is running. Extend it, with a reason."})
        _tell_of_change(card, incident, set(changed), by=by)
        gate = judge_change(card, incident, set(changed), by=by, risk_before=risk_before)
        card.version += 1
        update(card)
        if card.column == Column.NOW and "owner" in changed:
            follow_time_box(card, incident, Column.NOW)
        record(
            incident,
            "card_changed",
            by=by,
            text=f"changed “{card.title}”: {listed(changed)}{said(gate, marks)}",
            card=card.pk,
            title=card.title,
            changed={name: plain(card, name) for name in changed},
            marks=list(card.marks),
            **as_said(card.files if "attachments" in changed else ()),
        )
    if to != card.column:
        _move(card, incident, by=by, to=to, position=None, proof="")
    return card


@transaction.atomic
def move_card(
    card: Card | int,
    *,
    by: User,
    to: str,
    position: int | None = None,
    proof: str = "",
    attachments: Sequence[int] = (),
    version: int | None,
    occurred_at: datetime | None = None,
) -> Card:
    """Move a card to a column, and there to a place counted from 0 (default: the end).

    ``card`` is its id, or the card as it was read: a query less. ``version`` is the one that was
    read; an older one is refused (``stale``, with the current card), so of two who move it at once
    one succeeds. Now asks P10, P15, P23, P31, P32 and P38, Next P23, Done P33, and P31 where it was
    never in Now: whose it is and its risk. ``attachments`` are files of this incident that prove
    it, for Done alone. Starts and ends the time box. ``occurred_at`` records afterwards when it
    entered Now or Done, which escapes ◆ and a stop, marked. Where it already is, nothing happens.
    """
    fresh, incident = enter_card(card, by=by)
    check_seen(fresh, version)
    if position is not None and position < 0:
        raise Invalid({"position": "Places count from 0."})
    to = read_column(to)
    at = read_when(fresh, incident, to, occurred_at)
    files = use_attachments(incident, attachments, by=by) if to == Column.DONE else []
    return _move(fresh, incident, by=by, to=to, position=position, proof=proof, files=files, at=at)


@transaction.atomic
def extend_time_box(
    card_id: int, *, by: User, minutes: int, reason: str, version: int | None = None
) -> Card:
    """Give a card in Now ``minutes`` (5 to 60) more, from its end or, when that is past, from now.

    Refuses without a reason (``reason_required``) and an older ``version`` where one is given.
    Moves the deadline.
    """
    card, incident = enter_card(card_id, by=by)
    if version is not None:
        check_seen(card, version)
    if card.column != Column.NOW or card.time_box_ends_at is None or card.entered_now_at is None:
        raise Invalid({"minutes": "The card is not in Now, so no time box is running."})
    if not rules.SHORTEST_MIN <= minutes <= rules.LONGEST_MIN:
        raise Invalid({"minutes": "Extend by 5 to 60 minutes."})
    reason = read_line("reason", reason, TEXTS["time_box_reason"])
    if not reason:
        raise Refused("reason_required", "Say in a line why it needs more time, or park it.")
    rules.check_workable(incident, Column.NOW)
    card.time_box_ends_at = max(card.time_box_ends_at, moment_of(incident)) + timedelta(
        minutes=minutes
    )
    length = card.time_box_ends_at - card.entered_now_at
    card.time_box_min, card.time_box_reason = round(length.total_seconds() / 60), reason
    card.version += 1
    update(card)
    move_deadline(TimeBox.name, card, due_at=card.time_box_ends_at)
    record(
        incident,
        "card_extended",
        by=by,
        text=f"extended “{card.title}” by {minutes} min: {reason}",
        card=card.pk,
        title=card.title,
        minutes=minutes,
        reason=reason,
        ends_at=card.time_box_ends_at.isoformat(),
    )
    return card


@transaction.atomic
def swap_cards(card_id: int, *, by: User, start: int, version: int | None = None) -> Card:
    """Park the card that is in Now and start another in its place, in one step (P32).

    A started card without an owner gets the parked one's. Answers the started card; when that is
    already so, nothing happens. Refuses what entering Now refuses, and then neither moves.
    """
    card, incident = enter_card(card_id, by=by)
    other = card_on(incident, start)
    if other is None or other.pk == card.pk:
        raise Invalid({"with": "This incident has no such other card."})
    if card.column == Column.PARKED and other.column == Column.NOW:
        return other
    if version is not None:
        check_seen(card, version)
    if card.column != Column.NOW or other.column == Column.NOW:
        raise Invalid({"with": "A swap parks a card that is in Now and starts one that is not."})
    stood = card.position
    place(card, Column.PARKED, None)
    set_times(card, moment_of(incident))
    card.version += 1
    update(card)
    follow_time_box(card, incident, Column.NOW)
    if other.owner_id is None:
        other.owner = card.owner
    check_theirs(other, by)
    _tell_of_parking(card, incident, by=by)
    gate = judge_column(other, incident, Column.NOW, by=by)
    was = other.column
    place(other, Column.NOW, stood)
    leave_done(other, was)
    set_times(other, moment_of(incident))
    other.version += 1
    update(other)
    follow_time_box(other, incident, was)
    record(
        incident,
        "cards_swapped",
        by=by,
        text=f"parked “{card.title}” and started “{other.title}”{said(gate)}",
        parked=card.pk,
        started=other.pk,
        marks=list(other.marks),
    )
    return other


def _move(
    card: Card,
    incident: Incident,
    *,
    by: User,
    to: str,
    position: int | None,
    proof: str,
    files: list[dict[str, Any]] | None = None,
    at: datetime | None = None,
) -> Card:
    was, stood = card.column, card.position
    if to == was and (position is None or position == stood):
        return card
    if to == was:
        rules.check_workable(incident, to)
        gate = Gate(incident)
    else:
        leave_done(card, was)
        if to == Column.DONE:
            card.proof = read_proof(proof) or card.proof
            card.proof_files = files or card.proof_files
        gate = judge_column(card, incident, to, by=by, afterwards=at is not None)
    place(card, to, position, size=others_in(card, to), beside=others_in(card, was))
    if to == was and card.position == stood:
        # Past the end of its own column is where the last card already stands.
        return card
    if to != was:
        set_times(card, at or moment_of(incident))
    card.version += 1
    update(card)
    if to != was:
        follow_time_box(card, incident, was, at=at)
    if to == Column.PARKED != was:
        _tell_of_parking(card, incident, by=by)
    places: dict[str, Any] = {"from": was, "to": to}
    record(
        incident,
        "card_done" if to == Column.DONE != was else "card_moved",
        by=by,
        text=moved_words(card, was, by) + said(gate),
        at=at,
        afterwards=at is not None,
        card=card.pk,
        title=card.title,
        **places,
        position=card.position,
        owner=card.owner_id,
        proof=card.proof,
        marks=list(card.marks),
        **as_said(card.proof_files if to == Column.DONE != was else ()),
    )
    if to == Column.DONE != was:
        keep_as_evidence(card, incident, by=by)
    return card


def _tell_of_change(card: Card, incident: Incident, changed: set[str], *, by: User) -> None:
    for one in requirements():
        one.changed(card, incident, changed, by=by)
    forget_carried(card)


def _tell_of_parking(card: Card, incident: Incident, *, by: User) -> None:
    for one in requirements():
        one.parked(card, incident, by=by)
