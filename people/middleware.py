"""Shows no sign-in page inside a page, and sends a manager without a second factor to get one."""

from collections.abc import Callable
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render, resolve_url
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone

from api.problems import problem
from pages.refusal import is_fragment, refusal_page
from people.factors import lacks_second_factor
from people.limits import warn_of_proxy
from people.models import User

GetResponse = Callable[[HttpRequest], HttpResponseBase]
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
TITLE = "A second factor first"
SENTENCE = "Admins act with a second factor here. Add an authenticator app or a passkey first."
#: Where one adds it, and what one needs for that.
OPEN = ("/accounts/", "/invitation/")


class SignedOut:
    """A part of a page that is asked for without a session is answered 401, by no sign-in page.

    The page keeps what was typed, and asks again once the same account is back (UX 17).
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer 401 instead of the way to the sign-in page."""
        answer = self.get_response(request)
        goal = answer.headers.get("Location", "") if answer.status_code == 302 else ""
        if not is_fragment(request) or urlsplit(goal).path != resolve_url(settings.LOGIN_URL):
            return answer
        return signed_out(request)


def signed_out(request: HttpRequest) -> HttpResponse:
    """401: nobody is signed in any more; what was typed stays where it is."""
    return refusal_page(
        request,
        401,
        "You are signed out",
        "Sign in again in another tab, then send it once more. What you typed is kept.",
    )


class ReadersZone:
    """The admin says and reads every moment by the clock of who looks, as every other page does."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """No query beside the session's."""
        if not request.path.startswith("/admin/") or not request.user.is_authenticated:
            return self.get_response(request)
        with timezone.override(request.user.zone):
            answer = self.get_response(request)
            if isinstance(answer, TemplateResponse) and not answer.is_rendered:
                answer.render()
            return answer


class SecondFactor:
    """With ``ADMIN_MFA`` a manager without one can read, but neither act nor enter the admin.

    Asks one query for a manager's acts, none for others or where it is not required. Sessions
    only: a token was made by somebody who had it.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Nothing to do on the way."""
        if "X-Forwarded-For" in request.headers:
            warn_of_proxy()
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: object, args: object, kwargs: object
    ) -> HttpResponseBase | None:
        """Send a page to where one adds a factor; answer the rest 403."""
        is_admin_page = request.path.startswith(reverse("admin:index"))
        if request.method in SAFE_METHODS and not is_admin_page:
            return None
        is_call = request.path.startswith("/api/")
        # Pages go by the session whatever stands in that header; only a call goes by its token.
        if request.path.startswith(OPEN) or (is_call and "Authorization" in request.headers):
            return None
        if not isinstance(request.user, User) or not lacks_second_factor(request.user):
            return None
        if is_call:
            return problem("forbidden", SENTENCE)
        if request.headers.get("HX-Request") == "true":
            facts = {"status": 403, "title": TITLE, "sentence": SENTENCE, "why": ""}
            return render(request, "refusal/_toast.html", facts, status=403, using="jinja2")
        return HttpResponseRedirect(reverse("mfa_index"))
