"""The pages on which a person sets their own things. Signing in stands in ``signing_in``."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from people.actions import change_preferences, end_tokens, issue_token, revoke_token
from people.factors import has_second_factor
from people.forms import PreferencesForm, TokenForm
from people.queries import tokens_of
from people.requests import PersonRequest
from people.sessions import end_sessions, sign_ins_of
from refusals.errors import Invalid, NotVisible


@never_cache
@require_safe
def session(request: HttpRequest) -> JsonResponse:
    """Say who is signed in, and with what a form proves where it comes from; nobody's is null.

    An open page asks it after its session was lost (UX 17), to go on for the same account only.
    """
    account = str(request.user.pk) if request.user.is_authenticated else None
    return JsonResponse({"account": account, "token": get_token(request)})


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def preferences(request: PersonRequest) -> HttpResponse:
    """Show or change name, colours, zone, working day and nudges by mail."""
    if request.method != "POST":
        return show(request)
    form = PreferencesForm(request.POST)
    if form.is_valid():
        try:
            change_preferences(request.user, **form.cleaned_data)
        except Invalid as invalid:
            form.mark(invalid)
        else:
            messages.success(request, "Saved.")
            return back()
    return show(request, form=form, status=422)


@never_cache
@login_required
@require_POST
def new_token(request: PersonRequest) -> HttpResponse:
    """Make a token and show its secret, this once."""
    form = TokenForm(request.POST)
    if form.is_valid():
        try:
            _, secret = issue_token(
                request.user,
                name=form.cleaned_data["name"],
                scopes=tuple(form.cleaned_data["scopes"]),
                expires_days=form.cleaned_data["expires_days"],
            )
        except Invalid as invalid:
            form.mark(invalid)
        else:
            return show(request, secret=secret, status=201)
    return show(request, token_form=form, status=422)


@login_required
@require_POST
def end_token(request: PersonRequest, token_id: int) -> HttpResponse:
    """Revoke one of my tokens; somebody else's looks like none."""
    token = request.user.tokens.filter(pk=token_id).first()
    if token is None:
        raise NotVisible
    revoke_token(token)
    messages.success(request, f"The token {token.name} opens nothing any more.")
    return back()


@login_required
@require_POST
def end_all_tokens(request: PersonRequest) -> HttpResponse:
    """Revoke all of my tokens."""
    count = end_tokens(request.user)
    said = "One token opens" if count == 1 else f"{count} tokens open"
    messages.success(request, f"{said} nothing any more.")
    return back()


@login_required
@require_POST
def end_other_sessions(request: PersonRequest) -> HttpResponse:
    """Sign me out everywhere but here."""
    count = end_sessions(request.user, keep=request.session.session_key)
    messages.success(request, f"{count} other session{'' if count == 1 else 's'} ended.")
    return back()


@never_cache
@login_required
@require_safe
def address(request: PersonRequest) -> HttpResponse:
    """Say which address I sign in with, and who changes it. Writes nothing."""
    return render(request, "account/email.html", using="jinja2")


def show(
    request: PersonRequest,
    *,
    form: PreferencesForm | None = None,
    token_form: TokenForm | None = None,
    secret: str = "",
    status: int = 200,
) -> HttpResponse:
    """The page as it is now, with what was typed. Four queries besides the session's."""
    context = {
        "form": form or PreferencesForm.of(request.user),
        "token_form": token_form or TokenForm(),
        "tokens": tokens_of(request.user),
        "secret": secret,
        "sign_ins": sign_ins_of(request.user),
        "this_session": request.session.session_key,
        "second_factor": has_second_factor(request.user),
    }
    return render(request, "people/preferences.html", context, status=status, using="jinja2")


def back() -> HttpResponse:
    """To the page by a GET, so that a reload sends nothing again."""
    return HttpResponseRedirect(reverse("people:preferences"))
