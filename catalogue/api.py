"""The API's calls about services, for administrators."""

from typing import Annotated, Any

from ninja import Router
from pydantic import Field

from api.schema import Answer, Body, Email, Url
from catalogue.keeping import keep_service
from incidents.record.catalogue import service_called
from incidents.record.models import Service
from people.callers import RESPONDERS, ApiRequest
from people.queries import person_by_email
from refusals.errors import Forbidden, NotVisible

router = Router(auth=RESPONDERS, tags=["services"])

Names = Annotated[list[Annotated[str, Field(max_length=120)]], Field(max_length=100)]


class ServiceChange(Body):
    """Fields to keep; what is not given stays."""

    name: str | None = Field(None, max_length=120)
    description: str | None = Field(None, max_length=2000)
    owner: Email | None = None
    people: list[Email] | None = Field(None, max_length=100)
    chat_url: Url | None = None
    call_url: Url | None = None
    runbook_url: Url | None = None
    depends_on: Names | None = None


class ServiceAnswer(Answer):
    """Something that can break; ``depends_on`` are slugs."""

    slug: str
    name: str
    description: str
    owner: str | None
    people: list[str]
    chat_url: str
    call_url: str
    runbook_url: str
    depends_on: list[str]


@router.get("/services/{name}", response=ServiceAnswer)
def service(request: ApiRequest, name: str) -> ServiceAnswer:
    """A service by its slug or name."""
    if not request.auth.is_admin:
        raise Forbidden("Administrators keep the list of services.")
    found = service_called(name)
    if found is None:
        raise NotVisible
    return service_answer(found)


@router.put("/services/{name}", response=ServiceAnswer)
def put_service(request: ApiRequest, name: str, body: ServiceChange) -> ServiceAnswer:
    """Change the service of that slug or name, or add it."""
    kept, _ = keep_service(name, by=request.auth, **_fields(body))
    return service_answer(kept)


def service_answer(service: Service) -> ServiceAnswer:
    """A service. Three queries at most."""
    return ServiceAnswer.of(
        service,
        owner=service.owner.email if service.owner else None,
        people=list(service.people.order_by("email").values_list("email", flat=True)),
        depends_on=list(service.depends_on.order_by("slug").values_list("slug", flat=True)),
    )


def _fields(body: ServiceChange) -> dict[str, Any]:
    """The given fields as the action takes them; null empties one, and leaves a name alone."""
    given = body.model_dump(exclude_unset=True)
    if given.get("name", "") is None:
        del given["name"]
    for name in ("people", "depends_on"):
        if name in given:
            given[name] = given[name] or []
    if given.get("owner"):
        given["owner"] = person_by_email(given["owner"], field="owner")
    if "people" in given:
        given["people"] = [person_by_email(one, field="people") for one in given["people"]]
    return {
        name: ("" if value is None and name not in ("owner",) else value)
        for name, value in given.items()
    }
