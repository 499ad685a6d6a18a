"""Serves our own pages before somebody is signed in: signing in, and the invitation."""

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.models import Login
from allauth.account.views import LoginView
from allauth.mfa.webauthn.internal import auth as webauthn
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods

from people.account_forms import FirstPasskeyForm, FirstPasswordForm
from people.factors import has_second_factor
from people.invitations import invitation_by, use_invitation
from people.models import Invitation, User
from refusals.errors import NotVisible

WAIT_S = 300


class SignInView(LoginView):  # type: ignore[misc]
    """allauth's, which says 429 when a try was not looked at any more."""

    def form_invalid(self, form: Any) -> HttpResponse:
        """The page again, with what is wrong."""
        response: HttpResponse = super().form_invalid(form)
        if getattr(self.request, "is_one_too_many", False):
            response.status_code = 429
            response["Retry-After"] = str(WAIT_S)
        return response


sign_in = SignInView.as_view()


@never_cache
@sensitive_post_parameters("password1")
@sensitive_variables("password")
@require_http_methods(["GET", "POST"])
def invitation(request: HttpRequest, secret: str) -> HttpResponse:
    """Let somebody invited choose a password or a passkey, and sign them in.

    Looking uses nothing: mail programs look, too. A link that opens nothing says so, whatever
    the reason.
    """
    try:
        found = invitation_by(secret)
    except NotVisible:
        return _page(request, None, status=404)
    if request.method != "POST":
        return _page(request, found)
    person = found.person
    by_passkey = "credential" in request.POST and not has_second_factor(person)
    if by_passkey:
        passkey = FirstPasskeyForm(request.POST, user=person)
        if not passkey.is_valid():
            return _page(request, found, passkey=passkey, status=422)
    else:
        form = FirstPasswordForm(request.POST, user=person)
        if not form.is_valid():
            return _page(request, found, form=form, status=422)
    try:
        with transaction.atomic():
            use_invitation(found)
            if by_passkey:
                data = passkey.cleaned_data
                webauthn.WebAuthn.add(person, data["name"], data["credential"])
            else:
                get_adapter().set_password(person, form.cleaned_data["password1"])
    except NotVisible:
        return _page(request, None, status=404)
    return _enter(request, person, by_passkey=by_passkey)


def _enter(request: HttpRequest, person: User, *, by_passkey: bool) -> HttpResponse:
    """Sign the person in, as if they had just used what they chose."""
    if request.user.is_authenticated:
        get_adapter().logout(request)
    if by_passkey:
        record_authentication(request, person, "mfa", type="webauthn", passwordless=True)
    else:
        record_authentication(request, person, "password", email=person.email)
    response: HttpResponse = perform_login(request, Login(user=person, email=person.email))
    return response


def _page(
    request: HttpRequest,
    found: Invitation | None,
    *,
    form: FirstPasswordForm | None = None,
    passkey: FirstPasskeyForm | None = None,
    status: int = 200,
) -> HttpResponse:
    facts: dict[str, Any] = {"invitation": found}
    if found is not None:
        facts["form"] = form or FirstPasswordForm(user=found.person)
        # Who has a second factor uses it: a link by mail must not take its place.
        facts["by_passkey"] = not has_second_factor(found.person)
        if facts["by_passkey"]:
            facts["passkey_form"] = passkey or FirstPasskeyForm(user=found.person)
            options = webauthn.begin_registration(found.person, True)
            facts["js_data"] = {"creation_options": options}
    response = render(request, "people/invitation.html", facts, status=status, using="jinja2")
    response["X-Robots-Tag"] = "noindex"
    return response
