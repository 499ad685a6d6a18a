"""What the executive pages show: one incident, and the list of those that matter now.

Nothing here knows who looks, except their own questions; no responder chatter comes along.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from clock.models import Now
from incidents.cadence.soon import soon_at, soon_columns
from incidents.cards.models import Card, Column
from incidents.endstate.endings import Ending, ended_at, ending_of
from incidents.endstate.models import Signal, SignalState
from incidents.endstate.sparklines import SignalView, measured, signal_views
from incidents.impact.models import Impact
from incidents.impact.queries import impact_total, impacts_of, is_at_least
from incidents.record.blockers import BlockerSaid, blocker_columns, blockers_in
from incidents.record.models import OPEN_STATUSES, Incident, RoleAssignment, RosterRole, Status
from incidents.roster.queries import roster
from incidents.updates.models import SAID_LAST_FIRST, Question, Update
from incidents.updates.told import Told, told, with_answers
from people.models import User
from prepared import prepared

SHOWN = 30
DONE_SHOWN = 12
LISTED = 100
OLDER = 100
LIVING = (*OPEN_STATUSES, Status.RESOLVED)
SAID_FOR = timedelta(days=14)
"""How long a cancelled or merged incident says why and where to look."""


@dataclass(frozen=True)
class Blocked:
    """Who is blocked: the total at ``at``, growing by ``per_minute`` from there, if it does."""

    id: int
    journey: str
    blocked: str
    total: Decimal
    unit: str
    at: datetime
    per_minute: Decimal | None
    at_least: bool
    cut_off: str
    cut_off_at: datetime | None
    story: str
    is_money: bool = False
    is_counted: bool = True
    """Whether the number is shown: on a share link it may be money that stays inside (P48)."""


@dataclass(frozen=True)
class Asked:
    """A question with what became of it, by name; the names are empty where nobody is named."""

    pk: int
    text: str
    asker: int
    by: str
    asked_at: datetime
    answer_by: datetime | None
    answer: str
    answered_by: str
    answered_at: datetime | None
    answered_in: int | None
    declined_at: datetime | None
    declined_because: str


@dataclass(frozen=True)
class Page:
    """One incident as executives read it, at one moment."""

    incident: Incident
    ending: Ending | None
    at: datetime
    people: Mapping[str, User]
    signals: list[Signal]
    views: list[SignalView]
    blocked: list[Blocked]
    updates: list[Told]
    update_count: int
    done: list[Card]
    done_count: int
    blockers: list[BlockerSaid]
    questions: list[Question]

    @property
    def version(self) -> int:
        """Grows with every recorded change and every batch of samples."""
        return self.incident.version + sum(signal.batches for signal in self.signals)

    @property
    def next_change_at(self) -> datetime | None:
        """When the page looks different by time alone: overdue, or a signal's state."""
        moments = [signal.next_change_after(self.at) for signal in self.signals]
        if self.incident.makes_promises:
            moments.append(self.incident.next_update_at)
        return min((one for one in moments if one and one > self.at), default=None)

    @property
    def context(self) -> dict[str, Any]:
        """What the regions' templates name."""
        latest = self.updates[0] if self.updates else None
        speaker = self.people.get(RosterRole.COMMUNICATIONS) or self.people.get(
            RosterRole.COMMANDER
        )
        proving = [view for view in self.views if view.required]
        return {
            "incident": self.incident,
            "commander": self.people.get(RosterRole.COMMANDER),
            "fix_owner": self.people.get(RosterRole.FIX_OWNER),
            "communications": self.people.get(RosterRole.COMMUNICATIONS),
            "speaker": speaker,
            "overdue": self.incident.update_overdue_at(self.at),
            "soon_at": soon_at(self.incident),
            "ended_at": ended_at(self.incident),
            "ending": self.ending,
            "blocked": self.blocked,
            "signals": self.views,
            "met": sum(view.state == SignalState.MET for view in proving),
            "proving": len(proving),
            "latest": latest,
            "blockers": self.blockers,
            "questions": [asked(one) for one in self.questions],
            "is_shared": False,
            "earlier": self.updates[1:],
            "older": max(0, self.update_count - len(self.updates)),
            "done": self.done,
            "done_before": max(0, self.done_count - len(self.done)),
        }


def load_page(incident_id: int) -> Page | None:
    """The page of one incident, or nothing when it is gone. Eight queries, whatever its age."""
    incident = _incident.first(incident_id)
    if incident is None:
        return None
    at: datetime = incident.moment  # type: ignore[attr-defined]
    signals = measured(incident.pk)
    return Page(
        incident=incident,
        ending=ending_of(incident),
        at=at,
        people={one.role: one.person for one in roster(incident)},
        signals=signals,
        # What an ended incident shows is how it stood when it ended.
        views=signal_views(signals, ended_at(incident) or at),
        blocked=[blocked(impact, incident, at) for impact in impacts_of(incident)],
        updates=[told(update) for update in _updates(incident.pk)],
        update_count=incident.update_count or 0,  # type: ignore[attr-defined]
        done=_done(incident.pk),
        done_count=incident.done_count or 0,  # type: ignore[attr-defined]
        blockers=blockers_in(incident),
        questions=asked_here(incident),
    )


