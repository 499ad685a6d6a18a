"""The API's calls about what changed just before an incident."""

from datetime import datetime

from ninja import Router, Status

from api.schema import Answer
from incidents.deployments.queries import recent_changes
from incidents.deployments.suspecting import suspect_deployment, way_back_of
from incidents.record.finding import incident_of
from people.callers import RESPONDERS, ApiRequest

router = Router(auth=RESPONDERS, tags=["deployments"])


class RecentAnswer(Answer):
    """A deployment beside an incident; ``before_s`` counts back from the impact, less is after.

    ``hypothesis`` is what somebody thinks who took it for the cause, or null.
    """

    id: int
    service: str
    version: str
    at: datetime
    url: str
    by: str
    environment: str
    before_s: int
    hypothesis: int | None


class RecentChangesAnswer(Answer):
    """The deployments on the axis from ``since`` to ``until``, the newest first."""

    since: datetime
    impact_at: datetime
    until: datetime
    items: list[RecentAnswer]
    next: str | None


class WayBackAnswer(Answer):
    """The card that would roll it back, as ``POST cards`` takes it."""

    title: str
    rolls_back: str
    tests: int


class SuspectAnswer(Answer):
    """A deployment taken for the cause, the hypothesis that says so, and the way back offered."""

    deployment: int
    hypothesis: int
    caused_by_change: bool
    card: WayBackAnswer


@router.get("/incidents/{ref}/recent-changes", response=RecentChangesAnswer)
def recent(request: ApiRequest, ref: str) -> RecentChangesAnswer:
    """What went live of its services and of what they depend on, the newest forty."""
    strip = recent_changes(incident_of(request, ref))
    return RecentChangesAnswer(
        since=strip.since,
        impact_at=strip.impact_at,
        until=strip.until,
        items=[RecentAnswer.of(one) for one in strip.deployments],
        next=None,
    )


@router.post(
    "/incidents/{ref}/recent-changes/{int:deployment_id}/suspect", response={201: SuspectAnswer}
)
def suspect(request: ApiRequest, ref: str, deployment_id: int) -> Status[SuspectAnswer]:
    """Take this one for the cause: marks it, opens a hypothesis, offers the card that undoes it."""
    found = suspect_deployment(incident_of(request, ref), deployment_id, by=request.auth)
    back = way_back_of(found)
    return Status(
        201,
        SuspectAnswer(
            deployment=found.deployment_id,
            hypothesis=found.hypothesis_id,
            caused_by_change=True,
            card=WayBackAnswer(title=back.title, rolls_back=back.undoes, tests=back.tests),
        ),
    )
