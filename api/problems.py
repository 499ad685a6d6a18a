"""Makes problem documents (RFC 9457) of refusals: how the API says no.

Which rule says no stands in the actions; the codes of rules stand in ``refusals.codes``.
"""

from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse, JsonResponse

from api.rendering import Encoder
from refusals.codes import CODES

PROBLEM_TYPE = "application/problem+json"
#: The page that explains every code; a problem's ``type`` names the code on it.
ERRORS_PAGE = "/api/v1/docs/errors"

#: Codes that no rule owns: code → (status, title, why).
GENERAL: dict[str, tuple[int, str, str]] = {
    "malformed": (400, "That is not JSON", "A body is one JSON document in UTF-8."),
    "unauthenticated": (401, "Not signed in", "Send a valid token, or sign in."),
    "forbidden": (403, "That is not yours to do", "Your account or token may not do that."),
    "not_found": (404, "Nothing here", "Unknown, or not visible to you, which look alike."),
    "method_not_allowed": (405, "Not that method", "The header `Allow` names those there are."),
    "timeout": (408, "Too slow", "A body arrives within a minute."),
    "too_large": (413, "That is too large", "A body has at most 1 MiB, a file 10 MB."),
    "headers_too_large": (431, "Too many headers", "Address and headers have at most 64 KB."),
    "invalid": (422, "That cannot be taken as it is", "`errors` names each field and its fault."),
    "too_many_requests": (429, "Too often", "Try again after `Retry-After` seconds."),
    "internal": (500, "That went wrong here", "It is our mistake and was reported."),
    "unavailable": (503, "Database away", "Try again after `Retry-After` seconds."),
    "busy": (
        503,
        "Somebody else holds that",
        "Others hold what it needs, or too much comes at once. Try again.",
    ),
    "disk_full": (503, "The disk is full", "Nothing can be written until somebody makes room."),
}


def problem(
    code: str, detail: str, *, status: int | None = None, facts: Mapping[str, Any] | None = None
) -> HttpResponse:
    """A problem document for ``code`` with a sentence for people and ``facts`` as its members.

    Codes of rules are 409; the general ones have their own status.
    """
    if code in GENERAL:
        general_status, title, _ = GENERAL[code]
    else:
        general_status, title = 409, CODES[code].title
    shown = status or general_status
    document = {
        "type": f"{ERRORS_PAGE}#{code}",
        "title": title,
        "status": shown,
        "detail": detail,
        "code": code,
    }
    return JsonResponse(
        {**(facts or {}), **document}, encoder=Encoder, status=shown, content_type=PROBLEM_TYPE
    )


def invalid(errors: Mapping[str, str]) -> HttpResponse:
    """422 ``invalid`` with one message per field."""
    listed = [{"field": field, "message": message} for field, message in errors.items()]
    detail = " ".join(f"{field}: {message}" for field, message in errors.items())
    return problem("invalid", detail[:2000], facts={"errors": listed})
