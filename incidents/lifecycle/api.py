"""The API's calls about an incident as a whole: declared, read, changed and ended."""

from typing import Annotated, Any, Literal

from django.db.models import Q, TextChoices
from ninja import Router, Status
from pydantic import Field

from api.paging import Cursor, Limit, page
from api.schema import Body, Id, Moment, OneOf, Page, Reason, Url, Version
from clock.queries import now
from incidents.lifecycle.actions import change_status
from incidents.lifecycle.declaring import declare_incident
from incidents.lifecycle.details import change_incident
from incidents.lifecycle.expected import expect_back
from incidents.lifecycle.merging import merge_incident
from incidents.line.actions import resume_line
from incidents.line.api import Because
from incidents.record.answers import (
    ExpectedBackAnswer,
    current_incident,
    expected_back_answer,
)
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
from incidents.updates.actions import AllClear
from incidents.updates.api import AnswerLine, answers_in
from pages.texts import is_nothing
from people.callers import HELPERS, RESPONDERS, ApiRequest
from people.queries import person_by_email
from refusals.errors import Invalid, NotVisible

router = Router(auth=RESPONDERS, tags=["incidents"])

Services = Annotated[list[Annotated[str, Field(max_length=120)]], Field(max_length=50)]
TimeName = Literal[
    "impact_started_at",
    "detected_at",
    "declared_at",
    "acknowledged_at",
    "mitigated_at",
    "resolved_at",
    "closed_at",
]
#: Filters take one word or several, separated by commas.
Words = Annotated[str, Field(max_length=200)]


class NewIncident(Body):
    """What declaring needs, and what may be known already."""

    title: str = Field(max_length=200)
    severity: Annotated[str, OneOf(Severity)]
    kind: Annotated[str, OneOf(Kind)] | None = None
    statement: str | None = Field(None, max_length=500)
    services: Services | None = None
    impact_started_at: Moment | None = None
    private: bool | None = None
    occurred_at: Moment | None = None


class Correction(Body):
    """A stamp as it really was, and why it is corrected."""

    at: Moment | None
    reason: Reason | None = None


Clock = Annotated[str, Field(max_length=8)]


class Daily(Body):
    """Recovery: an update a day at each set time of a zone, the incident's unless given.

    In ``quiet`` hours only ``watching`` is nudged, the commander unless given.
    """

    daily_at: Clock | Annotated[list[Clock], Field(min_length=1, max_length=12)]
    time_zone: str | None = Field(None, max_length=64)
    quiet: Annotated[list[Clock], Field(min_length=2, max_length=2)] | None = None
    watching: str | None = Field(None, max_length=254)
    reason: Reason | None = None


class EveryMinutes(Body):
    """Updates more often than the policy asks for."""

    every_min: int = Field(ge=1, le=1440)


class IncidentChange(Body):
    """Fields to change. ``null`` empties a text; an old ``version`` is ``stale``."""

    version: Version | None = None
    title: str | None = Field(None, max_length=200)
    statement: str | None = Field(None, max_length=500)
    in_our_control: str | None = Field(None, max_length=2000)
    beyond_our_control: str | None = Field(None, max_length=2000)
    blocker: str | None = Field(None, max_length=300)
    chat_url: Url | None = None
    call_url: Url | None = None
    severity: Annotated[str, OneOf(Severity)] | None = None
    caused_by_change: bool | None = None
    private: bool | None = None
    money_shared: bool | None = None
    agents: bool | None = None
    cadence: Literal["interval"] | EveryMinutes | Daily | None = None
    times: dict[TimeName, Correction] | None = None
    services: Services | None = None


class AllClearBody(Body):
    """The last update: what people need to know to stop worrying."""

    executive_summary: str | None = Field(None, max_length=2000)
    technical_note: str | None = Field(None, max_length=10_000)
    what_follows: str | None = Field(None, max_length=2000)
    watching: str | None = Field(None, max_length=200)
    statement: str | None = Field(None, max_length=500)
    answers: list[Id | AnswerLine] | None = Field(None, max_length=200)


class Override(Body):
    """Why the incident is resolved although the signals do not say so."""

    reason: Reason | None = None


class StatusChange(Body):
    """Where the incident goes; ``resolved`` carries the all-clear."""

    to: Annotated[str, OneOf(IncidentStatus)]
    reason: Reason | None = None
    all_clear: AllClearBody | None = None
    override: Override | None = None
    into: str | None = Field(None, max_length=20)
    version: Version | None = None
    occurred_at: Moment | None = None


class Merge(Body):
    """The incident that this one turned out to be part of."""

    into: str = Field(max_length=20)
    reason: Reason | None = None


