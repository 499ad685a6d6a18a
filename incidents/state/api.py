"""The API's calls that read incidents: the list of them, and one as a whole."""

from typing import Annotated

from django.db.models import Q, TextChoices
from ninja import Router
from pydantic import Field

from api.paging import Cursor, Limit, page
from api.schema import Page
from clock.queries import now
from incidents.record.finding import incident_of
from incidents.record.models import Incident, Kind, Severity
from incidents.record.models import Status as IncidentStatus
from incidents.record.searching import about
from incidents.state.answers import (
    IncidentAnswer,
    IncidentLine,
    incident_line,
    incident_state,
    with_line,
)
from people.callers import HELPERS, RESPONDERS, ApiRequest
from refusals.errors import Invalid

router = Router(auth=RESPONDERS, tags=["incidents"])

#: Filters take one word or several, separated by commas.
Words = Annotated[str, Field(max_length=200)]


@router.get("/incidents", response=Page[IncidentLine])
def incidents(
    request: ApiRequest,
    status: Words | None = None,
    severity: Words | None = None,
    kind: Words | None = None,
    service: Words | None = None,
    q: Words | None = None,
    open: bool | None = None,
    limit: Limit = 50,
    cursor: Cursor | None = None,
) -> Page[IncidentLine]:
    """The incidents I may see, newest first. Six queries."""
    rows = Incident.objects.visible_to(request.auth)
    if open is not None:
        rows = rows.open() if open else rows.exclude(pk__in=Incident.objects.open())
    for field, given, choices in (
        ("status", status, IncidentStatus),
        ("severity", severity, Severity),
        ("kind", kind, Kind),
    ):
        if given:
            rows = rows.filter(**{f"{field}__in": _words(field, given, choices)})
    if service:
        rows = rows.filter(
            pk__in=Incident.objects.filter(
                Q(services__slug=service) | Q(services__name__called=service)
            )
        )
    if q:
        rows = rows.filter(about(q.strip()))
    moment = now()
    return page(
        with_line(rows),
        by=["-declared_at", "-id"],
        limit=limit,
        cursor=cursor,
        answer=lambda incident: incident_line(incident, moment),
    )


@router.get("/incidents/{ref}", response=IncidentAnswer, auth=HELPERS)
def incident(request: ApiRequest, ref: str) -> IncidentAnswer:
    """The whole state of an incident."""
    return incident_state(incident_of(request, ref))


def _words(field: str, given: str, choices: type[TextChoices]) -> list[str]:
    """The words between the commas, each one of ``choices``."""
    words = [word.strip() for word in given.split(",") if word.strip()]
    if unknown := [word for word in words if word not in choices.values]:
        raise Invalid({field: f"{unknown[0]} is none of {', '.join(choices.values)}."})
    return words
