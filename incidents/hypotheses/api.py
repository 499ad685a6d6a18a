"""The API's calls about what we think causes it."""

from typing import Annotated

from ninja import Router, Status
from pydantic import Field

from api.schema import Body, Email, Id, OneOf, Url
from incidents.hypotheses.actions import add_evidence, add_hypothesis, take_hypothesis
from incidents.hypotheses.answers import (
    EvidenceAnswer,
    HypothesisAnswer,
    evidence_answer,
    new_hypothesis_answer,
)
from incidents.hypotheses.models import Hypothesis, HypothesisState
from incidents.record.finding import incident_of, part_of, people_in
from people.callers import AGENTS, RESPONDERS, ApiRequest

router = Router(auth=RESPONDERS, tags=["hypotheses"])


class NewHypothesis(Body):
    """A sentence, and who looks into it: me unless named."""

    text: str = Field(max_length=300)
    owner: Email | None = None


class Taking(Body):
    """Who looks into it from now on: me unless named."""

    owner: Email | None = None


class NewEvidence(Body):
    """What shows it. ``state`` says what the hypothesis is now."""

    state: Annotated[str, OneOf(HypothesisState)] | None = None
    text: str | None = Field(None, max_length=1000)
    url: Url | None = None
    signal: Id | None = None
    card: Id | None = None
    attachment: Id | None = None
    attachments: list[Id] | None = Field(None, max_length=10)


@router.post("/incidents/{ref}/hypotheses", response={201: HypothesisAnswer}, auth=AGENTS)
def think(request: ApiRequest, ref: str, body: NewHypothesis) -> Status[HypothesisAnswer]:
    """Write down what may cause it; the same sentence again is once."""
    incident = incident_of(request, ref)
    given = people_in(body.model_dump(exclude_none=True), "owner")
    return Status(201, new_hypothesis_answer(add_hypothesis(incident, by=request.auth, **given)))


@router.post("/hypotheses/{int:hypothesis_id}/take", response=HypothesisAnswer)
def take(request: ApiRequest, hypothesis_id: int, body: Taking) -> HypothesisAnswer:
    """Look into it oneself, or name who does."""
    hypothesis = part_of(request, Hypothesis.objects.all, hypothesis_id)
    given = people_in(body.model_dump(exclude_none=True), "owner")
    return new_hypothesis_answer(take_hypothesis(hypothesis.pk, by=request.auth, **given))


@router.post("/hypotheses/{int:hypothesis_id}/evidence", response={201: EvidenceAnswer})
def show(request: ApiRequest, hypothesis_id: int, body: NewEvidence) -> Status[EvidenceAnswer]:
    """Put evidence beside a hypothesis; ``ruled_out`` lets what rests on it fall."""
    hypothesis = part_of(request, Hypothesis.objects.all, hypothesis_id)
    given = body.model_dump(exclude_none=True)
    one = given.pop("attachment", None)
    given["attachments"] = [*([one] if one else []), *given.get("attachments", [])]
    evidence = add_evidence(hypothesis.pk, by=request.auth, **given)
    return Status(201, evidence_answer(evidence))
