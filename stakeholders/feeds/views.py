"""Feeds and the calendar of promises, read by programs that cannot sign in (P48).

Each asks anew who the key is of and what that person may see.
"""

from datetime import timedelta

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.feedgenerator import Atom1Feed
from django.utils.html import escape
from django.views.decorators.http import require_safe
from icalendar import Calendar, Event

from clock.queries import now
from incidents.record.models import Incident, Service
from incidents.record.visibility import get_incident
from notifications.links import absolute, host
from people.feed_keys import person_of
from people.models import User
from refusals.errors import NotVisible
from stakeholders.feeds.queries import Item, items_for, promised_to

LASTS = timedelta(minutes=15)


@require_safe
def everything(request: HttpRequest) -> HttpResponse:
    """Every incident the key's person may see."""
    user = _person(request)
    return _feed(user, "Incidents", "/stakeholders/", items_for(user, _seen(user)))


@require_safe
def incident(request: HttpRequest, ref: str) -> HttpResponse:
    """One incident."""
    user = _person(request)
    found = get_incident(user, ref)
    items = items_for(user, _seen(user).filter(pk=found.pk))
    return _feed(user, f"{found.ref} {found.title}", f"/stakeholders/{found.ref}/", items)


@require_safe
def service(request: HttpRequest, slug: str) -> HttpResponse:
    """The incidents of one service."""
    user = _person(request)
    found = Service.objects.filter(slug=slug).first()
    if found is None:
        raise NotVisible
    items = items_for(user, _seen(user).filter(services=found))
    return _feed(user, f"Incidents of {found.name}", "/stakeholders/", items)


@require_safe
def calendar(request: HttpRequest) -> HttpResponse:
    """What the key's person owes, and when the next word of every incident is due."""
    user = _person(request)
    found = Calendar()
    found.add("prodid", "-//Endstate//Promises//EN")
    found.add("version", "2.0")
    found.add("x-wr-calname", "Endstate: promises")
    found.add("refresh-interval", timedelta(minutes=15), parameters={"VALUE": "DURATION"})
    stamp = now()
    for one in promised_to(user):
        event = Event()
        event.add("uid", f"{one.key}@{host()}")
        event.add("dtstamp", stamp)
        event.add("dtstart", one.due_at)
        event.add("dtend", one.due_at + LASTS)
        event.add("summary", one.title)
        event.add("url", absolute(one.url))
        found.add_component(event)
    return _personal(HttpResponse(found.to_ical(), content_type="text/calendar; charset=utf-8"))


def _person(request: HttpRequest) -> User:
    return person_of(request.GET.get("key", ""))


def _seen(user: User) -> QuerySet[Incident]:
    return Incident.objects.visible_to(user)


def _feed(user: User, title: str, path: str, items: list[Item]) -> HttpResponse:
    feed = Atom1Feed(
        title=f"Endstate: {title}",
        link=absolute(path),
        description=f"What {user.name} may read of it.",
        feed_guid=f"tag:{host()},2026:{path}",
    )
    for item in items:
        page = absolute(f"/stakeholders/{item.incident.ref}/")
        feed.add_item(
            title=item.words.subject,
            link=f"{page}#{item.seq}",
            description=_html(item.words.text),
            unique_id=f"tag:{host()},2026:{item.incident.ref}/{item.seq}",
            pubdate=item.at,
            updateddate=item.at,
        )
    content = feed.writeString("utf-8")
    return _personal(HttpResponse(content, content_type="application/atom+xml; charset=utf-8"))


def _html(text: str) -> str:
    blocks = [escape(block).replace("\n", "<br>") for block in text.split("\n\n")]
    return "".join(f"<p>{block}</p>" for block in blocks)


def _personal(answer: HttpResponse) -> HttpResponse:
    """Kept by nobody on the way, found by nobody, leading nobody back to the key."""
    answer.headers["Cache-Control"] = "private, no-store"
    answer.headers["X-Robots-Tag"] = "noindex"
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer
