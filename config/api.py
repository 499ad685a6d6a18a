"""The API object: its routers, and what is the same for every call.

That is who calls, problem documents for everything that is refused, idempotency keys, and an
OpenAPI document that says so. Calls stand in the ``api`` modules of the apps, rules in actions.
"""

import logging
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import (
    BadRequest,
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
)
from django.core.signals import got_request_exception
from django.db import DataError, InterfaceError, OperationalError
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
    UnreadablePostError,
)
from django.http.multipartparser import MultiPartParserError
from django.http.response import HttpResponseBase
from django.urls import URLPattern, URLResolver, path
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.openapi.schema import OpenAPISchema

from alerts.api import router as alerts_router
from api.idempotency import HEADER, once
from api.mentions import noting
from api.openapi import complete
from api.problems import invalid, problem
from api.rendering import Renderer, StrictParser, UnreadableText, is_readable
from catalogue.api import router as services_router
from config.middleware import database_away
from incidents.agents.api import router as agents_router
from incidents.approvals.api import router as approvals_router
from incidents.asks.api import router as asks_router
from incidents.attachments.api import router as attachments_router
from incidents.board.api import router as board_router
from incidents.cadence.api import router as promises_router
from incidents.changes.api import router as changes_router
from incidents.deployments.api import router as deployments_router
from incidents.deployments.recent_api import router as recent_router
from incidents.endstate.api import router as signals_router
from incidents.escalations.api import router as escalations_router
from incidents.hypotheses.api import router as hypotheses_router
from incidents.impact.api import router as impact_router
from incidents.invitations.api import router as invitations_router
from incidents.lifecycle.api import router as incidents_router
from incidents.lifecycle.timeline_api import router as timeline_router
from incidents.line.api import router as line_router
from incidents.obligations.api import router as obligations_router
from incidents.outcomes.api import router as outcomes_router
from incidents.record.visibility import check_visible
from incidents.roster.api import router as roster_router
from incidents.sharing.api import router as sharing_router
from incidents.sidework.api import router as paused_router
from incidents.triage.api import router as triage_router
from incidents.updates.api import router as updates_router
from incidents.updates.questions_api import router as questions_router
from integrations.api import router as hooks_router
from notifications.api import router as notifications_router
from notifications.channels_api import router as channels_router
from people.api import router as people_router
from people.callers import ANYBODY, ask_again, identify, what_was_asked
from people.models import User
from people.sealing import Unreadable, is_sealed, seal, unseal
from postmortems.api import router as postmortems_router
from refusals.errors import Forbidden, Invalid, NotVisible, Refused, TooMany
from stakeholders.api import router as stakeholders_router
from stakeholders.subscriptions.api import router as subscriptions_router
from withdrawal.api import router as withdrawal_router

logger = logging.getLogger(__name__)

#: Pydantic's word for a field that a body does not have.
UNKNOWN = "extra_forbidden"
#: What a field's name looks like; branches of a choice look different, or like a type.
_FIELD = re.compile("[a-z][a-z0-9_]*")

View = Callable[..., HttpResponseBase]


