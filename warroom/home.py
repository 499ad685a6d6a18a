"""The responders' home page and the list of incidents."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any, cast
from zoneinfo import ZoneInfo

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from clock.queries import now
from deadlines.kinds import Due
from deadlines.models import Deadline
from deadlines.queries import name_dues, promises_of
from incidents.cards.models import Card, Column
from incidents.endstate.models import Signal, SignalState
from incidents.endstate.queries import SignalNow, signal_with_state
from incidents.record.models import Incident, Kind, RoleAssignment, RosterRole, Severity, Status
from incidents.record.models.incident import IncidentQuerySet
from incidents.record.searching import about
from notifications.models import Delivery
from notifications.sight import show
from pages.panels import SOON, panels
from people.models import User
from people.requests import PersonRequest
from prepared import Prepared, prepared
from warroom.answering import responders_only
from warroom.first_hour import first_steps

RECENT = timedelta(days=3)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
MOST = 30


@dataclass(frozen=True)
class Close:
    """How close an incident is to its end state: ``met`` of ``of`` required signals."""

    met: int
    of: int
    missing: list[SignalNow]

    @property
    def tone(self) -> str:
        """The colour's name."""
        return "bad" if self.missing else "good"

    @property
    def sign(self) -> str:
        """The sign that stands beside the colour."""
        return "✕" if self.missing else "✓"


@dataclass(frozen=True)
class Home:
    """One person's start page at one moment."""

    at: datetime
    open: list[Incident]
    recent: list[Incident]
    close: dict[int, Close]
    owed: list[tuple[str, list[tuple[Deadline, Due]]]]
    cards: list[Card]
    unread: list[Delivery]
    last_drill: Incident | None
    """The newest one they may see; not asked while something is open."""

    @property
    def owed_count(self) -> int:
        """How many promises stand there, whenever they are due."""
        return sum(len(rows) for _, rows in self.owed)


def load_home(user: User) -> Home:
    """Gather it. Seven queries and one for each kind of what is owed, however much there is."""
    at = now()
    ask = _questions(user.role)
    standing = ask.open(user.pk)
    owed = ask.owed(user.pk, at + SOON)
    boxes = [one.subject_id for one in owed if one.kind == "time_box"]
    unread = _unread(user.pk)
    show(user, unread)
    return Home(
        at=at,
        open=standing,
        close=_close([one.pk for one in standing], at) if standing else {},
        recent=ask.recent(user.pk, at - RECENT),
        owed=by_urgency(name_dues(owed), at, user.zone),
        cards=ask.cards(user.pk, boxes),
        unread=unread,
        last_drill=None if standing else ask.drill.first(user.pk),
    )


def _close(incidents: list[int], at: datetime) -> dict[int, Close]:
    """By incident, where its signals stand; those without a required one are left out."""
    proving: dict[int, list[SignalNow]] = {}
    for signal in _signals(incidents):
        proving.setdefault(signal.incident_id, []).append(signal_with_state(signal, at))
    return {
        incident: Close(
            met=sum(one.state == SignalState.MET for one in found),
            of=len(found),
            missing=[one for one in found if one.state != SignalState.MET],
        )
        for incident, found in proving.items()
    }


@prepared
def _signals(incidents: list[int]) -> "QuerySet[Signal]":
    required = Signal.objects.standing().filter(required=True)
    return required.filter(incident__pk__among=incidents).order_by("pk")


@dataclass(frozen=True)
class Questions:
    """What the start page asks for somebody of one role, who is named by their id."""

    open: Prepared[[int], Incident]
    recent: Prepared[[int, datetime], Incident]
    owed: Prepared[[int, datetime], Deadline]
    cards: Prepared[[int, list[int]], Card]
    drill: Prepared[[int], Incident]


@prepared
def _unread(person: int) -> "QuerySet[Delivery]":
    return Delivery.objects.inbox_of(person).unread()[:3]


