"""The API's endpoint for pipelines: what went live."""

from datetime import datetime

from ninja import Router, Status
from pydantic import Field

from api.schema import Answer, Body, Moment, Url
from incidents.deployments.actions import report_deployment
from people.callers import INGEST, ApiRequest

router = Router(auth=INGEST, tags=["deployments"])


class NewDeployment(Body):
    """A version that went live; ``service`` is a slug or a name, ``at`` is now when missing."""

    service: str = Field(max_length=120)
    version: str = Field(max_length=120)
    at: Moment | None = None
    url: Url | None = None
    by: str | None = Field(None, max_length=120)
    environment: str | None = Field(None, max_length=60)


class DeploymentAnswer(Answer):
    """A deployment; ``service`` is the slug."""

    id: int
    service: str
    version: str
    at: datetime
    url: str
    by: str
    environment: str


@router.post("/deployments", response={200: DeploymentAnswer, 201: DeploymentAnswer})
def deployed(request: ApiRequest, body: NewDeployment) -> Status[DeploymentAnswer]:
    """Report a deployment; the same one again is 200. The scope ``ingest`` is enough."""
    deployment, is_new = report_deployment(
        by=request.auth,
        service=body.service,
        version=body.version,
        at=body.at,
        url=body.url or "",
        deployed_by=body.by or "",
        environment=body.environment or "",
    )
    answer = DeploymentAnswer.of(deployment, service=deployment.service.slug)
    return Status(201 if is_new else 200, answer)
