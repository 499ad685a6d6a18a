"""The obligations of an incident, for every page and answer the same."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, QuerySet
from django.db.models.functions import JSONObject

from incidents.obligations.models import Obligation, ObligationTemplate
from incidents.record.models import Incident
from refusals.errors import Invalid

MOMENTS = ("aware_at", "due_at", "filed_at", "declined_at")


@dataclass(frozen=True)
class ObligationView:
    """An obligation and what became of it."""

    id: int
    name: str
    template: str | None
    aware_at: datetime
    due_at: datetime
    owner: str
    owner_email: str
    filed_at: datetime | None
    reference: str
    declined_at: datetime | None
    declined_because: str

    @property
    def state(self) -> str:
        """``owed``, ``filed`` or ``declined``."""
        if self.filed_at is not None:
            return "filed"
        return "declined" if self.declined_at is not None else "owed"

    @property
    def late_by(self) -> timedelta | None:
        """By how much the filing was late, or nothing."""
        if self.filed_at is None or self.filed_at <= self.due_at:
            return None
        return self.filed_at - self.due_at

    def is_overdue_at(self, moment: datetime) -> bool:
        """Whether it should have been filed by then."""
        return self.state == "owed" and self.due_at <= moment


def obligation_columns() -> dict[str, Any]:
    """What a query of incidents is annotated with so that ``obligations_in`` reads it."""
    found = Obligation.objects.filter(incident=OuterRef("pk")).order_by("due_at", "pk")
    row = JSONObject(
        id="pk",
        name="name",
        template="template__slug",
        aware_at="aware_at",
        due_at="due_at",
        owner="owner__name",
        owner_email="owner__email",
        filed_at="filed_at",
        reference="reference",
        declined_at="declined_at",
        declined_because="declined_because",
    )
    return {"obligation_rows": ArraySubquery(found.values(row=row))}


def obligations_in(incident: Any) -> list[ObligationView]:
    """All of an incident that was read with ``obligation_columns``, the first due first."""
    return [
        ObligationView(
            **{
                **row,
                **{name: datetime.fromisoformat(row[name]) for name in MOMENTS if row[name]},
            }
        )
        for row in incident.obligation_rows
    ]


def obligations_of(incident: Incident) -> list[ObligationView]:
    """The same for an incident at hand. One query."""
    found: QuerySet[Incident] = Incident.objects.filter(pk=incident.pk)
    return obligations_in(found.annotate(**obligation_columns()).get())


def template_named(name: str) -> ObligationTemplate:
    """The template of that slug or name, its case aside; ``Invalid`` for one nobody keeps."""
    templates = ObligationTemplate.objects.prefetch_related("steps")
    found = templates.filter(slug__iexact=name.strip()).first()
    found = found or templates.filter(name__iexact=name.strip()).first()
    if found is None:
        kept = ", ".join(ObligationTemplate.objects.values_list("slug", flat=True))
        raise Invalid({"template": f"There is no such template. There are: {kept or 'none'}."})
    return found