@cache
def _questions(role: str) -> Questions:
    commander = RoleAssignment.objects.filter(
        incident=OuterRef("pk"),
        role=RosterRole.COMMANDER,
        ended_at=None,
        accepted_at__isnull=False,
        person__is_active=True,
    )

    def visible(person: int) -> IncidentQuerySet:
        return Incident.objects.visible_to(User(pk=person, role=role))

    def led(person: int) -> IncidentQuerySet:
        return visible(person).annotate(
            commander_name=Subquery(commander.values("person__name")[:1])
        )

    @prepared
    def standing(person: int) -> "QuerySet[Incident]":
        return led(person).open().order_by("severity", "next_update_at")[:50]

    @prepared
    def recent(person: int, since: datetime) -> "QuerySet[Incident]":
        ended = led(person).filter(resolved_at__gt=since)
        return ended.exclude(closed_at__lt=since)[:10]

    @prepared
    def owed(person: int, until: datetime) -> "QuerySet[Deadline]":
        # A promise of an incident that is not theirs to see any more is kept by somebody else.
        theirs = visible(person).filter(pk=OuterRef("incident_id")).order_by()
        mine = promises_of(person).filter(Q(incident_id=None) | Exists(theirs))
        return mine.filter(due_at__lt=until)[:MOST]

    @prepared
    def cards(person: int, boxes: list[int]) -> "QuerySet[Card]":
        mine = Card.objects.filter(owner=person, incident__in=visible(person).open())
        mine = mine.filter(column__in=[Column.NOW, Column.NEXT]).exclude(pk__among=boxes)
        return mine.select_related("incident").order_by("-column", "position")[:20]

    @prepared
    def drill(person: int) -> "QuerySet[Incident]":
        return visible(person).filter(kind=Kind.DRILL).order_by("-declared_at")[:1]

    return Questions(standing, recent, owed, cards, drill)


def by_urgency(
    dues: list[tuple[Deadline, Due]], at: datetime, zone: ZoneInfo
) -> list[tuple[str, list[tuple[Deadline, Due]]]]:
    """What is owed under *Now* (within the hour, or late by less than a day), *Today*, *This week*.

    The day is the reader's. Groups without anything are left out; the soonest first in each.
    """
    midnight = at.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    midnight += timedelta(days=1)
    groups: dict[str, list[tuple[Deadline, Due]]] = {"Now": [], "Today": [], "This week": []}
    for deadline, due in dues:
        is_now = at - DAY < deadline.due_at < at + HOUR
        name = "Now" if is_now else "Today" if deadline.due_at < midnight else "This week"
        groups[name].append((deadline, due))
    return [(name, rows) for name, rows in groups.items() if rows]


def list_incidents(user: User, *, status: str, severity: str, words: str) -> Any:
    """Every incident this person may see, newest first, filtered by what was asked."""
    found = Incident.objects.visible_to(user).order_by("-declared_at", "-id")
    if status == "open":
        found = found.open()
    elif status:
        found = found.filter(status=status)
    if severity:
        found = found.filter(severity=severity)
    if words:
        found = found.filter(about(words))
    return found


PER_PAGE = 50


@login_required
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """What needs this person now. Stakeholders have a start page of their own."""
    user = cast(PersonRequest, request).user
    if not user.is_responder:
        return HttpResponseRedirect("/stakeholders/")
    found = load_home(user)
    first, slots = (
        [(panel.template, panel.load(user)) for panel in panels() if panel.is_first == at_the_top]
        for at_the_top in (True, False)
    )
    facts = {
        "home": found,
        "first": first,
        "slots": slots,
        "now": found.at,
        "first_steps": first_steps(user),
    }
    return render(request, "warroom/home/home.html", facts, using="jinja2")


@login_required
@require_safe
def incidents(request: HttpRequest) -> HttpResponse:
    """Every incident this responder may see, newest first."""
    user = cast(PersonRequest, request).user
    responders_only(user)
    chosen = {name: request.GET.get(name, "")[:200] for name in ("status", "severity", "q")}
    if chosen["status"] not in ("open", *Status.values):
        chosen["status"] = ""
    if chosen["severity"] not in Severity.values:
        chosen["severity"] = ""
    found = list_incidents(
        user, status=chosen["status"], severity=chosen["severity"], words=chosen["q"]
    )
    query = request.GET.copy()
    query.pop("page", None)
    facts = {
        "page": Paginator(found, PER_PAGE).get_page(request.GET.get("page")),
        "chosen": chosen,
        "statuses": [("open", "Open"), *Status.choices],
        "severities": Severity.choices,
        "query": query.urlencode(),
    }
    return render(request, "warroom/home/list.html", facts, using="jinja2")


@login_required
@require_safe
def names(request: HttpRequest) -> HttpResponse:
    """Open incidents and the latest others, for the palette."""
    user = cast(PersonRequest, request).user
    responders_only(user)
    visible = Incident.objects.visible_to(user)
    newest = [*visible.open()[:50], *visible.exclude(pk__in=visible.open())[:20]]
    items = [
        {"ref": one.ref, "title": one.called, "path": one.get_absolute_url()} for one in newest
    ]
    return JsonResponse({"items": items})
