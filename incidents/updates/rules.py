"""What an update must hold and may promise, and when somebody else spoke first (P02, P41 to P44).

Each reads or refuses; nothing is written here.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from clock.moments import SKEW
from incidents.cadence.intervals import interval_of, latest_next_update
from incidents.cards.queries import NextMove
from incidents.record.models import Incident
from incidents.updates.models import Update
from pages.texts import read_line, read_text
from refusals.errors import Invalid, Refused

SUMMARY_LIMIT = 280
FEWER_MOVES = "Fewer than two moves are planned."


def read_texts(
    status_text: str, hypothesis: str, current_action: str, executive_summary: str
) -> dict[str, str]:
    """What we know, think and do now, and the summary, which may be what we know.

    Refuses ``status_required`` with ``missing``, and ``summary_too_long``.
    """
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
    check_length(texts["executive_summary"])
    return texts


def check_length(summary: str) -> None:
    """Refuse (``summary_too_long``) a summary that does not fit on a phone."""
    if len(summary) > SUMMARY_LIMIT:
        raise Refused(
            "summary_too_long",
            f"The executive summary has {len(summary)} characters; {SUMMARY_LIMIT} fit on a phone. "
            "Move the detail to the technical note.",
            limit=SUMMARY_LIMIT,
            length=len(summary),
        )


def check_statement(incident: Incident) -> None:
    """Refuse (``statement_required``) to speak before the miss was named (P02)."""
    if incident.statement_confirmed_at is None:
        raise Refused(
            "statement_required",
            "Name the miss in plain words first, or with this update: what happened, to whom.",
            suggestion=incident.called,
        )


def read_promise(
    incident: Incident,
    moment: datetime,
    next_update_at: datetime | None,
    *,
    said_at: datetime | None,
) -> datetime | None:
    """When the next update is promised for, which may pass the latest by as much as a clock.

    Refuses ``next_update_required`` and ``next_update_too_late`` with ``latest`` (P42). What was
    said at ``said_at`` and is recorded afterwards need not promise anything, and moves no promise
    later than the one that stands.
    """
    if not incident.makes_promises:
        return next_update_at
    if said_at is not None and (next_update_at is None or next_update_at <= moment):
        return None
    latest = latest_next_update(incident, moment)
    if next_update_at is None or next_update_at <= moment:
        raise Refused(
            "next_update_required",
            f"Say when the next update comes: a time to come, {_at_most(incident)}.",
            latest=_iso(latest),
        )
    if said_at is not None:
        standing = incident.next_update_at or latest
        return min(next_update_at, standing if standing > moment else latest, latest)
    if next_update_at > latest + SKEW:
        raise Refused(
            "next_update_too_late",
            f"{incident.severity.upper()} promises the next update {_at_most(incident)}. "
            "Promise that, or ask the commander for another cadence.",
            latest=_iso(latest),
        )
    return min(next_update_at, latest)


def _at_most(incident: Incident) -> str:
    """The latest in words that hold in every zone."""
    if incident.is_in_recovery:
        times = " or ".join(f"{one:%H:%M}" for one in incident.set_times)
        return f"by the next set time, {times} in {incident.cadence_zone}"
    return f"within {interval_of(incident).total_seconds() / 60:.0f} minutes"


def read_moves(
    planned: list[NextMove], given: Sequence[str | Mapping[str, Any]] | None
) -> list[NextMove]:
    """The next moves in plain words with their by-when (P18); not given, the top of Next (P44).

    A move is a sentence, or ``{"text", "by_when"}``. A sentence that is the title of a card at the
    top of Next, of which ``planned`` are the first two, is told with that card's by-when.
    """
    if given is None:
        return planned
    if len(given) > 10:
        raise Invalid({"next_moves": "Ten moves at most; people remember two."})
    known = {one.text: one.by_when for one in planned}
    moves = []
    for move in given:
        told: Mapping[str, Any] = move if isinstance(move, Mapping) else {"text": move}
        text = read_line("next_moves", told["text"], 300)
        if text:
            moves.append(NextMove(text, told["by_when"] if "by_when" in told else known.get(text)))
    return moves


def check_nobody_spoke(last: Update | None, seen: int) -> None:
    """Refuse (``stale`` with ``current``) an update written before ``last`` was published.

    ``seen`` is the number of the newest update its writer knew. ``by`` of ``last`` is loaded.
    """
    number = last.number if last is not None else 0
    if number < seen:
        raise Invalid({"for_update": f"The next update is number {number + 1}."})
    if last is not None and number > seen:
        raise Refused(
            "stale",
            f"{last.by.name if last.by else 'Somebody'} published update {number} meanwhile. "
            "Read it, then publish what is left to say.",
            current=update_as_dict(last),
        )


def update_as_dict(update: Update) -> dict[str, Any]:
    """What ``stale`` answers as the update that is current; ``by`` is loaded."""
    return {
        "number": update.number,
        "by": update.by.email if update.by else None,
        "published_at": _iso(update.published_at),
        "status_text": update.status_text,
        "hypothesis": update.hypothesis,
        "current_action": update.current_action,
        "risks": update.risks,
        "next_moves": update.next_moves,
        "executive_summary": update.executive_summary,
        "technical_note": update.technical_note,
        "next_update_at": _iso(update.next_update_at),
        "is_all_clear": update.is_all_clear,
    }


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat().replace("+00:00", "Z") if moment else None
