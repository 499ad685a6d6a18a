"""What needs a manager: kind by kind, the most pressing first, each with a button."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.urls import reverse
from django.utils.timezone import localtime

from deadlines.models import Deadline
from deadlines.models import State as Owed
from incidents.cadence.deadlines import UpdatePromise
from incidents.record.models import Service
from notifications.models import Delivery, State
from people.leaving import held_by_people_who_left
from people.models import User
from postmortems.items.models import ActionItem, ItemState

SHOWN = 4
MONTH, HOUR, MINUTE = timedelta(days=30), timedelta(hours=1), timedelta(minutes=1)


@dataclass(frozen=True)
class Row:
    """One thing: what, a word more, and the button that goes there."""

    title: str
    note: str
    href: str
    button: str
    mark: str = ""
    """How late, or since when, in a few words."""


@dataclass(frozen=True)
class Need:
    """One kind of thing that needs somebody, why it matters, and the list behind it.

    ``figure`` is its name in the row of figures, where ``of`` says of how many.
    """

    key: str
    title: str
    why: str
    tone: str
    count: int
    rows: Sequence[Row]
    href: str
    figure: str = ""
    of: str = ""

    @property
    def sign(self) -> str:
        """The sign beside the colour."""
        if not self.count:
            return "✓"
        return "▲" if self.tone == "bad" else "◔"


def needs_at(moment: datetime) -> list[Need]:
    """Each kind of thing that may need somebody, the most pressing first. About 14 queries."""
    return [
        _left_behind(),
        _late_items(moment),
        _not_delivered(moment),
        _not_verified(moment),
        _without_owner(),
        _never_here(moment),
        _missed(moment),
    ]


def _days(length: timedelta) -> str:
    return f"{length.days} d" if length.days else f"{length // HOUR} h"


def _ago(length: timedelta) -> str:
    return f"{length.days} d ago" if length.days else "today"


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
            "nobody",
        )
        for person, kinds in left
    ]
    why = "Nothing may point at nobody."
    return Need(
        "left",
        "Held by people who left",
        why,
        "bad",
        len(rows),
        rows,
        reverse("admin:people_user_left"),
        "Held by nobody",
        "people who left",
    )


def _not_delivered(moment: datetime) -> Need:
    dead = Delivery.objects.filter(state=State.DEAD).order_by("-created_at")
    rows = [
        Row(
            one.subject_line,
            f"{one.get_channel_display()} · {one.address or one.person}",
            _list("notifications_delivery", "?state__exact=dead"),
            "Send again",
            _ago(moment - one.created_at),
        )
        for one in dead.select_related("person")[:SHOWN]
    ]
    why = "What could not go out is known to nobody. Tell people by another way meanwhile."
    href = _list("notifications_delivery", "?state__exact=dead")
    return Need(
        "dead",
        "Deliveries given up",
        why,
        "bad",
        dead.count(),
        rows,
        href,
        "Not delivered",
        "messages given up",
    )


def _items(
    items: Iterable[ActionItem], button: str, word: str, moment: datetime, mark: str
) -> list[Row]:
    return [
        Row(
            one.title,
            f"{one.priority.upper()} · {one.owner.name} · {word} "
            f"{localtime(getattr(one, _DATES[word])):%a %-d %b %Y}",
            _changed("postmortems_actionitem", one.pk),
            button,
            f"{_days(moment - getattr(one, _DATES[word]))} {mark}",
        )
        for one in items
    ]


_DATES = {"due": "due_at", "done": "done_at"}


def _late_items(moment: datetime) -> Need:
    late = ActionItem.objects.overdue(moment).select_related("owner").order_by("due_at")
    rows = _items(late[:SHOWN], "Open", "due", moment, "late")
    why = "A date that passes in silence teaches that dates mean nothing."
    href = _list("postmortems_actionitem", "?follow=overdue")
    of = f"of {ActionItem.objects.filter(state=ItemState.OPEN).count()} open"
    return Need(
        "late", "Action items overdue", why, "bad", late.count(), rows, href, "Items late", of
    )


def _not_verified(moment: datetime) -> Need:
    done = ActionItem.objects.filter(state=ItemState.DONE).select_related("owner")
    rows = _items(done.order_by("done_at")[:SHOWN], "Verify", "done", moment, "ago")
    why = "Done counts once somebody else has looked a week later."
    href = _list("postmortems_actionitem", "?state__exact=done")
    return Need("verify", "Done, not verified", why, "warn", done.count(), rows, href)


def _without_owner() -> Need:
    services = Service.objects.filter(owner=None).order_by("name")
    rows = [
        Row(one.name, "", _changed("incidents_service", one.pk), "Name one", "no owner")
        for one in services[:SHOWN]
    ]
    why = "The ladder ends at admins for these: you are woken instead of whoever knows."
    href = _list("incidents_service", "?owner__isnull=True")
    of = f"of {Service.objects.count()} services"
    return Need(
        "owner",
        "Services without an owner",
        why,
        "warn",
        services.count(),
        rows,
        href,
        "No owner",
        of,
    )


def _never_here(moment: datetime) -> Need:
    people = User.objects.active().filter(last_login=None).order_by("date_joined")
    rows = [
        Row(
            one.name,
            f"{one.get_role_display()}",
            _changed("people_user", one.pk),
            "Invite again",
            _ago(moment - one.date_joined),
        )
        for one in people[:SHOWN]
    ]
    why = "They would find their way in at 3 AM for the first time."
    href = _list("people_user")
    of = f"of {User.objects.active().count()} people"
    return Need(
        "never",
        "People who never signed in",
        why,
        "warn",
        people.count(),
        rows,
        href,
        "Never signed in",
        of,
    )


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
            f"due {localtime(one.due_at):%a %-d %b %H:%M}",
            _changed("deadlines_deadline", one.pk),
            "Open",
            f"{round(late_by / MINUTE)} min late",
        )
        for one, late_by in late[:SHOWN]
    ]
    why = f"{len(settled) - len(late)} of {len(settled)} updates came when they were promised."
    href = _list("deadlines_deadline")
    of = f"of {len(settled)} in thirty days"
    return Need(
        "missed",
        "Updates late in thirty days",
        why,
        "warn",
        len(late),
        rows,
        href,
        "Updates late",
        of,
    )
