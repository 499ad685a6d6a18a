"""Sets the headers of every answer, and answers exceptions that no view handled.

Refusals of forms are put on the form by the views themselves; these here have none.
"""

import logging
from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import InterfaceError, OperationalError
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseNotAllowed,
)

from api.mentions import noting
from api.problems import problem
from config.logs import answering
from config.probes import note_trouble
from pages.refusal import bare_page, refusal_page
from refusals.errors import Forbidden, Invalid, NotVisible, Refused
from waits.trouble import RETRY_AFTER_S, trouble_of

logger = logging.getLogger(__name__)

GetResponse = Callable[[HttpRequest], HttpResponseBase]

CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; manifest-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
PERMISSIONS_POLICY = ", ".join(
    f"{name}=()"
    for name in (
        *("accelerometer", "camera", "geolocation", "gyroscope", "microphone", "midi"),
        *("payment", "usb", "browsing-topics", "display-capture", "serial"),
    )
)


class SecurityHeaders:
    """The content policy and its company on every answer; pages of accounts are asked for again.

    What came by a private incident, and what is taken along as a file, nobody stores.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Add what the view did not set itself."""
        with noting() as came_by, answering(request.method or "", request.path) as asked:
            response = self.get_response(request)
        response.headers.setdefault("X-Request-ID", asked.id)
        if request.path.startswith("/api/"):
            response.headers.setdefault("Endstate-Version", settings.VERSION)
        if came_by.is_private or "attachment" in response.headers.get("Content-Disposition", ""):
            response.headers["Cache-Control"] = "private, no-store"
        response.headers.setdefault("Content-Security-Policy", CONTENT_POLICY)
        response.headers.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        if not request.path.startswith(settings.STATIC_URL):
            response.headers.setdefault("Cache-Control", "private, no-cache")
        return response


class DatabaseAway:
    """PostgreSQL is away, full, or busy with what others hold: 503 and when to ask again."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Catch what middleware below raised; views come through ``process_exception``."""
        try:
            answer = self.get_response(request)
        except (OperationalError, InterfaceError) as error:
            return database_away(request, error)
        if answer.status_code == 503:
            answer.headers.setdefault("Retry-After", str(RETRY_AFTER_S))
        return answer

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Catch what a view raised."""
        if isinstance(error, OperationalError | InterfaceError):
            return database_away(request, error)
        return None


class Refusals:
    """Refusals that reach nobody's form become a page, a fragment or a problem document."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Say what a 405 without a word means; callers of the API are answered there."""
        answer = self.get_response(request)
        if not isinstance(answer, HttpResponseNotAllowed) or answer.content:
            return answer
        page = refusal_page(
            request,
            405,
            "Nothing to see here",
            "This address only takes what a button or form sends. Opening it changed nothing.",
        )
        page.headers["Allow"] = answer.headers["Allow"]
        return page

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Answer 409, 403, 404 or 422 for the four refusals; leave the rest alone."""
        if isinstance(error, NotVisible):
            error = Http404()
        match error:
            case Refused():
                return refusal_page(request, 409, error.title, error.sentence, error.why)
            case Forbidden():
                title = "That is not yours to do"
                return refusal_page(request, 403, title, error.sentence, way=error.way)
            case Invalid():
                detail = " ".join(error.errors.values())
                return refusal_page(request, 422, "That cannot be taken as it is", detail)
            case PermissionDenied():
                detail = str(error) or "Your account may not do that."
                return refusal_page(request, 403, "That is not yours to do", detail)
            case Http404():
                return refusal_page(
                    request, 404, "Nothing here", NotVisible.sentence, "Check the address."
                )
        return None


def database_away(request: HttpRequest, error: Exception) -> HttpResponse:
    """503 in the shape the caller reads, touching neither session nor database."""
    trouble = trouble_of(error)
    note_trouble(error)
    logger.warning("database %s: %s", trouble.reason, str(error).split("\n", 1)[0])
    answer: HttpResponse
    if request.path.startswith("/api/"):
        answer = problem(trouble.code, trouble.sentence)
    else:
        # In a part of a page it goes into the toast: the form that was sent stays as it was typed.
        answer = bare_page(request, 503, trouble.title, trouble.sentence, again=RETRY_AFTER_S)
    answer.headers["Retry-After"] = str(RETRY_AFTER_S)
    answer._has_been_logged = True  # type: ignore[attr-defined]
    return answer
