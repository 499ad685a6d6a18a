"""What agents leave, and what people make of it (P37)."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from clock.queries import now
from incidents.agents.models import AgentNote, Draft
from incidents.record.models import Incident, TimelineEntry
from incidents.record.timeline import record
from incidents.roster.permissions import Act, check_may
from incidents.roster.presence import enter, enter_part
from incidents.updates.queries import last_number_of
from pages.texts import read_line, read_text
from people.models import User
from refusals.errors import AgentMayNot, Forbidden, Invalid, NotVisible, Refused

PARAGRAPHS = ("status_text", "hypothesis", "current_action", "risks")


def keep_agent_note(
    incident: Incident, *, by: User, text: str, at: datetime | None
) -> TimelineEntry:
    """Write what an agent noted, unconfirmed; the caller holds the incident's lock.

    The same words of the same agent, still unconfirmed, are one.
    """
    token = by.agent
    if token is None:
        raise AgentMayNot
    same = AgentNote.objects.filter(incident=incident, token=token, text=text, is_confirmed=None)
    standing = same.first()
    if standing is not None:
        return incident.entries.get(seq=standing.seq)
    entry = record(
        incident,
        "agent_note",
        by=by,
        text=f"unconfirmed: {text}",
        at=at,
        afterwards=at is not None,
    )
    AgentNote.objects.create(
        incident=incident, seq=entry.seq, text=text, token=token, by=by, at=entry.at
    )
    return entry


@transaction.atomic
def confirm_note(incident: Incident, seq: int, *, by: User) -> AgentNote:
    """Make a fact of what an agent noted, in the confirmer's name. Confirmed already it stays.

    A person's (``Forbidden`` for a program). Refuses (``invalid_transition``) what was rejected.
    """
    incident, note = _enter_note(incident, seq, by=by)
    if note.is_confirmed:
        return note
    _settle(note, by, is_confirmed=True)
    record(
        incident,
        "note_confirmed",
        by=by,
        text=f"confirmed what agent {note.token.name} noted: {note.text}",
        at=note.at,
        afterwards=True,
        agentnote=note.pk,
        line=seq,
    )
    return note


@transaction.atomic
def reject_note(incident: Incident, seq: int, *, by: User, reason: str = "") -> AgentNote:
    """Say that what an agent noted is wrong; the line stays, marked. Rejected already it stays.

    A person's (``Forbidden`` for a program). Refuses (``invalid_transition``) what was confirmed.
    """
    reason = read_line("reason", reason, 500)
    incident, note = _enter_note(incident, seq, by=by)
    if note.is_confirmed is False:
        return note
    _settle(note, by, is_confirmed=False)
    record(
        incident,
        "note_rejected",
        by=by,
        text=f"said it is wrong, what agent {note.token.name} noted: {note.text}"
        + (f" ({reason})" if reason else ""),
        agentnote=note.pk,
        line=seq,
        reason=reason,
    )
    return note


def _enter_note(incident: Incident, seq: int, *, by: User) -> tuple[Incident, AgentNote]:
    incident = enter(incident, by=by)
    if by.is_program:
        raise Forbidden("A person confirms what an agent noted, not a program.")
    notes = AgentNote.objects.select_related("token").filter(incident=incident, seq=seq)
    note = notes.first()
    if note is None:
        raise NotVisible
    return incident, note


def _settle(note: AgentNote, by: User, *, is_confirmed: bool) -> None:
    if note.is_confirmed is not None:
        said = "confirmed" if note.is_confirmed else "rejected"
        raise Refused("invalid_transition", f"Somebody {said} it already. Write a note instead.")
    note.is_confirmed, note.settled_at, note.settled_by = is_confirmed, now(), by
    note.save(update_fields=["is_confirmed", "settled_at", "settled_by"])


@transaction.atomic
def write_draft(
    incident: Incident,
    *,
    by: User,
    status_text: str = "",
    hypothesis: str = "",
    current_action: str = "",
    risks: str = "",
    next_moves: Sequence[str] = (),
    executive_summary: str = "",
    technical_note: str = "",
) -> Draft:
    """Write an update beforehand; a person reads, changes and publishes it, nobody else does.

    A new one of the same agent or person for the same update takes the place of theirs. Refuses
    (``Invalid``) one that says nothing, and an incident that promises no update
    (``invalid_transition``).
    """
    incident = enter(incident, by=by, agents=True)
    if not incident.is_open:
        raise Refused("invalid_transition", "The incident has ended. Nothing is awaited.")
    texts = {
        name: read_text(name, value, 2000)
        for name, value in zip(
            PARAGRAPHS, (status_text, hypothesis, current_action, risks), strict=True
        )
    }
    texts["executive_summary"] = read_line("executive_summary", executive_summary, 2000)
    texts["technical_note"] = read_text("technical_note", technical_note, 10_000)
    moves = [read_line("next_moves", move, 300) for move in next_moves]
    if not any(texts.values()):
        raise Invalid({"status_text": "Write what is known."})
    number = last_number_of(incident) + 1
    mine = incident.drafts.filter(by=by, token=by.token, number=number, dropped_at=None)
    mine.update(dropped_at=now())
    draft = Draft.objects.create(
        incident=incident,
        number=number,
        token=by.token,
        by=by,
        at=now(),
        next_moves=[move for move in moves if move],
        **texts,
    )
    record(
        incident,
        "draft_written",
        by=by,
        text=f"drafted update {number}",
        draft=draft.pk,
    )
    return draft


@transaction.atomic
def drop_draft(draft_id: int, *, by: User) -> Draft:
    """Put a draft aside; twice is once."""
    draft, incident = enter_part(Draft.objects.all(), draft_id, by=by)
    if draft.dropped_at is None:
        draft.dropped_at = now()
        draft.save(update_fields=["dropped_at"])
        record(
            incident,
            "draft_dropped",
            by=by,
            text=f"put the draft of update {draft.number} aside",
            draft=draft.pk,
        )
    return draft


def switch_agents(incident: Incident, by: User, value: bool) -> None:
    """Let agents suggest here, or not; the caller holds the lock. The same again is nothing.

    The commander's or an administrator's (``only_commander``).
    """
    if bool(value) == incident.agents_on:
        return
    check_may(incident, by, Act.AGENTS)
    incident.agents_on = bool(value)
    incident.save(update_fields=["agents_on"])
    record(
        incident,
        "agents_switched",
        by=by,
        text="let agents speak again" if value else "switched agents off",
        after=incident.agents_on,
    )