class EndstateAPI(NinjaAPI):
    """Ninja with our refusals on everything it lets through, and our additions to its OpenAPI."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._documents: dict[str, OpenAPISchema] = {}

    @property
    def urls(self) -> tuple[list[URLResolver | URLPattern], str, str]:
        """Every address of the API, each guarded, and a 404 that is a problem document."""
        patterns, app_name, namespace = super().urls
        for pattern in patterns:
            if isinstance(pattern, URLPattern):
                pattern.callback = guarded(self, pattern.callback)
        return [*patterns, path("<path:rest>", guarded(self, _unknown))], app_name, namespace

    def get_openapi_schema(self, **options: Any) -> OpenAPISchema:
        """The document with what every call can answer besides its success; written once."""
        key = repr(sorted(options.items()))
        if key not in self._documents:
            self._documents[key] = complete(super().get_openapi_schema(**options))
        return self._documents[key]


def guarded(api: NinjaAPI, view: View) -> View:
    """``view`` behind what ninja does not do: unreadable addresses, 405, idempotency keys.

    Exempt from Django's CSRF check, since the callers' classes make it where a session speaks.
    """

    def answer(request: HttpRequest, **names: Any) -> HttpResponseBase:
        if not is_readable([*names.values()]):
            return problem("not_found", NotVisible.sentence)
        if not is_readable(dict(request.GET.lists())):
            return invalid({"query": "It holds a NUL character."})
        try:
            if request.method == "POST" and HEADER in request.headers:
                caller = identify(request)
                if caller is not None:
                    terms = WhoMayAndSees(request, caller.person)
                    return once(request, caller.person, lambda: view(request, **names), terms)
            response = view(request, **names)
        except Exception as error:  # noqa: BLE001 - the API's handlers decide
            return api.on_exception(request, error)
        if isinstance(response, HttpResponseNotAllowed):
            return _not_allowed(response)
        return response

    answer.csrf_exempt = True  # type: ignore[attr-defined]
    return answer


@dataclass(frozen=True)
class WhoMayAndSees:
    """The terms of a kept answer: its call is the caller's to make, its incidents theirs to see."""

    request: HttpRequest
    person: User

    @contextmanager
    def noting(self) -> Iterator[dict[str, Any]]:
        """Note what the request asked of its caller, and the incidents that it read."""
        noted: dict[str, Any] = {}
        with noting() as came_by:
            yield noted
        asked = what_was_asked(self.request)
        noted |= {"asked": asked, "incidents": sorted(came_by.incidents)}

    def check(self, noted: dict[str, Any]) -> None:
        """Refuse as the call would: ``Forbidden``, ``NotVisible``. One query.

        An answer of which nothing was noted, kept before that was asked, is nobody's to see.
        """
        if not noted:
            raise NotVisible
        ask_again(self.request, noted["asked"])
        check_visible(self.person, noted["incidents"])

    def seal(self, content: str) -> str:
        """An answer that holds a secret, encrypted."""
        return seal(content)

    def unseal(self, content: str) -> str:
        """The answer as it was; one whose key is gone is nobody's to see (``NotVisible``)."""
        try:
            return unseal(content) if is_sealed(content) else content
        except Unreadable:
            raise NotVisible from None


def _unknown(request: HttpRequest, rest: str) -> HttpResponse:
    return problem("not_found", f"The API has no address /api/v1/{rest[:200]}.")


def _not_allowed(response: HttpResponseNotAllowed) -> HttpResponse:
    allowed = response.headers["Allow"]
    answer = problem("method_not_allowed", f"This address takes {allowed}.")
    answer.headers["Allow"] = allowed
    return answer


def on_refused(request: HttpRequest, error: Refused) -> HttpResponse:
    """409 with the rule's code, its sentence and its facts."""
    return problem(error.code, error.sentence, status=error.status, facts=error.facts)


def on_too_many(request: HttpRequest, error: TooMany) -> HttpResponse:
    """429 with Retry-After."""
    answer = problem(error.code, error.sentence)
    answer.headers["Retry-After"] = str(error.seconds)
    return answer


def on_forbidden(request: HttpRequest, error: Forbidden | PermissionDenied) -> HttpResponse:
    """403: visible, but not this person's or this token's to do."""
    return problem("forbidden", str(error) or "Your account may not do that.")


def on_not_visible(request: HttpRequest, error: NotVisible | Http404) -> HttpResponse:
    """404, the same for what is unknown and for what is hidden."""
    return problem("not_found", NotVisible.sentence)


def on_invalid(request: HttpRequest, error: Invalid) -> HttpResponse:
    """422 with the fields that an action could not take."""
    return invalid(error.errors)


