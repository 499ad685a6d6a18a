"""The pages that belong to no app: error pages and the probes."""

import hmac
import ipaddress

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST

from api.problems import GENERAL
from config import metrics as numbers
from config import probes
from pages.refusal import bare_page, is_fragment, refusal_page
from people.middleware import signed_out
from refusals.codes import CODES
from refusals.errors import NotVisible


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """No proof of origin came with a form: 403 and what to do; 401 where nobody is signed in."""
    if is_fragment(request) and not request.user.is_authenticated:
        return signed_out(request)
    return refusal_page(
        request,
        403,
        "This form is too old",
        "Reload the page and send it again. Your browser must accept cookies from this site.",
        "Go back to it first: what you typed is still there.",
    )


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """The request itself is malformed: 400."""
    return refusal_page(
        request,
        400,
        "That could not be read",
        "Something in it is broken off or not what a browser sends. Go back, reload the page and "
        "send it again.",
    )


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Not this account's to do: 403."""
    return refusal_page(request, 403, "That is not yours to do", "Your account may not do that.")


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """No such address, or nothing visible to this person: 404, always alike."""
    return refusal_page(request, 404, "Nothing here", NotVisible.sentence, "Check the address.")


def too_many_requests(request: HttpRequest) -> HttpResponse:
    """More of it than anybody needs: 429 and when to come back."""
    answer = refusal_page(
        request, 429, "Too often", "That was asked too often. Wait a minute and try again."
    )
    answer["Retry-After"] = "60"
    return answer


def server_error(request: HttpRequest) -> HttpResponse:
    """Our own mistake: 500; a part of a page keeps its form with everything typed."""
    return bare_page(
        request,
        500,
        "Something broke here",
        "It is our mistake, and it is in the log. Nothing you sent was half done, and what you "
        "typed is still there to be sent again.",
    )


@require_safe
def favicon(request: HttpRequest) -> HttpResponse:
    """Where browsers ask for an icon on pages that name none, the admin's: to ours."""
    return HttpResponseRedirect(static("icons/favicon.ico"))


@require_safe
def api_errors(request: HttpRequest) -> HttpResponse:
    """What every code of the API means; a problem document's ``type`` leads here."""
    return render(request, "api/errors.html", {"rules": CODES, "general": GENERAL})


@require_safe
@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """The process is up. Asks nobody else."""
    return HttpResponse("ok\n", content_type="text/plain")


@require_safe
@never_cache
def readyz(request: HttpRequest) -> JsonResponse:
    """Database, broker and the age of the last enforcement pass, each by name; else 503."""
    found = probes.ready()
    answer = JsonResponse(
        found, status=200 if found["ready"] else 503, json_dumps_params={"indent": 1}
    )
    # An answer to a probe is no error of ours; the log would fill with them.
    answer._has_been_logged = True  # type: ignore[attr-defined]
    return answer


@require_safe
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus text for ``METRICS_TOKEN``; where none is set, for loopback without a proxy.

    Everybody else gets the 404 of an address that does not exist.
    """
    if not may_read_metrics(request):
        return not_found(request)
    return HttpResponse(numbers.as_text(), content_type=CONTENT_TYPE_LATEST)


def may_read_metrics(request: HttpRequest) -> bool:
    """The token where one is set; where none is, only loopback without a forwarding header."""
    if token := settings.METRICS_TOKEN:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        return hmac.compare_digest(given.encode(), token.encode())
    forwarded = ("X-Forwarded-For", "Forwarded", "X-Real-Ip", "X-Forwarded-Host")
    if any(name in request.headers for name in forwarded):
        return False
    try:
        return ipaddress.ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False
