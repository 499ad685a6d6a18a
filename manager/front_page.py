"""The manager's front page: what needs somebody, the most pressing first, each with a button."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.timezone import localtime

from clock.queries import now
from deadlines.models import Deadline
from deadlines.models import State as Owed
from incidents.cadence.deadlines import UpdatePromise
from incidents.record.models import Service
from notifications.models import Delivery, State
from people.leaving import held_by_people_who_left
from people.models import User
from postmortems.items.models import ActionItem, ItemState

SHOWN = 4
MONTH, MINUTE = timedelta(days=30), timedelta(minutes=1)


@dataclass(frozen=True)
class Row:
    """One thing: what, a word more, and the button that goes there."""

    title: str
    note: str
    href: str
    button: str
    named: bool = True


@dataclass(frozen=True)
class Need:
    """One kind of thing that needs somebody, why it matters, and the list behind it."""

    key: str
    title: str
    why: str
    tone: str
    count: int
    rows: Sequence[Row]
    href: str

    @property
    def sign(self) -> str:
        """The sign beside the colour."""
        return "▲" if self.tone == "bad" else "◔"


def front_page(request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
    """The index of the admin with what needs somebody above its lists."""
    needs = needs_at(now()) if request.user.is_authenticated else []
    more = {"needs": needs, "total": sum(need.count for need in needs), **(extra_context or {})}
    return admin.AdminSite.index(admin.site, request, more)


def needs_at(moment: datetime) -> list[Need]:
    """What needs somebody at ``moment``; what needs nobody is left out. About ten queries."""
    every = (
        _left_behind(),
        _not_delivered(),
        _late_items(moment),
        _not_verified(),
        _without_owner(),
        _never_here(),
        _missed(moment),
    )
    return [need for need in every if need.count]


def _changed(model: str, key: int) -> str:
    return reverse(f"admin:{model}_change", args=[key])


def _list(model: str, query: str = "") -> str:
    return reverse(f"admin:{model}_changelist") + query


def _left_behind() -> Need:
    left = held_by_people_who_left()
    rows = [
        Row(
            ", ".join(one.what for held in kinds.values() for one in held),
            f"held by {person.name}, who left",
            _changed("people_user", person.pk),
            "Hand on",
        )
        for person, kinds in left
    ]
    why = "Nothing may point at nobody."
    return Need(
        "left", "Held by people who left", why, "bad", len(rows), rows, _list("people_user")
    )


def _not_delivered() -> Need:
    dead = Delivery.objects.filter(state=State.DEAD).order_by("-created_at")
    rows = [
        Row(
            one.subject_line,
            f"{one.get_channel_display()} · {one.address or one.person}",
            _list("notifications_delivery", "?state__exact=dead"),
            "Send again",
        )
        for one in dead.select_related("person")[:SHOWN]
    ]
    why = "What could not go out is known to nobody. Tell people by another way meanwhile."
    href = _list("notifications_delivery", "?state__exact=dead")
    return Need("dead", "Deliveries given up", why, "bad", dead.count(), rows, href)


def _items(items: Iterable[ActionItem], button: str, word: str) -> list[Row]:
    return [
        Row(
            one.title,
            f"{one.priority.upper()} · {one.owner.name} · {word} "
            f"{localtime(getattr(one, _DATES[word])):%-d %b %Y}",
            _changed("postmortems_actionitem", one.pk),
            button,
        )
        for one in items
    ]


_DATES = {"due": "due_at", "done": "done_at"}


def _late_items(moment: datetime) -> Need:
    late = ActionItem.objects.overdue(moment).select_related("owner").order_by("due_at")
    rows = _items(late[:SHOWN], "Open", "due")
    why = "A date that passes in silence teaches that dates mean nothing."
    href = _list("postmortems_actionitem", "?follow=overdue")
    return Need("late", "Action items overdue", why, "bad", late.count(), rows, href)


def _not_verified() -> Need:
    done = ActionItem.objects.filter(state=ItemState.DONE).select_related("owner")
    rows = _items(done.order_by("done_at")[:SHOWN], "Verify", "done")
    why = "Done counts once somebody else has looked a week later."
    href = _list("postmortems_actionitem", "?state__exact=done")
    return Need("verify", "Done, not verified", why, "warn", done.count(), rows, href)


def _without_owner() -> Need:
    services = Service.objects.filter(owner=None).order_by("name")
    rows = [
        Row(one.name, "no owner", _changed("incidents_service", one.pk), "Name one")
        for one in services[:SHOWN]
    ]
    why = "The ladder ends at admins for these: you are woken instead of whoever knows."
    href = _list("incidents_service", "?owner__isnull=True")
    return Need("owner", "Services without an owner", why, "warn", services.count(), rows, href)


def _never_here() -> Need:
    people = User.objects.active().filter(last_login=None).order_by("date_joined")
    rows = [
        Row(one.name, one.get_role_display(), _changed("people_user", one.pk), "Invite again")
        for one in people[:SHOWN]
    ]
    why = "They would find their way in at 3 AM for the first time."
    href = _list("people_user")
    return Need("never", "People who never signed in", why, "warn", people.count(), rows, href)


def _missed(moment: datetime) -> Need:
    promised = Deadline.objects.filter(kind=UpdatePromise.name, due_at__gt=moment - MONTH)
    settled = promised.exclude(state=Owed.OPEN).order_by("-due_at")
    late = [
        (one, one.settled_at - one.due_at)
        for one in settled
        if one.settled_at and one.settled_at > one.due_at
    ]
    rows = [
        Row(
            f"Update of {one.incident_ref}",
            f"{round(late_by / MINUTE)} min late",
            _changed("deadlines_deadline", one.pk),
            "Open",
        )
        for one, late_by in late[:SHOWN]
    ]
    why = f"{len(settled) - len(late)} of {len(settled)} updates came when they were promised."
    href = _list("deadlines_deadline")
    return Need("missed", "Updates late in thirty days", why, "warn", len(late), rows, href)
