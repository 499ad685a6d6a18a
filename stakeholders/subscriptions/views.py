"""The pages of subscriptions: mine, the button on an incident's page, and a mail's two links."""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from incidents.record.visibility import get_incident
from pages.editor import attempt
from people.feed_keys import personal_url, renew_key
from people.models import User
from people.requests import PersonRequest
from stakeholders.subscriptions.actions import (
    confirm_subscription,
    end_by_link,
    end_subscription,
    subscribe,
)
from stakeholders.subscriptions.forms import SubscribeForm
from stakeholders.subscriptions.links import confirmed_by, ended_by
from stakeholders.subscriptions.models import Every, Subscription, To, Way
from stakeholders.subscriptions.queries import mine_to, subscriptions_of

_PAGE = "stakeholders/subscriptions/{}.html"


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def mine(request: PersonRequest) -> HttpResponse:
    """What I subscribed to, my feed and calendar, and a form for more."""
    if request.method != "POST":
        return _mine(request, SubscribeForm(by=request.user))
    if request.POST.get("renew"):
        renew_key(request.user)
        messages.success(request, "The old addresses of your feed and calendar lead nowhere now.")
        return HttpResponseRedirect(reverse("stakeholders:subscriptions"))
    form = SubscribeForm(request.POST, by=request.user)
    status = attempt(form, lambda values: _subscribe(request.user, values))
    if status:
        return _mine(request, form, status=status)
    messages.success(request, "Subscribed. An address without an account is asked first.")
    return HttpResponseRedirect(reverse("stakeholders:subscriptions"))


def _subscribe(by: User, values: dict[str, Any]) -> tuple[Subscription, bool]:
    to, _, service = values["to"].partition(":")
    way, _, endpoint = values["where"].partition(":")
    return subscribe(
        by=by,
        to=to,
        service=service,
        way=way,
        target=endpoint or (values["address"] if way == Way.EMAIL else ""),
        every=values["every"],
        snapshot=values.get("snapshot"),
    )


@login_required
@require_POST
def end(request: PersonRequest, subscription_id: int) -> HttpResponse:
    """End one of mine."""
    end_subscription(subscription_id, by=request.user)
    messages.success(request, "You hear nothing of it any more.")
    return HttpResponseRedirect(reverse("stakeholders:subscriptions"))


@login_required
@require_POST
def follow(request: PersonRequest, ref: str) -> HttpResponse:
    """Follow an incident by e-mail, at each update or once a day, or follow it no more.

    Whoever follows it may want the whole incident as a file in the end.
    """
    incident = get_incident(request.user, ref)
    every = request.POST.get("every", Every.UPDATE)
    row = mine_to(request.user, incident)
    if row is not None and "snapshot" in request.POST:
        brings = request.POST["snapshot"] == "yes"
        mine = {"to": To.INCIDENT, "way": Way.EMAIL, "ref": incident.ref, "every": row.every}
        subscribe(by=request.user, **mine, snapshot=brings)
        comes = "comes" if brings else "does not come"
        messages.success(request, f"The whole incident {comes} as a file with the all-clear.")
    elif every in Every.values:
        subscribe(by=request.user, to=To.INCIDENT, way=Way.EMAIL, ref=incident.ref, every=every)
        how = "a mail for each update" if every == Every.UPDATE else "one mail a day"
        messages.success(request, f"You get {how} about {incident.ref}.")
    elif row is not None:
        end_subscription(row.pk, by=request.user)
        messages.success(request, f"You get no mail about {incident.ref} any more.")
    return HttpResponseRedirect(f"/stakeholders/{incident.ref}/")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """Ask whoever has the mail, and note a yes. Looking at it changes nothing."""
    number = confirmed_by(token)
    if request.method == "POST":
        row = confirm_subscription(number)
        said = f"You hear of {row.what} from now on, and every mail has a way out."
        return _linked(request, "Done", said)
    said = "Somebody subscribed your address. Nothing is sent before you say yes."
    return _linked(request, "Do you want to hear of it?", said, button="Yes, tell me")


@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def end_by_mail(request: HttpRequest, token: str) -> HttpResponse:
    """End what a mail's link names, also by one click of a mail program (RFC 8058).

    Looking at it changes nothing. The link itself is what proves who asks.
    """
    found = ended_by(token)
    if request.method == "POST":
        end_by_link(found)
        return _linked(request, "Done", "You get no such mail any more.")
    said = "End the subscription this mail came by?"
    return _linked(request, "Unsubscribe", said, button="Unsubscribe")


def _linked(request: HttpRequest, title: str, said: str, *, button: str = "") -> HttpResponse:
    """The page of a mail's link, which leads nobody back to the link."""
    answer = _page(request, "linked", {"title": title, "said": said, "button": button})
    answer.headers["Referrer-Policy"] = "no-referrer"
    answer.headers["X-Robots-Tag"] = "noindex"
    return answer


def _mine(request: PersonRequest, form: SubscribeForm, *, status: int = 200) -> HttpResponse:
    facts = {
        "subscriptions": list(subscriptions_of(request.user)),
        "form": form,
        "feed_url": personal_url(request.user, "stakeholders:feed"),
        "calendar_url": personal_url(request.user, "stakeholders:calendar"),
    }
    return _page(request, "mine", facts, status=status)


def _page(
    request: HttpRequest, name: str, facts: Mapping[str, object], *, status: int = 200
) -> HttpResponse:
    return render(request, _PAGE.format(name), {**facts}, status=status, using="jinja2")
