"""The API's endpoints about stakeholders' questions. Any account asks, responders answer."""

from ninja import Router, Status
from pydantic import Field

from api.paging import Cursor, Limit, page
from api.schema import Body, Page
from incidents.record.finding import incident_of, part_of
from incidents.updates.answers import QuestionAnswer, question_answer
from incidents.updates.models import Question
from incidents.updates.questions import answer_question, ask_question, decline_question
from people.callers import ANYBODY, HELPERS, RESPONDERS, ApiRequest

router = Router(auth=RESPONDERS, tags=["questions"])


class NewQuestion(Body):
    """What somebody wants to know."""

    text: str = Field(max_length=500)


class Reply(Body):
    """The answer."""

    text: str = Field(max_length=2000)


class Declining(Body):
    """Why it is not answered."""

    text: str | None = Field(None, max_length=500)


@router.post("/incidents/{ref}/questions", response={201: QuestionAnswer}, auth=ANYBODY)
def ask(request: ApiRequest, ref: str, body: NewQuestion) -> Status[QuestionAnswer]:
    """Ask the incident's communications; the people digging are not disturbed."""
    incident = incident_of(request, ref)
    question = ask_question(incident, by=request.auth, text=body.text)
    return Status(201, question_answer(question, incident.ref))


@router.get("/incidents/{ref}/questions", response=Page[QuestionAnswer], auth=HELPERS)
def questions(
    request: ApiRequest,
    ref: str,
    limit: Limit = 50,
    cursor: Cursor | None = None,
) -> Page[QuestionAnswer]:
    """What was asked, oldest first."""
    incident = incident_of(request, ref)
    return page(
        incident.questions.select_related("by", "answered_by"),
        by=["id"],
        limit=limit,
        cursor=cursor,
        answer=lambda question: question_answer(question, incident.ref),
    )


@router.post("/questions/{int:question_id}/answer", response=QuestionAnswer, auth=HELPERS)
def reply(request: ApiRequest, question_id: int, body: Reply) -> QuestionAnswer:
    """Answer a question."""
    question = part_of(request, Question.objects.all, question_id)
    answered = answer_question(question.pk, by=request.auth, text=body.text)
    return question_answer(answered, question.incident.ref)


@router.post("/questions/{int:question_id}/decline", response=QuestionAnswer)
def decline(request: ApiRequest, question_id: int, body: Declining) -> QuestionAnswer:
    """Decline a question, with a reason."""
    question = part_of(request, Question.objects.all, question_id)
    declined = decline_question(question.pk, by=request.auth, text=body.text or "")
    return question_answer(declined, question.incident.ref)