@prepared
def _incident(incident: int) -> "QuerySet[Incident]":
    updates = Update.objects.filter(incident=OuterRef("pk")).order_by().values("incident")
    done = Card.objects.filter(incident=OuterRef("pk"), column=Column.DONE).order_by()
    return (
        Incident.objects.filter(pk=incident)
        .order_by()
        .select_related("merged_into")
        .annotate(
            **blocker_columns(),
            **soon_columns(),
            moment=Now(),
            update_count=Subquery(updates.annotate(n=Count("pk")).values("n")),
            done_count=Subquery(done.values("incident").annotate(n=Count("pk")).values("n")),
        )
    )


@prepared
def _updates(incident: int) -> "QuerySet[Update]":
    return with_answers(Update.objects.filter(incident=incident).order_by(*SAID_LAST_FIRST))[:SHOWN]


@prepared
def _done(incident: int) -> "QuerySet[Card]":
    cards = Card.objects.filter(incident=incident, column=Column.DONE)
    return cards.order_by("-done_at", "-pk")[:DONE_SHOWN]


def blocked(impact: Impact, incident: Incident, moment: datetime) -> Blocked:
    """The number as of the last whole minute, so that the page changes once a minute at most."""
    has_ended = incident.impact_ended_at is not None
    is_running = bool(impact.per_minute) and impact.signal_id is None and not has_ended
    at = max(moment.replace(second=0, microsecond=0), impact.at) if is_running else moment
    return Blocked(
        id=impact.pk,
        journey=impact.journey,
        blocked=impact.blocked,
        total=impact_total(impact, incident, at),
        unit=impact.measure,
        at=at if is_running else impact.at,
        per_minute=impact.per_minute if is_running else None,
        at_least=is_at_least(incident),
        cut_off=impact.cut_off,
        cut_off_at=impact.cut_off_at,
        story=impact.story,
        is_money=bool(impact.currency),
    )


def listed(user: User) -> QuerySet[Incident]:
    """What an executive may want to know of now: the open ones, and the resolved until closed.

    A cancelled or merged one says why and where to look for two weeks, a merged one as long as the
    other stands here (P46). Of the open ones the worst first, then the next word; of the others the
    last ended first. Each carries ``moment``, ``summary``, ``leads``. One query.
    """
    latest = Update.objects.filter(incident=OuterRef("pk")).order_by(*SAID_LAST_FIRST)
    leads = RoleAssignment.objects.filter(
        incident=OuterRef("pk"),
        role=RosterRole.COMMANDER,
        ended_at__isnull=True,
        accepted_at__isnull=False,
        person__is_active=True,
    )
    return (
        Incident.objects.visible_to(user)
        .filter(
            Q(status__in=LIVING)
            | Q(status__in=[Status.CANCELLED, Status.MERGED], ended_at__gt=Now() - SAID_FOR)
            | Q(status=Status.MERGED, merged_into__status__in=LIVING)
        )
        .select_related("merged_into")
        .annotate(
            moment=Now(),
            over_at=Coalesce("resolved_at", "ended_at"),
            summary=Subquery(latest.values("executive_summary")[:1]),
            leads=Subquery(leads.values("person__name")[:1]),
        )
        .order_by(
            F("over_at").desc(nulls_first=True), "severity", "next_update_at", "-declared_at"
        )[:LISTED]
    )


def asked(question: Question) -> Asked:
    """A question as everybody reads it. No query where its people and its update are loaded."""
    return Asked(
        pk=question.pk,
        text=question.text,
        asker=question.by_id,
        by=question.by.name,
        asked_at=question.asked_at,
        answer_by=question.answer_by,
        answer=question.answer,
        answered_by=question.answered_by.name if question.answered_by else "",
        answered_at=question.answered_at,
        answered_in=question.answered_in.number if question.answered_in else None,
        declined_at=question.declined_at,
        declined_because=question.declined_because,
    )


def questions_of(user: User, incident: Incident) -> list[Question]:
    """What this person asked here, the newest first, with the answers. One query."""
    return _asked_by(user.pk, incident.pk)


@prepared
def _asked_by(person: int, incident: int) -> "QuerySet[Question]":
    asked = Question.objects.filter(by=person, incident=incident)
    return asked.select_related("answered_by", "answered_in").order_by("-pk")[:20]


def asked_here(incident: Incident) -> list[Question]:
    """What was asked by anybody, the newest first, with the answers. One query."""
    return _asked_here(incident.pk)


@prepared
def _asked_here(incident: int) -> "QuerySet[Question]":
    asked = Question.objects.filter(incident=incident)
    return asked.select_related("by", "answered_by", "answered_in").order_by("-pk")[:SHOWN]
