"""Refuses text that PostgreSQL cannot hold or nobody can read, before a view sees it.

NUL, bytes that are no UTF-8 and lone surrogates, in the address, a query, a form or JSON.
"""

import json
from collections.abc import Callable, Iterable
from urllib.parse import unquote_to_bytes

from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent
from django.http import HttpRequest, HttpResponseBase, UnreadablePostError
from django.http.multipartparser import MultiPartParserError

from api.rendering import is_readable as can_be_stored
from pages.refusal import refusal_page

GetResponse = Callable[[HttpRequest], HttpResponseBase]

#: The API asks first who calls and answers in its own words (``api.rendering``).
LOOKS_FOR_ITSELF = "/api/v1/"
SENTENCE = "The text holds characters that cannot be stored (NUL or broken ones). Remove them."


class ReadableInput:
    """422 for unreadable text and 413 for too much of it; the view sees only what it can keep."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Look at the address always and at the body when there is one."""
        try:
            readable = is_readable(request)
        except RequestDataTooBig:
            return refusal_page(request, 413, "Too much at once", "Send less at once.")
        except (TooManyFieldsSent, MultiPartParserError, UnreadablePostError):
            return refusal_page(request, 400, "That could not be read", "Send it again.")
        if not readable:
            return refusal_page(request, 422, "That cannot be taken as it is", SENTENCE)
        return self.get_response(request)


def is_readable(request: HttpRequest) -> bool:
    """Whether address, query and body are text that can be stored."""
    if request.path.startswith(LOOKS_FOR_ITSELF):
        return True
    if "\0" in request.path or not _is_text(request.META.get("QUERY_STRING", "")):
        return False
    if request.method in ("GET", "HEAD"):
        return True
    match request.content_type:
        case "application/x-www-form-urlencoded":
            return _is_text(request.body.decode("latin-1"))
        case "multipart/form-data":
            return not any("\0" in value for value in _values(request))
        case _:
            return _is_storable_json(request.body)


def _is_text(encoded: str) -> bool:
    try:
        return "\0" not in unquote_to_bytes(encoded.encode("latin-1")).decode()
    except UnicodeError:
        return False


def _values(request: HttpRequest) -> Iterable[str]:
    for name, values in request.POST.lists():
        yield name
        yield from (value for value in values if isinstance(value, str))
    for name, file in request.FILES.items():
        yield name
        yield getattr(file, "name", None) or ""


def _is_storable_json(body: bytes) -> bool:
    """Whether the strings of a JSON body can be stored; what is no JSON is the view's to refuse."""
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    if b"\\u" not in body:
        return True
    try:
        return can_be_stored(json.loads(body))
    except RecursionError:
        return False
    except ValueError:
        return True
