"""Questions of stakeholders, and their answers (P47). They never reach the people digging."""

from django.db import transaction

from clock.queries import now
from deadlines.actions import keep_deadline, owe
from deadlines.models import Deadline
from incidents.record.locking import lock_incident
from incidents.record.models import Incident, Status
from incidents.record.timeline import record
from incidents.record.visibility import is_visible
from incidents.roster.presence import enter_part
from incidents.roster.queries import owes_word, who_hears
from incidents.updates.deadlines import QuestionWaiting
from incidents.updates.messages import Reply
from incidents.updates.models import Question
from pages.texts import read_text
from people.models import User
from refusals.errors import NotVisible, Refused

SEEMS_BACK = (Status.MONITORING, Status.RESOLVED)


@transaction.atomic
def ask_question(incident: Incident, *, by: User, text: str) -> Question:
    """Ask; any account that sees the incident may. Answers the question.

    It reaches communications (an empty seat passes to the commander and on), and is to be answered
    by the next promised update. The same words by the same person, still waiting, are one question.
    Refuses an empty text (``Invalid``) and an incident that is closed (``invalid_transition``).
    """
    fresh = lock_incident(incident.pk)
    if not is_visible(by, fresh.pk):
        raise NotVisible
    text = read_text("text", text, 500, required="Write your question.")
    if not fresh.is_open and fresh.status != Status.RESOLVED:
        raise Refused("invalid_transition", "It is over; the post-mortem has the answers.")
    waiting = Question.objects.waiting().filter(incident=fresh, by=by, text=text).first()
    if waiting is not None:
        return waiting
    question = Question.objects.create(
        incident=fresh, by=by, text=text, asked_at=now(), answer_by=fresh.next_update_at
    )
    record(fresh, "question_asked", by=by, text=f"asked: {text}", question=question.pk)
    hearing = who_hears(fresh, "communications")
    if question.answer_by is not None:
        owner = hearing[0] if hearing else None
        owe(fresh, QuestionWaiting.name, question, question.answer_by, owner)
    QuestionWaiting.tell(question, fresh, hearing)
    return question


NOT_BACK = "It is not back for us yet."
"""What somebody asks who says no to the page's one question."""


@transaction.atomic
def say_back(incident: Incident, *, by: User, is_back: bool) -> None:
    """Say whether it is back for oneself, once it is said to be over; twice is once.

    *No* is a question to whoever speaks, like any. *Yes* stands on the record. Refuses an incident
    that is neither watched nor resolved (``invalid_transition``).
    """
    fresh = lock_incident(incident.pk)
    if not is_visible(by, fresh.pk):
        raise NotVisible
    if fresh.status not in SEEMS_BACK:
        raise Refused(
            "invalid_transition", "Nobody said that it is back. Ask what you want to know."
        )
    if not is_back:
        ask_question(fresh, by=by, text=NOT_BACK)
    elif not has_said_back(fresh, by):
        record(fresh, "back_said", by=by, text="says that it is back for them")


def has_said_back(incident: Incident, person: User) -> bool:
    """Whether somebody answered since it was mitigated last. Two queries at most."""
    since = incident.impact_ended_at or incident.declared_at
    said = incident.entries.filter(kind="back_said", actor=person, recorded_at__gte=since)
    denied = incident.questions.filter(by=person, text=NOT_BACK, asked_at__gte=since)
    return said.exists() or denied.exists()


@transaction.atomic
def answer_question(question_id: int, *, by: User, text: str) -> Question:
    """Answer a question; the asker is told. Settled already, it stays as it is."""
    incident, question = _take(question_id, by, helpers=True)
    text = read_text("text", text, 2000, required="Write the answer.")
    if question.answered_at or question.declined_at:
        return question
    question.answer, question.answered_at, question.answered_by = text, now(), by
    question.save()
    words = f"answered “{question.text}”: {text}"
    _settle(incident, question, by, words, "question_answered", text)
    return question


@transaction.atomic
def decline_question(question_id: int, *, by: User, text: str) -> Question:
    """Decline a question with a reason (``reason_required``); the asker is told."""
    incident, question = _take(question_id, by)
    text = read_text("text", text, 500)
    if not text:
        raise Refused("reason_required", "Say why it is not answered; the asker reads it.")
    if question.answered_at or question.declined_at:
        return question
    question.declined_because, question.declined_at, question.answered_by = text, now(), by
    question.save()
    words = f"declined “{question.text}”: {text}"
    _settle(incident, question, by, words, "question_declined", text)
    return question


def _take(question_id: int, by: User, *, helpers: bool = False) -> tuple[Incident, Question]:
    questions = Question.objects.select_related("by")
    question, incident = enter_part(questions, question_id, by=by, helpers=helpers)
    return incident, question


def _settle(
    incident: Incident, question: Question, by: User, text: str, kind: str, reply: str
) -> None:
    keep_deadline(QuestionWaiting.name, question, reason="It was settled.")
    record(incident, kind, by=by, text=text, question=question.pk)
    Reply.tell(incident, question, reply)


def hand_questions_over(incident: Incident) -> None:
    """Let the questions that wait be owed by whoever speaks now, at the times as promised."""
    waiting = Deadline.objects.open().filter(kind=QuestionWaiting.name, incident_id=incident.pk)
    if waiting.exists():
        waiting.update(owner=owes_word(incident))
