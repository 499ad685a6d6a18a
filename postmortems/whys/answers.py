"""What the API answers about the whys."""

from typing import Annotated

from api.schema import Answer, OneOf
from postmortems.whys.models import Safeguard, Sure, Why


class WhyAnswer(Answer):
    """One why; ``depth`` counts from the first question of its branch."""

    id: int
    parent: int | None
    depth: int
    question: str
    answer: str
    evidence: str
    systemic: bool
    because: str
    safeguard: Annotated[str, OneOf(Safeguard)] | None
    sure: Annotated[str, OneOf(Sure)] | None
    version: int


def why_answer(why: Why) -> WhyAnswer:
    """A why."""
    return WhyAnswer(
        id=why.pk,
        parent=why.parent_id,
        depth=why.depth,
        question=why.question,
        answer=why.answer,
        evidence=why.evidence,
        systemic=why.systemic,
        because=why.because,
        safeguard=why.safeguard or None,
        sure=why.sure or None,
        version=why.version,
    )
