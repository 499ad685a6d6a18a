"""What the API answers about hypotheses."""

from datetime import datetime
from typing import Annotated, Any, Literal

from api.schema import Answer, OneOf
from incidents.attachments.answers import FileAnswer, file_answers
from incidents.attachments.queries import files_in
from incidents.hypotheses.models import Evidence, Hypothesis, HypothesisState
from incidents.hypotheses.queries import HypothesisView


class EvidenceAnswer(Answer):
    """What speaks for or against a hypothesis, and the state it left it in."""

    id: int
    hypothesis: int
    state: Annotated[str, OneOf(HypothesisState)]
    text: str
    url: str
    measured: dict[str, Any] | None
    card: int | None
    change: int | None
    attachments: list[FileAnswer]
    by: str | None
    at: datetime


class HypothesisAnswer(Answer):
    """What may cause it, with all evidence; ruled-out ones stay."""

    id: int
    text: str
    state: Annotated[str, OneOf(HypothesisState)]
    owner: str | None
    source: Literal["human", "ai"]
    ai_tool: str
    at: datetime
    evidence: list[EvidenceAnswer]


def evidence_answer(evidence: Evidence) -> EvidenceAnswer:
    """One piece of evidence; ``by`` is loaded."""
    return EvidenceAnswer.of(
        evidence,
        hypothesis=evidence.hypothesis_id,
        card=evidence.card_id,
        change=evidence.change_id,
        attachments=file_answers(files_in(evidence.files)),
        by=evidence.by.email if evidence.by else None,
    )


def new_hypothesis_answer(hypothesis: Hypothesis) -> HypothesisAnswer:
    """A hypothesis as it was written; ``owner`` is loaded. One query."""
    evidence = hypothesis.evidence.select_related("by").order_by("pk")
    return HypothesisAnswer.of(
        hypothesis,
        owner=hypothesis.owner.email if hypothesis.owner else None,
        source="ai" if hypothesis.ai_tool else "human",
        evidence=[evidence_answer(one) for one in evidence],
    )


def hypothesis_answer(view: HypothesisView) -> HypothesisAnswer:
    """A hypothesis as it stands."""
    return HypothesisAnswer.of(
        view,
        owner=view.owner_email or None,
        source="ai" if view.ai_tool else "human",
        evidence=[
            EvidenceAnswer.of(
                one,
                hypothesis=view.id,
                by=one.by_email or None,
                attachments=file_answers(one.files),
            )
            for one in view.evidence
        ],
    )
