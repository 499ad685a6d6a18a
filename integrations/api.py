"""The addresses that tools post to, and the API's calls about their keys."""

from datetime import datetime
from typing import Annotated, Any, Literal

from django.http import HttpRequest, HttpResponse
from ninja import Router, Status
from pydantic import Field

from api.idempotency import show_once
from api.problems import problem
from api.schema import Answer, Body, OneOf
from incidents.record.catalogue import service_called
from incidents.record.models import Service, Severity
from integrations.keys import change_key, check_may_keep, make_key, revoke_key
from integrations.models import HookKey
from integrations.receiving import Malformed, NotSigned, Taken, TooLarge, receive
from people.callers import RESPONDERS, ApiRequest
from refusals.errors import NotVisible

router = Router(tags=["hooks"])

Words = dict[
    Annotated[str, Field(max_length=100)],
    Annotated[str, Field(max_length=200)],
]
Secrets = Annotated[list[Annotated[str, Field(max_length=200)]], Field(max_length=2)]


class HookAnswer(Answer):
    """What became of a body; ``incident`` where it is about one that everybody may know of."""

    status: Literal["taken", "ignored"]
    incident: str | None


class EventAnswer(Answer):
    """The answer of the Events API v2."""

    status: Literal["success"]
    message: str
    dedup_key: str


class NewKey(Body):
    """A key for one tool; ``secrets`` are what it signs with, two while they rotate."""

    name: str = Field(max_length=80)
    severity: Annotated[str, OneOf(Severity)] | None = None
    severities: Words | None = None
    paths: Words | None = None
    secrets: Secrets | None = None


class KeyChange(Body):
    """Fields to change; what is not given stays."""

    name: str | None = Field(None, max_length=80)
    severity: Annotated[str, OneOf(Severity)] | None = None
    severities: Words | None = None
    paths: Words | None = None
    secrets: Secrets | None = None


class KeyAnswer(Answer):
    """A key without its words; ``secrets`` counts what its tool signs with."""

    id: int
    name: str
    service: str
    severity: str
    severities: dict[str, str]
    paths: dict[str, str]
    secrets: int
    made_at: datetime
    last_used_at: datetime | None


class MadeKey(KeyAnswer):
    """A new key with its words, shown this once."""

    key: str


class Keys(Answer):
    """The keys of a service that open something, the newest first."""

    items: list[KeyAnswer]
    next: None


@router.post(
    "/hooks/events/{key}", auth=None, response={202: EventAnswer}, operation_id="hook_events"
)
def event(request: HttpRequest, key: str) -> Any:
    """An event in the shape of PagerDuty's Events API v2: trigger, acknowledge or resolve."""
    return _event(request, key)


@router.post("/hooks/events/{key}/v2/enqueue", auth=None, response={202: EventAnswer})
def enqueue(request: HttpRequest, key: str) -> Any:
    """The same by that API's own path, for tools that know an address but no path."""
    return _event(request, key)


@router.post("/hooks/{tool}/{key}", auth=None, response=HookAnswer)
def hook(request: HttpRequest, tool: str, key: str) -> Any:
    """What `alertmanager`, `grafana`, `pagerduty`, `generic`, `github` or `gitlab` post."""
    taken = _receive(request, tool, key)
    if isinstance(taken, HttpResponse):
        return taken
    seen = taken.incident is not None and not taken.incident.private
    return HookAnswer(
        status="taken" if taken.is_about_something else "ignored",
        incident=taken.incident.ref if taken.incident is not None and seen else None,
    )


def _event(request: HttpRequest, key: str) -> Any:
    taken = _receive(request, "events", key)
    if isinstance(taken, HttpResponse):
        return taken
    answer = EventAnswer(status="success", message="Event processed", dedup_key=taken.group)
    return Status(202, answer)


def _receive(request: HttpRequest, tool: str, key: str) -> Taken | HttpResponse:
    try:
        return receive(tool, key, request.headers, request.body)
    except TooLarge:
        return problem("too_large", "A hook takes at most 512 KB. Send less at once.")
    except NotSigned:
        return problem("unauthenticated", "The signature is missing, or not by this key's secret.")
    except Malformed as error:
        return problem("malformed", str(error))


@router.get("/services/{name}/hook-keys", auth=RESPONDERS, response=Keys)
def keys(request: ApiRequest, name: str) -> Keys:
    """The keys by which tools tell about a service."""
    service = _service(request, name)
    rows = service.hook_keys.filter(revoked_at=None).select_related("service")
    return Keys(items=[_answer(one) for one in rows], next=None)


@router.post("/services/{name}/hook-keys", auth=RESPONDERS, response={201: MadeKey})
def new_key(
    request: ApiRequest, response: HttpResponse, name: str, body: NewKey
) -> Status[MadeKey]:
    """Make a key; its words are in the answer and nowhere else."""
    service = _service(request, name)
    key, said = make_key(service, by=request.auth, **body.model_dump(exclude_none=True))
    show_once(response)
    return Status(201, MadeKey(**_answer(key).model_dump(), key=said))


@router.patch("/services/{name}/hook-keys/{int:key_id}", auth=RESPONDERS, response=KeyAnswer)
def changed_key(request: ApiRequest, name: str, key_id: int, body: KeyChange) -> KeyAnswer:
    """Change what a key means, or its secrets."""
    key = _key(request, name, key_id)
    given = body.model_dump(exclude_none=True)
    return _answer(change_key(key.pk, by=request.auth, **given))


@router.delete("/services/{name}/hook-keys/{int:key_id}", auth=RESPONDERS, response={204: None})
def revoked_key(request: ApiRequest, name: str, key_id: int) -> Status[None]:
    """Revoke a key; it opens nothing from now on."""
    revoke_key(_key(request, name, key_id).pk, by=request.auth)
    return Status(204, None)


def _service(request: ApiRequest, name: str) -> Service:
    check_may_keep(request.auth)
    found = service_called(name)
    if found is None:
        raise NotVisible
    return found


def _key(request: ApiRequest, name: str, key_id: int) -> HookKey:
    rows = _service(request, name).hook_keys.filter(pk=key_id, revoked_at=None)
    key = rows.select_related("service").first()
    if key is None:
        raise NotVisible
    return key


def _answer(key: HookKey) -> KeyAnswer:
    return KeyAnswer(
        id=key.pk,
        name=key.name,
        service=key.service.slug,
        severity=key.severity,
        severities=key.severities,
        paths=key.paths,
        secrets=len(key.secrets),
        made_at=key.made_at,
        last_used_at=key.last_used_at,
    )
