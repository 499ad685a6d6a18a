"""What the API answers about the notes and drafts of agents."""

from datetime import datetime
from typing import Literal

from api.schema import Answer
from incidents.agents.models import AgentNote, Draft
from incidents.agents.queries import DraftView, NoteView


class UnconfirmedAnswer(Answer):
    """A note of an agent, no fact yet; ``by`` is who answers for the agent."""

    seq: int
    text: str
    agent: str
    by: str
    at: datetime


class NoteAnswer(Answer):
    """A note of an agent and what became of it."""

    seq: int
    incident: str
    text: str
    agent: str
    state: Literal["unconfirmed", "confirmed", "rejected"]
    settled_by: str | None
    settled_at: datetime | None


class WaitingDraftAnswer(Answer):
    """A draft of the next update."""

    id: int
    number: int
    agent: str
    by: str
    at: datetime
    summary: str


class DraftAnswer(Answer):
    """An update as a draft; nothing of it is published."""

    id: int
    incident: str
    number: int
    agent: str | None
    status_text: str
    hypothesis: str
    current_action: str
    risks: str
    next_moves: list[str]
    executive_summary: str
    technical_note: str


def unconfirmed_answer(note: NoteView) -> UnconfirmedAnswer:
    """A note that nobody decided on."""
    return UnconfirmedAnswer.of(note)


def note_answer(note: AgentNote, ref: str) -> NoteAnswer:
    """A note; its token and who settled it are loaded."""
    state: Literal["unconfirmed", "confirmed", "rejected"] = "unconfirmed"
    if note.is_confirmed is not None:
        state = "confirmed" if note.is_confirmed else "rejected"
    return NoteAnswer(
        seq=note.seq,
        incident=ref,
        text=note.text,
        agent=note.token.name,
        state=state,
        settled_by=note.settled_by.email if note.settled_by else None,
        settled_at=note.settled_at,
    )


def waiting_draft_answer(draft: DraftView) -> WaitingDraftAnswer:
    """A draft among others."""
    return WaitingDraftAnswer.of(draft)


def draft_answer(draft: Draft, ref: str) -> DraftAnswer:
    """A draft; its token is loaded."""
    return DraftAnswer.of(
        draft,
        incident=ref,
        agent=draft.token.name if draft.token and draft.token.is_agent else None,
    )
