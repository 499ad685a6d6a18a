"""What every request passes: a manager without the second factor they need goes to add one."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from api.problems import problem
from people.factors import lacks_second_factor
from people.limits import warn_of_proxy
from people.models import User

GetResponse = Callable[[HttpRequest], HttpResponseBase]
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
TITLE = "A second factor first"
SENTENCE = "Admins act with a second factor here. Add an authenticator app or a passkey first."
#: Where one adds it, and what one needs for that.
OPEN = ("/accounts/", "/invitation/")


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
        if request.path.startswith(OPEN) or "Authorization" in request.headers:
            return None
        if not isinstance(request.user, User) or not lacks_second_factor(request.user):
            return None
        if request.path.startswith("/api/"):
            return problem("forbidden", SENTENCE)
        if request.headers.get("HX-Request") == "true":
            facts = {"status": 403, "title": TITLE, "sentence": SENTENCE, "why": ""}
            return render(request, "refusal/_toast.html", facts, status=403, using="jinja2")
        messages.warning(request, SENTENCE)
        return HttpResponseRedirect(reverse("mfa_index"))
