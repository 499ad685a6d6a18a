"""What the API answers about updates and questions."""

from datetime import datetime
from typing import Any

from api.schema import Answer, Person
from incidents.attachments.answers import FileAnswer, file_answers
from incidents.record.answers import ExpectedBackAnswer, said_answer
from incidents.updates.models import Question
from incidents.updates.told import AS_WRITTEN, Told
from people.answers import email_of


class AnsweredAnswer(Answer):
    """A question that an update answered, with its own line."""

    question: int
    text: str
    answer: str
    asked_by: str
    asked_at: datetime


class MoveAnswer(Answer):
    """A next move, and by when."""

    text: str
    by_when: datetime | None


class UpdateAnswer(Answer):
    """A published update with all its parts and the facts frozen into it.

    ``moves`` are ``next_moves`` with their by-when; ``expected_back`` is what stood then.
    ``technical_note`` is what was written, ``technical`` the same with what it embeds: the
    decisions since the update before and who was on what until when.
    """

    id: int
    incident: str
    number: int
    by: str | None
    by_person: Person | None
    published_at: datetime
    afterwards: bool
    is_all_clear: bool
    status_text: str
    hypothesis: str
    current_action: str
    risks: str
    next_moves: list[str]
    moves: list[MoveAnswer]
    expected_back: ExpectedBackAnswer | None
    fewer_than_two_moves: str
    executive_summary: str
    technical_note: str
    technical: str
    what_follows: str
    watching: str
    next_update_at: datetime | None
    end_state: str
    facts: dict[str, Any]
    answers: list[AnsweredAnswer]
    attachments: list[FileAnswer]
    was_late: bool


class QuestionAnswer(Answer):
    """A stakeholder's question and what became of it."""

    id: int
    incident: str
    text: str
    by: str
    by_person: Person
    asked_at: datetime
    answer_by: datetime | None
    answer: str
    answered_at: datetime | None
    answered_by: str | None
    declined_at: datetime | None
    declined_because: str


def update_answer(update: Told, ref: str) -> UpdateAnswer:
    """An update as everybody reads it."""
    as_told = set(UpdateAnswer.model_fields) & {*AS_WRITTEN, "technical"}
    return UpdateAnswer(
        **{name: getattr(update, name) for name in as_told},
        incident=ref,
        by=update.by_email or None,
        by_person=Person(email=update.by_email, name=update.by) if update.by_email else None,
        moves=[MoveAnswer(text=one.text, by_when=one.by_when) for one in update.moves],
        expected_back=said_answer(update.expected_back),
        fewer_than_two_moves=update.fewer_moves,
        attachments=file_answers(update.carried),
        answers=[
            AnsweredAnswer(
                question=one.id,
                text=one.text,
                answer=one.answer,
                asked_by=one.by,
                asked_at=one.asked_at,
            )
            for one in update.answers
        ],
    )


def question_answer(question: Question, ref: str) -> QuestionAnswer:
    """A question; ``by`` and ``answered_by`` are loaded."""
    return QuestionAnswer.of(
        question,
        incident=ref,
        by=question.by.email,
        by_person=Person(email=question.by.email, name=question.by.name),
        answered_by=email_of(question.answered_by),
    )
