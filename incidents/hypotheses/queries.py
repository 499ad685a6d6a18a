"""The hypotheses of an incident, open ones first, each with what speaks for and against it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import OuterRef

from incidents.attachments.queries import FileView, counted_views, files_in
from incidents.hypotheses.models import (
    Evidence,
    Hypothesis,
    HypothesisState,
    evidence_words,
)
from incidents.record.columns import rows_of
from incidents.record.models import Incident


@dataclass(frozen=True)
class EvidenceView:
    """One piece of evidence, with the state it left its hypothesis in."""

    id: int
    state: str
    text: str
    url: str
    measured: dict[str, Any] | None
    card: int | None
    change: int | None
    by: str
    by_email: str
    at: datetime
    files: tuple[FileView, ...]

    @property
    def words(self) -> str:
        """What it says on one line."""
        said = evidence_words(self.text, self.measured, self.url)
        return said or counted_views(self.files)


@dataclass(frozen=True)
class HypothesisView:
    """One hypothesis with its evidence, the oldest first; ``number`` counts from 1 as it came."""

    id: int
    number: int
    text: str
    state: str
    owner: str
    owner_email: str
    ai_tool: str
    at: datetime
    evidence: tuple[EvidenceView, ...]

    @property
    def is_ruled_out(self) -> bool:
        """Whether evidence speaks against it."""
        return self.state == HypothesisState.RULED_OUT


def hypothesis_columns() -> dict[str, Any]:
    """What a query of incidents is annotated with so that ``hypotheses_in`` reads it."""
    evidence = Evidence.objects.filter(hypothesis=OuterRef("pk")).order_by("pk")
    hypotheses = Hypothesis.objects.filter(incident=OuterRef("pk")).order_by("pk")
    return {
        "hypothesis_rows": rows_of(
            hypotheses,
            *("id", "text", "state", "ai_tool", "at"),
            owner="owner__name",
            owner_email="owner__email",
            evidence=rows_of(
                evidence,
                *("id", "state", "text", "url", "measured", "at", "files"),
                card="card_id",
                change="change_id",
                by="by__name",
                by_email="by__email",
            ),
        ),
    }


def hypotheses_of(incident: Incident) -> list[HypothesisView]:
    """The hypotheses of an incident at hand. One query."""
    rows = Incident.objects.filter(pk=incident.pk).order_by().annotate(**hypothesis_columns())
    return hypotheses_in(rows.get())


def hypotheses_in(incident: Any) -> list[HypothesisView]:
    """The hypotheses of an incident that was read with ``hypothesis_columns``, open ones first."""
    found = [
        HypothesisView(
            id=row["id"],
            number=number,
            text=row["text"],
            state=row["state"],
            owner=row["owner"] or "",
            owner_email=row["owner_email"] or "",
            ai_tool=row["ai_tool"],
            at=datetime.fromisoformat(row["at"]),
            evidence=tuple(
                EvidenceView(
                    **{
                        **one,
                        "by": one["by"] or "",
                        "by_email": one["by_email"] or "",
                        "at": datetime.fromisoformat(one["at"]),
                        "files": files_in(one["files"]),
                    }
                )
                for one in row["evidence"]
            ),
        )
        for number, row in enumerate(incident.hypothesis_rows, start=1)
    ]
    order = [HypothesisState.OPEN, HypothesisState.SUPPORTED, HypothesisState.RULED_OUT]
    return sorted(found, key=lambda one: (order.index(HypothesisState(one.state)), one.id))
