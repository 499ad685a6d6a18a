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
from stakeholders.subscriptions.words import KINDS, Words, step_of, update_in, words_of

SHOWN = 50
REACHES = timedelta(days=90)


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
        TimelineEntry.objects.filter(incident__in=real.values("pk"), kind__in=KINDS)
        .filter(recorded_at__gt=now() - REACHES)
        .select_related("incident__merged_into")
        .order_by("-recorded_at", "-pk")[:SHOWN]
    )
    rows = [(row, step) for row in entries if (step := step_of(row, row.incident))]
    about = Update.objects.filter(
        incident__in={row.incident_id for row, _ in rows},
        number__in={update_in(row) for row, _ in rows},
    )
    updates = {(one.incident_id, one.number): told(one) for one in with_answers(about)}
    items = []
    for row, step in rows:
        said = updates.get((row.incident_id, update_in(row)))
        words = words_of(step, row.incident, said, zone=user.zone)
        items.append(Item(row.incident, row.seq, row.recorded_at, words))
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
