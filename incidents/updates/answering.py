"""Answering questions by an update, one line each, and settling what is open at the end (P47)."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from deadlines.actions import keep_deadline
from incidents.endstate.endings import ending_of
from incidents.record.models import Incident, Status
from incidents.record.timeline import record
from incidents.updates.deadlines import QuestionWaiting
from incidents.updates.messages import Reply
from incidents.updates.models import Question, Update
from pages.texts import read_text
from people.models import User
from refusals.errors import Invalid


def read_answers(incident: Incident, answers: Iterable[int | Mapping[str, Any]]) -> dict[int, str]:
    """What an update answers, by the id of the question: its own line, or nothing for the summary.

    Refuses (``Invalid``) a question that nobody asked here. One query, none for no answers.
    """
    lines: dict[int, str] = {}
    for answer in answers:
        if isinstance(answer, Mapping):
            lines[answer["question"]] = read_text(
                "answers", answer["text"], 2000, required="Write the answer."
            )
        else:
            lines[answer] = ""
    if lines:
        asked = set(incident.questions.filter(pk__in=lines).values_list("pk", flat=True))
        if unknown := set(lines) - asked:
            raise Invalid({"answers": f"No question {min(unknown)} was asked here."})
    return lines


def answer_in_update(
    incident: Incident, update: Update, lines: Mapping[int, str], *, by: User, moment: datetime
) -> list[int]:
    """Answer the waiting ones of these questions in ``update``; each asker hears their own line.

    Answers the ids of those that were waiting. The caller holds the lock and records the update.
    """
    waiting = Question.objects.waiting().filter(incident=incident, pk__in=lines)
    answered = list(waiting.select_related("by")) if lines else []
    for question in answered:
        question.answer = lines[question.pk] or update.executive_summary
        question.answered_at, question.answered_by, question.answered_in = moment, by, update
        question.save()
        keep_deadline(QuestionWaiting.name, question, at=moment, reason="An update answered it.")
        Reply.tell(incident, question, question.answer, closes=update.is_all_clear)
    return [question.pk for question in answered]


def settle_questions(incident: Incident, *, by: User, moment: datetime, words: str) -> None:
    """Decline with ``words`` what nobody answered when an incident ends; each asker hears it.

    The caller holds the lock of the incident, whose status says already how it ended. Settled
    ones stay as they are.
    """
    waiting = Question.objects.waiting().filter(incident=incident).select_related("by")
    for question in waiting:
        reason = _why(incident, words)[:500]
        question.declined_because, question.answered_by = reason, by
        # Recorded afterwards, an end may lie before a question that was asked since.
        question.declined_at = max(moment, question.asked_at)
        question.save()
        keep_deadline(QuestionWaiting.name, question, at=moment, reason="The incident ended.")
        record(
            incident,
            "question_declined",
            by=by,
            text=f"declined “{question.text}”: {reason}",
            question=question.pk,
        )
        Reply.tell(incident, question, reason, closes=True)


def _why(incident: Incident, words: str) -> str:
    """What everybody reads: how it ended, and where to look unless that is private."""
    match incident.status:
        case Status.MERGED:
            ending = ending_of(incident)
            is_named = ending is not None and ending.into
            where = f"{ending.into}: ask there" if ending and is_named else "another incident"
            return f"It turned out to be part of {where}."
        case Status.CANCELLED:
            return f"It was a false alarm: {words}" if words else "It was a false alarm."
    return f"It is over: {words}"
