"""Publishing updates (P41 to P44) and the all-clear (P49)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from clock.moments import SKEW
from incidents.attachments.actions import use_attachments
from incidents.attachments.queries import as_said
from incidents.cadence.intervals import latest_next_update
from incidents.cadence.promises import PROMISE, renew_promise
from incidents.cards.queries import NextMove
from incidents.record.afterwards import read_occurred
from incidents.record.locking import moment_of
from incidents.record.models import Incident, Kind, RoleAssignment
from incidents.record.timeline import record
from incidents.roster.presence import enter, held_in
from incidents.roster.queries import roster
from incidents.updates.answering import answer_in_update, read_answers
from incidents.updates.facts import facts
from incidents.updates.models import Update
from incidents.updates.queries import Beside, beside_of, last_number_of, last_update_of
from incidents.updates.rules import (
    FEWER_MOVES,
    check_length,
    check_nobody_spoke,
    check_statement,
    read_moves,
    read_promise,
    read_texts,
)
from incidents.updates.statement import confirm_statement
from pages.markdown import render_markdown
from pages.texts import is_nothing, read_line, read_text
from people.models import User
from prepared.writing import insert
from refusals.errors import Refused


@transaction.atomic
def publish_update(
    incident: Incident,
    *,
    by: User,
    status_text: str,
    hypothesis: str,
    current_action: str,
    executive_summary: str,
    next_update_at: datetime | None,
    statement: str | None = None,
    risks: str = "",
    next_moves: Sequence[str | Mapping[str, Any]] | None = None,
    technical_note: str = "",
    answers: Iterable[int | Mapping[str, Any]] = (),
    attachments: Sequence[int] = (),
    for_update: int | None = None,
    occurred_at: datetime | None = None,
    version: int | None = None,
) -> Update:
    """Publish an update, keep the promised one, promise the next, and answer the update.

    The facts are computed and frozen, the end state and the next two moves are added with their
    by-when (moves not given come from the top of Next; ``read_moves`` says what a move is).
    Refuses: ``statement_required`` before the miss was named (``statement`` may carry it),
    ``status_required`` with ``missing``, ``summary_too_long`` above 280 characters,
    ``next_update_required`` without a time in the future, ``next_update_too_late`` beyond the
    cadence, an ended incident. ``answers`` are waiting questions of this incident, each an id (the
    summary is its answer) or ``{"question": id, "text": its own line}``. A near miss
    promises nothing, so its next time may be missing. ``attachments`` are files of this incident
    that belong to the technical note.

    ``for_update`` is the number it was written for: when that one was published meanwhile it is
    refused (``stale`` with ``current``). ``occurred_at`` records afterwards what was said by other
    means then, also of an ended incident: marked, and free to promise nothing. A promise that it
    carries never lies later than the one that stands.

    The same update by the same person again, with the same promise, is once. Of two who publish at
    once one wins, the other hears ``stale`` with what was published.
    """
    seen = last_number_of(incident) if for_update is None else for_update - 1
    incident = enter(incident, by=by, version=version, whole=True)
    moment = moment_of(incident)
    said_at = read_occurred(incident, occurred_at, moment)
    if not incident.is_open and said_at is None:
        raise Refused(
            "invalid_transition", "The incident has ended. Reopen it to speak to people again."
        )
    texts = read_texts(status_text, hypothesis, current_action, executive_summary)
    texts["risks"] = read_text("risks", risks, 2000)
    last = last_update_of(incident)
    if last is not None:
        last.incident = incident
    if (
        last is not None
        and _is_the_same(last, by, next_update_at, texts, said_at)
        and [one["id"] for one in last.files] == [*attachments]
    ):
        return last
    check_nobody_spoke(last, seen)
    if statement is not None and not is_nothing(statement):
        confirm_statement(incident, by=by, text=statement)
    check_statement(incident)
    next_update_at = read_promise(incident, moment, next_update_at, said_at=said_at)
    lines = read_answers(incident, answers)
    held, beside = held_in(incident), beside_of(incident)
    update = _write(
        incident,
        by=by,
        held=held,
        moment=moment,
        said_at=said_at,
        next_update_at=next_update_at if incident.makes_promises else None,
        beside=beside,
        next_moves=read_moves(beside.next, next_moves),
        technical_note=technical_note,
        last=last,
        files=use_attachments(incident, attachments, by=by),
        **texts,
    )
    answered = answer_in_update(incident, update, lines, by=by, moment=moment)
    if incident.makes_promises and next_update_at is not None:
        renew_promise(
            incident, at=moment, due_at=next_update_at, kept_at=said_at or moment, held=held
        )
    record(
        incident,
        "update_published",
        by=by,
        text=f"published update {update.number}: {update.executive_summary}",
        at=said_at,
        afterwards=said_at is not None,
        also=PROMISE,
        number=update.number,
        was_late=update.was_late,
        executive_summary=update.executive_summary,
        next_update_at=_iso(update.next_update_at),
        answers=answered,
        **as_said(update.files),
    )
    if not answered:
        update.answer_rows = []  # type: ignore[attr-defined]
    return update


def _is_the_same(
    last: Update,
    by: User,
    next_update_at: datetime | None,
    texts: dict[str, str],
    said_at: datetime | None,
) -> bool:
    said = all(getattr(last, name) == text for name, text in texts.items())
    if not said or last.by != by:
        return False
    if said_at is not None:
        return last.afterwards and last.published_at == said_at
    return not last.afterwards and _is_promised(last, next_update_at)


def _is_promised(last: Update, wanted: datetime | None) -> bool:
    """Whether ``last`` promises what was ``wanted``, which may have passed the latest a little."""
    promised = last.next_update_at
    if promised is None or wanted is None or promised == wanted:
        return promised == wanted
    was_latest = promised == latest_next_update(last.incident, last.published_at)
    return was_latest and promised < wanted <= promised + SKEW


@dataclass(frozen=True)
class AllClear:
    """What resolving says: for executives, for engineers, what follows, who watches tonight.

    ``statement`` names the miss when nobody did before; ``answers`` are as those of an update.
    """

    executive_summary: str
    technical_note: str = ""
    what_follows: str = ""
    watching: str = ""
    statement: str = ""
    answers: Sequence[int | Mapping[str, Any]] = ()


def publish_all_clear(
    incident: Incident, all_clear: AllClear, *, by: User, moment: datetime
) -> Update:
    """Publish the last update of an incident that is being resolved; the caller holds the lock.

    Refuses ``statement_required`` when it is the first word and does not carry the statement (that
    of a near miss is its title), and ``summary_too_long``. It answers the questions it names; what
    becomes of the others is the caller's.
    """
    if not is_nothing(all_clear.statement):
        confirm_statement(incident, by=by, text=all_clear.statement)
    elif incident.kind == Kind.NEAR_MISS:
        confirm_statement(incident, by=by, text=incident.called)
    check_statement(incident)
    summary = read_line("all_clear.executive_summary", all_clear.executive_summary, 10_000)
    check_length(summary)
    lines = read_answers(incident, all_clear.answers)
    update = _write(
        incident,
        last=last_update_of(incident),
        by=by,
        held=roster(incident),
        moment=moment,
        said_at=None,
        next_update_at=None,
        beside=beside_of(incident),
        next_moves=[],
        technical_note=all_clear.technical_note,
        status_text=summary,
        hypothesis="",
        current_action="",
        executive_summary=summary,
        is_all_clear=True,
        what_follows=read_text("all_clear.what_follows", all_clear.what_follows, 2000),
        watching=read_line("all_clear.watching", all_clear.watching, 200),
    )
    answer_in_update(incident, update, lines, by=by, moment=moment)
    return update


def say_when_reviewed(incident: Incident, number: int, at: datetime) -> None:
    """Add to the facts of all-clear ``number`` when the review meets (P49).

    For whoever opens the review in the transaction that publishes it: to readers the facts are
    frozen as ever. Nothing where there is no such all-clear. Two queries.
    """
    update = incident.updates.filter(number=number, is_all_clear=True).first()
    if update is None:
        return
    update.facts = {**update.facts, "review_at": _iso(at)}
    update.save(update_fields=["facts"])


def _write(
    incident: Incident,
    *,
    by: User,
    held: Iterable[RoleAssignment],
    beside: Beside,
    moment: datetime,
    said_at: datetime | None,
    technical_note: str,
    next_moves: list[NextMove],
    last: Update | None,
    **fields: Any,
) -> Update:
    note = read_text("technical_note", technical_note, 10_000)
    is_short = len(next_moves) < 2 and not fields.get("is_all_clear")
    update = Update(
        incident=incident,
        number=(last.number if last else 0) + 1,
        by=by,
        published_at=said_at or moment,
        afterwards=said_at is not None,
        next_moves=[one.text for one in next_moves],
        technical_note=note,
        technical_html=render_markdown(note) if note else "",
        end_state=incident.end_state,
        facts={
            **facts(incident, moment, held=held, beside=beside),
            "fewer_than_two_moves": FEWER_MOVES if is_short else "",
            "moves_by": [_iso(one.by_when) for one in next_moves],
        },
        was_late=incident.update_overdue_at(said_at or moment),
        **fields,
    )
    insert(update)
    return update


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat().replace("+00:00", "Z") if moment else None