class NewExpectedBack(Body):
    """A time, or ``null`` for not known yet; a reason when it moves."""

    at: Moment | None
    reason: Reason | None = None


@router.post("/incidents", response={201: IncidentAnswer})
def declare(request: ApiRequest, body: NewIncident) -> Status[IncidentAnswer]:
    """Declare an incident; who declares it commands until somebody takes over."""
    incident = declare_incident(by=request.auth, **body.model_dump(exclude_none=True))
    return Status(201, incident_state(incident))


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


@router.patch("/incidents/{ref}", response=IncidentAnswer)
def patch_incident(request: ApiRequest, ref: str, body: IncidentChange) -> IncidentAnswer:
    """Change what is said about an incident. Only the commander changes its severity."""
    incident = incident_of(request, ref)
    with current_incident(incident):
        changed = change_incident(incident, by=request.auth, version=body.version, **_changes(body))
    return incident_state(changed)


@router.post("/incidents/{ref}/status", response=IncidentAnswer)
def set_status(request: ApiRequest, ref: str, body: StatusChange) -> IncidentAnswer:
    """Move an incident along its life, or end it."""
    incident = incident_of(request, ref)
    with current_incident(incident):
        changed = change_status(
            incident,
            by=request.auth,
            to=body.to,
            reason=body.reason or "",
            all_clear=_all_clear(body.all_clear),
            override_reason=(body.override and body.override.reason) or "",
            into=None if is_nothing(body.into) else _target(request, body.into or ""),
            version=body.version,
            occurred_at=body.occurred_at,
        )
    return incident_state(changed)


@router.post("/incidents/{ref}/merge", response=IncidentAnswer)
def merge(request: ApiRequest, ref: str, body: Merge) -> IncidentAnswer:
    """End an incident as part of another one, with a reason."""
    incident = incident_of(request, ref)
    into = _target(request, body.into)
    merged = merge_incident(incident, by=request.auth, into=into, reason=body.reason or "")
    return incident_state(merged)


@router.put("/incidents/{ref}/expected-back", response=ExpectedBackAnswer)
def say_expected_back(request: ApiRequest, ref: str, body: NewExpectedBack) -> ExpectedBackAnswer:
    """Say when it is expected back, or that nobody knows yet; moving it needs a reason."""
    incident = incident_of(request, ref)
    said = expect_back(incident, by=request.auth, at=body.at, reason=body.reason or "")
    answer = expected_back_answer(said)
    assert answer is not None
    return answer


@router.post("/incidents/{ref}/resume", response=IncidentAnswer, tags=["line"])
def resume(request: ApiRequest, ref: str, body: Because) -> IncidentAnswer:
    """Let work go on; answers the incident, not stopped."""
    incident = incident_of(request, ref)
    resume_line(incident, by=request.auth, reason=body.reason or "")
    return incident_state(Incident.objects.get(pk=incident.pk))


def _target(request: ApiRequest, ref: str) -> Incident:
    try:
        return incident_of(request, ref)
    except NotVisible as error:
        raise Invalid({"into": f"There is no {ref} here, or it is not visible to you."}) from error


def _words(field: str, given: str, choices: type[TextChoices]) -> list[str]:
    """The words between the commas, each one of ``choices``."""
    words = [word.strip() for word in given.split(",") if word.strip()]
    if unknown := [word for word in words if word not in choices.values]:
        raise Invalid({field: f"{unknown[0]} is none of {', '.join(choices.values)}."})
    return words


def _changes(body: IncidentChange) -> dict[str, Any]:
    """The given fields as the action takes them; an empty text is what ``null`` means."""
    given = body.model_dump(exclude_unset=True, exclude={"version"})
    for name in ("severity", "private", "money_shared", "agents", "cadence", "times", "services"):
        if name in given and given[name] is None:
            del given[name]
    if isinstance(given.get("cadence"), dict) and given["cadence"].get("watching"):
        address = given["cadence"]["watching"]
        given["cadence"]["watching"] = person_by_email(address, field="cadence.watching")
    for correction in given.get("times", {}).values():
        correction["reason"] = correction.get("reason") or ""
    return {
        name: "" if value is None and name != "caused_by_change" else value
        for name, value in given.items()
    }


def _all_clear(body: AllClearBody | None) -> AllClear | None:
    if body is None:
        return None
    return AllClear(
        executive_summary=body.executive_summary or "",
        technical_note=body.technical_note or "",
        what_follows=body.what_follows or "",
        watching=body.watching or "",
        statement=body.statement or "",
        answers=answers_in(body.answers),
    )
