"""What the start page shows one person: open incidents, their cards, their promises."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import OuterRef, Subquery

from clock.queries import now
from deadlines.kinds import all_kinds
from deadlines.models import Deadline
from deadlines.queries import promises_of
from incidents.models import Card, Column, Incident, RoleAssignment, RosterRole
from people.models import User

RECENT = timedelta(days=3)


@dataclass(frozen=True)
class Home:
    """One person's start page at one moment."""

    at: datetime
    open: list[Incident]
    recent: list[Incident]
    cards: list[Card]
    promises: list[tuple[Deadline, str]]


def load_home(user: User) -> Home:
    """Gather it. Five queries, however much there is."""
    at = now()
    commander = RoleAssignment.objects.filter(
        incident=OuterRef("pk"), role=RosterRole.COMMANDER, ended_at=None
    )
    visible = Incident.objects.visible_to(user).annotate(
        commander_name=Subquery(commander.values("person__name")[:1])
    )
    cards = (
        Card.objects.filter(owner=user, incident__in=Incident.objects.visible_to(user).open())
        .filter(column__in=[Column.NOW, Column.NEXT])
        .select_related("incident")
        .order_by("-column", "position")
    )
    words = {kind.name: kind.words for kind in all_kinds()}
    return Home(
        at=at,
        open=list(visible.open().order_by("severity", "next_update_at")[:50]),
        recent=list(
            visible.filter(resolved_at__gt=at - RECENT).exclude(closed_at__lt=at - RECENT)[:10]
        ),
        cards=list(cards[:20]),
        promises=[
            (deadline, words.get(deadline.kind, deadline.kind))
            for deadline in promises_of(user)[:20]
        ],
    )


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
        found = found.filter(title__icontains=words)
    return found
