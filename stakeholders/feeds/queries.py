"""What stands in a feed and in a calendar, as far as its person may see it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet

from clock.queries import now
from deadlines.queries import name_dues, promises_of
from incidents.record.models import OPEN_STATUSES, Incident, Kind, TimelineEntry
from incidents.record.visibility import which_are_visible
from incidents.updates.models import Update
from incidents.updates.told import told, with_answers
from people.models import User
from stakeholders.subscriptions.words import Words, words_of

SHOWN = 50
REACHES = timedelta(days=90)
_STEPS = {
    "update_published": "update",
    "resolved": "all_clear",
    "cancelled": "cancelled",
    "merged": "merged",
    "reopened": "reopened",
}


@dataclass(frozen=True)
class Item:
    """One word of an incident: what was said, and when."""

    incident: Incident
    seq: int
    at: datetime
    words: Words


def items_for(user: User, incidents: QuerySet[Incident]) -> list[Item]:
    """The newest words of ``incidents`` of three months, in this person's time. Five queries.

    ``incidents`` starts from ``visible_to``; drills are left out.
    """
    real = incidents.exclude(kind=Kind.DRILL).order_by()
    entries = (
        TimelineEntry.objects.filter(incident__in=real.values("pk"), kind__in=_STEPS)
        .filter(recorded_at__gt=now() - REACHES)
        .select_related("incident__merged_into")
        .order_by("-recorded_at", "-pk")[:SHOWN]
    )
    rows = [one for one in entries if not (one.kind == "merged" and "merged" in one.data)]
    about = Update.objects.filter(incident__in={row.incident_id for row in rows})
    updates = {(one.incident_id, one.number): one for one in with_answers(about)}
    items = []
    for row in rows:
        incident, step = row.incident, _STEPS[row.kind]
        update = None
        if step == "update":
            update = updates.get((incident.pk, row.data.get("number", 0)))
        elif step == "all_clear":
            clear = [one for one in updates.values() if one.incident_id == incident.pk]
            before = [one for one in clear if one.is_all_clear and one.published_at <= row.at]
            update = max(before, key=lambda one: one.number, default=None)
        said = told(update) if update is not None else None
        words = words_of(step, incident, said, zone=user.zone)
        items.append(Item(incident, row.seq, row.recorded_at, words))
    return items


@dataclass(frozen=True)
class Promised:
    """Something that is due: what, when, and where to look."""

    key: str
    title: str
    due_at: datetime
    url: str


def promised_to(user: User) -> list[Promised]:
    """What this person owes, and the next update of every open incident they may see.

    Four queries, and one a kind of deadline.
    """
    owed = [(one, due) for one, due in name_dues(list(promises_of(user.pk)))]
    named = {one.incident_id for one, _ in owed if one.incident_id is not None}
    seen = which_are_visible(user, named)
    found = [
        Promised(
            key=f"deadline-{one.pk}",
            title=f"{one.incident_ref}: {due.title}" if one.incident_ref else due.title,
            due_at=one.due_at,
            url=due.url or (f"/incidents/{one.incident_ref}/" if one.incident_ref else "/"),
        )
        for one, due in owed
        if one.incident_id is None or one.incident_id in seen
    ]
    spoken = {one.incident_id for one, _ in owed if one.kind == "update"}
    waiting = Incident.objects.visible_to(user).filter(
        status__in=OPEN_STATUSES, next_update_at__isnull=False
    )
    found += [
        Promised(
            key=f"next-update-{one.number}",
            title=f"{one.ref}: next update on “{one.title}”",
            due_at=one.next_update_at,
            url=f"/stakeholders/{one.ref}/",
        )
        for one in waiting.exclude(kind=Kind.DRILL)
        if one.pk not in spoken and one.next_update_at is not None and one.makes_promises
    ]
    return sorted(found, key=lambda one: one.due_at)