def on_validation_error(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """422 with the fields that do not fit the schema."""
    messages: dict[str, list[str]] = {}
    for fault in error.errors:
        field = field_of(fault["loc"], as_sent=fault["type"] == UNKNOWN)
        messages.setdefault(field, []).append(message_of(fault))
    return invalid({field: " Or: ".join(said) for field, said in messages.items()})


def on_http_error(request: HttpRequest, error: HttpError) -> HttpResponse:
    """Ninja's own: a body that cannot be read, or a caller that is nobody."""
    if isinstance(error, AuthenticationError):
        detail = "Send `Authorization: Bearer` with a valid token, or sign in."
        if "Authorization" in request.headers:
            detail = "This token is unknown, expired or revoked."
        answer = problem("unauthenticated", detail)
        answer.headers["WWW-Authenticate"] = "Bearer"
        return answer
    if isinstance(error.__cause__, UnreadableText):
        return invalid({"body": str(error.__cause__)})
    return problem("malformed", "The body is not one JSON document in UTF-8.")


def on_too_large(request: HttpRequest, error: RequestDataTooBig) -> HttpResponse:
    """413: more than a body may hold."""
    return problem("too_large", "A body holds at most 1 MiB, a file 10 MB. Send less at once.")


def on_unreadable_form(request: HttpRequest, error: Exception) -> HttpResponse:
    """400: no form in parts, or one of too many."""
    return problem("malformed", "The body is no form in parts with one file.")


def on_broken_off(request: HttpRequest, error: UnreadablePostError) -> HttpResponse:
    """400: the upload ended before its end."""
    return problem("malformed", "The body broke off.")


def on_data_error(request: HttpRequest, error: DataError) -> HttpResponse:
    """422: the database cannot hold a value; a limit is missing from a schema, so it is logged."""
    logger.warning("a value passed the schema that the database refused: %s", error)
    return invalid({"body": "A value is outside of what can be stored."})


def on_database_away(request: HttpRequest, error: Exception) -> HttpResponse:
    """503 with Retry-After."""
    return database_away(request, error)


def on_own_mistake(request: HttpRequest, error: Exception) -> HttpResponse:
    """500 as a problem document, logged and reported as Django reports any error."""
    logger.exception("error in %s %s", request.method, request.path, exc_info=error)
    got_request_exception.send(sender=None, request=request)
    return problem("internal", "The mistake is ours; it was written down.")


def field_of(location: tuple[str | int, ...], *, as_sent: bool = False) -> str:
    """The name of a field as the caller wrote it: ``samples.3.value``, ``limit``, ``body``.

    Ninja's location begins with the source and, for a body, the name of its parameter; pydantic
    puts the branches of a choice between the names (``serves.constrained-int``). The last name is
    what the caller made up where it is told ``as_sent``.
    """
    source, *names = location
    if source == "body":
        names = names[1:]
    last = [names.pop()] if as_sent else []
    named = [str(name) for name in names if isinstance(name, int) or _is_field(name)]
    named += [str(name)[:100] for name in last]
    return ".".join(named) or str(source)


def _is_field(name: str) -> bool:
    return _FIELD.fullmatch(name) is not None and name not in ("int", "str", "float", "bool")


def message_of(fault: dict[str, Any]) -> str:
    """What is wrong with a field, as a sentence."""
    if fault["type"] == "missing":
        return "This field is required."
    if fault["type"] == UNKNOWN:
        return "This call has no such field."
    message = str(fault["msg"]).removeprefix("Value error, ")
    return message if message.endswith(".") else f"{message}."


def _register_handlers(api: NinjaAPI) -> None:
    handlers: dict[type[Exception], Callable[..., HttpResponse]] = {
        Refused: on_refused,
        TooMany: on_too_many,
        Forbidden: on_forbidden,
        PermissionDenied: on_forbidden,
        NotVisible: on_not_visible,
        Http404: on_not_visible,
        Invalid: on_invalid,
        ValidationError: on_validation_error,
        HttpError: on_http_error,
        RequestDataTooBig: on_too_large,
        UnreadablePostError: on_broken_off,
        MultiPartParserError: on_unreadable_form,
        BadRequest: on_unreadable_form,
        SuspiciousOperation: on_unreadable_form,
        DataError: on_data_error,
        OperationalError: on_database_away,
        InterfaceError: on_database_away,
        Exception: on_own_mistake,
    }
    for kind, handler in handlers.items():
        api.add_exception_handler(kind, handler)


api = EndstateAPI(
    title="Endstate",
    version="1",
    description="Run an incident, tell its stakeholders, learn from it. docs/api.md says it all.",
    urls_namespace="api",
    auth=ANYBODY,
    renderer=Renderer(),
    parser=StrictParser(),
)
_register_handlers(api)

for router in (
    people_router,
    notifications_router,
    channels_router,
    incidents_router,
    agents_router,
    alerts_router,
    approvals_router,
    attachments_router,
    board_router,
    changes_router,
    deployments_router,
    escalations_router,
    hooks_router,
    hypotheses_router,
    impact_router,
    invitations_router,
    line_router,
    outcomes_router,
    obligations_router,
    paused_router,
    promises_router,
    questions_router,
    recent_router,
    roster_router,
    asks_router,
    services_router,
    sharing_router,
    signals_router,
    timeline_router,
    triage_router,
    updates_router,
    withdrawal_router,
    stakeholders_router,
    subscriptions_router,
    postmortems_router,
):
    api.add_router("", router)
