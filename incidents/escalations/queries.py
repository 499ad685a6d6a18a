"""Who spoke up and was not heard yet."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import OuterRef

from incidents.escalations.models import Concern, Escalation
from incidents.record.columns import rows_of


@dataclass(frozen=True)
class EscalationView:
    """One escalation that waits: who, what they say, since when."""

    id: int
    concern: str
    text: str
    by: str
    by_email: str
    by_id: int
    agent: str
    at: datetime

    @property
    def is_doubt(self) -> bool:
        """Whether it is a doubt and not a call for help."""
        return self.concern == Concern.DOUBT


def escalation_columns() -> dict[str, Any]:
    """What a query of incidents is annotated with so that ``escalations_in`` reads it."""
    unheard = Escalation.objects.waiting().filter(incident=OuterRef("pk")).order_by("pk")
    return {
        "unheard_rows": rows_of(
            unheard,
            *("id", "concern", "text", "by_id", "at"),
            by="by__name",
            by_email="by__email",
            agent="token__name",
        ),
    }


def escalations_in(incident: Any) -> list[EscalationView]:
    """Who was not heard yet on an incident that was read with ``escalation_columns``."""
    return [
        EscalationView(
            **{**row, "agent": row["agent"] or "", "at": datetime.fromisoformat(row["at"])}
        )
        for row in incident.unheard_rows
    ]
