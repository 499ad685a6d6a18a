"""Publishing updates (P41 to P44) and the all-clear (P49)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from clock.moments import SKEW
from clock.queries import now
from deadlines.actions import keep_deadline
from incidents.board.models import Card, Column
from incidents.board.queries import cards_in, next_moves_of
from incidents.record.models import Incident
from incidents.record.timeline import record
from incidents.roster.presence import enter
from incidents.updates.cadence import latest_next_update
from incidents.updates.facts import facts
from incidents.updates.messages import Reply
from incidents.updates.models import Question, Update
from incidents.updates.promises import keep_update, promise_update
from incidents.updates.queries import decisions_after, last_number_of, last_update_of
from incidents.updates.statement import confirm_statement
from pages.markdown import as_plain, render_markdown
from pages.texts import is_nothing, read_line, read_text
from people.models import User
from refusals.errors import Invalid, Refused

SUMMARY_LIMIT = 280
FEWER_MOVES = "Fewer than two moves are planned."


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
    next_moves: Sequence[str] | None = None,
    technical_note: str = "",
    answers: Iterable[int] = (),
    version: int | None = None,
) -> Update:
    """Publish an update, keep the promised one, promise the next, and answer the update.

    The facts are computed and frozen, the end state and the next two moves are added (moves not
    given come from the top of Next). Refuses: ``statement_required`` before the miss was named
    (``statement`` may carry it), ``status_required`` with ``missing``, ``summary_too_long`` above
    280 characters, ``next_update_required`` without a time in the future, ``next_update_too_late``
    beyond the cadence, an ended incident. ``answers`` are questions of this incident that the
    update answers. A near miss promises nothing, so its next time may be missing.

    The same update by the same person again, with the same promise, is once. Of two who publish at
    once one wins, the other hears ``stale`` with what was published.
    """
    seen = last_number_of(incident)
    incident = enter(incident, by=by, version=version)
    moment = now()
    if not incident.is_open:
        raise Refused(
            "invalid_transition", "The incident has ended. Reopen it to speak to people again."
        )
    texts = _read_texts(status_text, hypothesis, current_action, executive_summary)
    texts["risks"] = read_text("risks", risks, 2000)
    last = last_update_of(incident)
    if last is not None and _is_the_same(last, by, next_update_at, texts):
        return last
    _check_nobody_spoke(last, seen)
    if statement is not None and not is_nothing(statement):
        confirm_statement(incident, by=by, text=statement)
    if incident.statement_confirmed_at is None:
        raise Refused(
            "statement_required",
            "Name the miss in plain words first, or with this update: what happened, to whom.",
            suggestion=incident.statement or incident.title,
        )
    next_update_at = _read_promise(incident, moment, next_update_at)
    update = _write(
        incident,
        by=by,
        moment=moment,
        next_update_at=next_update_at if incident.makes_promises else None,
        next_moves=_read_moves(incident, next_moves),
        technical_note=technical_note,
        last=last,
        **texts,
    )
    answered = _answer(incident, update, answers, by=by, moment=moment)
    if incident.makes_promises and next_update_at is not None:
        keep_update(incident, at=moment)
        promise_update(incident, at=moment, due_at=next_update_at)
    until = f"; next at {next_update_at:%H:%M} UTC" if update.next_update_at else ""
    record(
        incident,
        "update_published",
        by=by,
        text=f"published update {update.number}{until}: {update.executive_summary}",
        number=update.number,
        was_late=update.was_late,
        executive_summary=update.executive_summary,
        next_update_at=_iso(update.next_update_at),
        answers=answered,
    )
    return update


def _is_the_same(
    last: Update, by: User, next_update_at: datetime | None, texts: dict[str, str]
) -> bool:
    said = all(getattr(last, name) == text for name, text in texts.items())
    return said and last.by == by and _is_promised(last, next_update_at)


def _is_promised(last: Update, wanted: datetime | None) -> bool:
    """Whether ``last`` promises what was ``wanted``, which may have passed the latest a little."""
    promised = last.next_update_at
    if promised is None or wanted is None or promised == wanted:
        return promised == wanted
    was_latest = promised == latest_next_update(last.incident, last.published_at)
    return was_latest and promised < wanted <= promised + SKEW


def _check_nobody_spoke(last: Update | None, seen: int) -> None:
    if last is not None and last.number != seen:
        raise Refused(
            "stale",
            f"{last.by.name if last.by else 'Somebody'} published update {last.number} at the same "
            "moment. Read it, then publish what is left to say.",
            current=update_as_dict(last),
        )


def update_as_dict(update: Update) -> dict[str, Any]:
    """What ``stale`` answers as the update that is current; ``by`` is loaded."""
    return {
        "number": update.number,
        "by": update.by.email if update.by else None,
        "published_at": _iso(update.published_at),
        "status_text": update.status_text,
        "executive_summary": update.executive_summary,
        "next_update_at": _iso(update.next_update_at),
        "is_all_clear": update.is_all_clear,
    }


@dataclass(frozen=True)
class AllClear:
    """What resolving says: for executives, for engineers, what follows, who watches tonight."""

    executive_summary: str
    technical_note: str = ""
    what_follows: str = ""
    watching: str = ""


def publish_all_clear(
    incident: Incident, all_clear: AllClear, *, by: User, moment: datetime
) -> Update:
    """Publish the last update of an incident that is being resolved; the caller holds the lock."""
    if incident.statement_confirmed_at is None:
        confirm_statement(incident, by=by, text=incident.statement or incident.title)
    summary = read_line(
        "all_clear.executive_summary",
        all_clear.executive_summary,
        10_000,
    )
    _check_length(summary)
    return _write(
        incident,
        last=last_update_of(incident),
        by=by,
        moment=moment,
        next_update_at=None,
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


def _read_texts(
    status_text: str, hypothesis: str, current_action: str, executive_summary: str
) -> dict[str, str]:
    texts = {
        "status_text": read_text("status_text", status_text, 2000),
        "hypothesis": read_text("hypothesis", hypothesis, 2000),
        "current_action": read_text("current_action", current_action, 2000),
        # Longer than any summary may be, so that the rule can say so in its own words.
        "executive_summary": read_line("executive_summary", executive_summary, 10_000),
    }
    if not texts["executive_summary"] and len(texts["status_text"]) <= SUMMARY_LIMIT:
        texts["executive_summary"] = read_line(
            "executive_summary", texts["status_text"], SUMMARY_LIMIT
        )
    if missing := [name for name, text in texts.items() if not text]:
        raise Refused(
            "status_required",
            "An update says what we know, what we think and what we do now. "
            "“We don’t know yet” is an answer; silence is not.",
            missing=missing,
        )
    _check_length(texts["executive_summary"])
    return texts


def _check_length(summary: str) -> None:
    if len(summary) > SUMMARY_LIMIT:
        raise Refused(
            "summary_too_long",
            f"The executive summary has {len(summary)} characters; {SUMMARY_LIMIT} fit on a phone. "
            "Move the detail to the technical note.",
            limit=SUMMARY_LIMIT,
            length=len(summary),
        )


def _read_promise(
    incident: Incident, moment: datetime, next_update_at: datetime | None
) -> datetime | None:
    if not incident.makes_promises:
        return next_update_at
    latest = latest_next_update(incident, moment)
    if next_update_at is None or next_update_at <= moment:
        raise Refused(
            "next_update_required",
            f"Say when the next update comes: a time to come, {latest:%H:%M} UTC at the latest.",
            latest=_iso(latest),
        )
    if next_update_at > latest + SKEW:
        raise Refused(
            "next_update_too_late",
            f"{incident.severity.upper()} promises the next word by {latest:%H:%M} UTC. "
            "Promise that, or lower the severity.",
            latest=_iso(latest),
        )
    return min(next_update_at, latest)


def _read_moves(incident: Incident, given: Sequence[str] | None) -> list[str]:
    """The next moves in plain words; not given, they come from the top of Next (P44)."""
    if given is None:
        return next_moves_of(incident)
    if len(given) > 10:
        raise Invalid({"next_moves": "Ten moves at most; people remember two."})
    moves = [read_line("next_moves", move, 300) for move in given]
    return [move for move in moves if move]


def _write(
    incident: Incident,
    *,
    by: User,
    moment: datetime,
    technical_note: str,
    next_moves: list[str],
    last: Update | None,
    **fields: Any,
) -> Update:
    note = read_text("technical_note", technical_note, 10_000)
    return Update.objects.create(
        incident=incident,
        number=(last.number if last else 0) + 1,
        by=by,
        published_at=moment,
        next_moves=next_moves,
        technical_note=note,
        technical_html=render_markdown(_with_embedded(incident, note, last)),
        end_state=incident.end_state,
        facts={
            **facts(incident, moment),
            "fewer_than_two_moves": FEWER_MOVES if len(next_moves) < 2 else "",
        },
        was_late=incident.update_overdue_at(moment),
        **fields,
    )


def _with_embedded(incident: Incident, note: str, last: Update | None) -> str:
    """The technical note with the decisions since the last update and who is on what (P43)."""
    parts = [note] if note else []
    if lines := [f"- {as_plain(text)}" for text in decisions_after(incident, last)]:
        parts.append("### Decisions since the last update\n\n" + "\n".join(lines))
    if lines := [_now_line(card) for card in cards_in(incident, Column.NOW)]:
        parts.append("### Now\n\n" + "\n".join(lines))
    return "\n\n".join(parts)


def _now_line(card: Card) -> str:
    owner = as_plain(card.owner.name) if card.owner else "nobody"
    until = f", until {card.time_box_ends_at:%H:%M} UTC" if card.time_box_ends_at else ""
    return f"- {as_plain(card.title)}: {owner}{until}"


def _answer(
    incident: Incident, update: Update, answers: Iterable[int], *, by: User, moment: datetime
) -> list[int]:
    """Mark the questions that this update answers; its words are their answer."""
    wanted = set(answers)
    if not wanted:
        return []
    asked = Question.objects.filter(incident=incident, pk__in=wanted).select_related("by")
    waiting = list(asked.waiting())
    if unknown := wanted - {question.pk for question in asked}:
        raise Invalid({"answers": f"No question {min(unknown)} was asked here."})
    for question in waiting:
        question.answer = update.executive_summary
        question.answered_at, question.answered_by, question.answered_in = moment, by, update
        question.save()
        keep_deadline("question", question, at=moment, reason="An update answered it.")
        Reply.tell(incident, question, update.executive_summary)
    return [question.pk for question in waiting]


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat().replace("+00:00", "Z") if moment else None
