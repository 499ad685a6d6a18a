"""The incident itself."""

from datetime import datetime
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Exists, F, OuterRef, Q, Sum
from django.db.models.functions import Coalesce
from django.urls import reverse

from api.mentions import note_private
from incidents.record.expected import ExpectedBack
from incidents.record.models.policy import Service, Severity
from incidents.record.models.roster import RoleAssignment
from pages.validators import check_link
from people.models import User


class Kind(models.TextChoices):
    """A drill never reaches real stakeholders; a near miss has no promises and needs no signals."""

    INCIDENT = "incident", "Incident"
    NEAR_MISS = "near_miss", "Near miss"
    DRILL = "drill", "Drill"


class Status(models.TextChoices):
    """Where an incident stands (docs/practices.md, *The lifecycle*)."""

    INVESTIGATING = "investigating", "Investigating"
    IDENTIFIED = "identified", "Identified"
    MONITORING = "monitoring", "Monitoring"
    RESOLVED = "resolved", "Resolved"
    CLOSED = "closed", "Closed"
    CANCELLED = "cancelled", "Cancelled"
    MERGED = "merged", "Merged"


OPEN_STATUSES = (Status.INVESTIGATING, Status.IDENTIFIED, Status.MONITORING)


TIME_NAMES = (
    "impact_started_at",
    "detected_at",
    "declared_at",
    "acknowledged_at",
    "mitigated_at",
    "resolved_at",
    "closed_at",
)


#: What pages go by: the version of the record plus the batches of samples. It only grows.
GROWN = F("version") + Coalesce(Sum("signals__batches", filter=Q(signals__removed_at=None)), 0)


class IncidentQuerySet(models.QuerySet["Incident"]):
    """Selections of incidents; every way to one starts from ``visible_to``."""

    def open(self) -> "IncidentQuerySet":
        """Investigating, identified or monitoring."""
        return self.filter(status__in=OPEN_STATUSES)

    def visible_to(self, user: User) -> "IncidentQuerySet":
        """What this person may know of: all public ones, and the private ones of their roster.

        Administrators see everything; an inactive account nothing. Drills are seen by responders
        and by their own roster. ``Incident.is_public_to`` says the same of one at hand.
        """
        if not user.is_active:
            return self.none()
        if user.is_admin:
            return self
        on_roster = Exists(
            RoleAssignment.objects.of_the_roster().filter(incident=OuterRef("pk"), person=user)
        )
        public = Q(private=False)
        if not user.is_responder:
            public &= ~Q(kind=Kind.DRILL)
        return self.filter(public | on_roster)


class Incident(models.Model):
    """One disruption, from its declaration until everything was learned from it."""

    number = models.PositiveIntegerField(unique=True)
    title = models.CharField(max_length=200)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.INCIDENT)
    severity = models.CharField(max_length=4, choices=Severity)
    highest_severity = models.CharField(max_length=4, choices=Severity)
    status = models.CharField(max_length=15, choices=Status, default=Status.INVESTIGATING)
    services = models.ManyToManyField(Service, blank=True, related_name="incidents")
    private = models.BooleanField(default=False)

    statement = models.CharField(max_length=500, blank=True)
    statement_confirmed_at = models.DateTimeField(null=True, blank=True)
    in_our_control = models.TextField(max_length=2000, blank=True)
    beyond_our_control = models.TextField(max_length=2000, blank=True)
    blocker = models.CharField(max_length=300, blank=True)
    chat_url = models.CharField(max_length=500, blank=True, validators=[check_link])
    call_url = models.CharField(max_length=500, blank=True, validators=[check_link])
    linked_at = models.DateTimeField(null=True, blank=True)

    end_state = models.CharField(max_length=500, blank=True)
    end_state_at = models.DateTimeField(null=True, blank=True)
    resolved_override = models.CharField(max_length=500, blank=True)
    ended_because = models.CharField(
        max_length=1000, blank=True, help_text="The closing word of a cancelled or merged incident."
    )
    ended_at = models.DateTimeField(
        null=True, blank=True, help_text="When it was cancelled or merged."
    )
    recorded_afterwards = models.BooleanField(
        default=False, help_text="Recorded after its end: it promises nothing."
    )
    unattended = models.BooleanField(
        default=False, help_text="An alert opened it and nobody has joined: it owes a commander."
    )
    agents_on = models.BooleanField(
        default=True, help_text="Whether agents may note and suggest here (P37)."
    )
    money_shared = models.BooleanField(
        default=False, help_text="Whether share links show impact that is money (P48)."
    )
    caused_by_change = models.BooleanField(null=True, blank=True)
    merged_into = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT)

    update_interval_min = models.PositiveIntegerField(
        null=True, blank=True, help_text="Set beside the policy's; empty: the policy's."
    )
    set_times = ArrayField(
        models.TimeField(),
        default=list,
        blank=True,
        help_text="Recovery cadence: an update a day at each of these local times, in order.",
    )
    cadence_zone = models.CharField(max_length=64, blank=True)
    quiet_from = models.TimeField(
        null=True, blank=True, help_text="From then on only the person on watch is nudged."
    )
    quiet_until = models.TimeField(null=True, blank=True)
    watching = models.ForeignKey(
        User,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="Who is nudged in quiet hours; empty: the commander.",
    )
    next_update_at = models.DateTimeField(null=True, blank=True)
    promised_since = models.DateTimeField(null=True, blank=True)

    triage_until = models.DateTimeField(
        null=True, blank=True, help_text="When somebody chooses how the investigation goes on."
    )
    expected_back_at = models.DateTimeField(null=True, blank=True)
    expected_back_said_at = models.DateTimeField(
        null=True, blank=True, help_text="With no time: not known yet. Empty: nothing was said."
    )
    expected_back_reason = models.CharField(max_length=500, blank=True)
    expected_back_moved = models.PositiveIntegerField(default=0)

    impact_started_at = models.DateTimeField(null=True, blank=True)
    detected_at = models.DateTimeField(null=True, blank=True)
    declared_at = models.DateTimeField()
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    mitigated_at = models.DateTimeField(null=True, blank=True)
    impact_ended_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text="When rates of impact stopped counting: mitigation, or the end. Empty: they run.",
    )
    resolved_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    time_sources = models.JSONField(
        default=dict, help_text="Per time: {source: auto|manual|inferred, by, reason}."
    )

    version = models.PositiveBigIntegerField(default=0)
    last_seq = models.PositiveBigIntegerField(default=0)
    last_hash = models.CharField(max_length=64, blank=True)

    objects = IncidentQuerySet.as_manager()

    class Meta:
        ordering = ["-declared_at", "-id"]
        indexes = [
            models.Index(
                fields=["next_update_at"],
                name="incident_open_promise",
                condition=Q(status__in=["investigating", "identified", "monitoring"]),
            ),
            models.Index(fields=["status", "-declared_at"], name="incident_status_declared"),
            models.Index(fields=["-resolved_at"], name="incident_resolved"),
        ]

    def __str__(self) -> str:
        return f"{self.ref} {self.title}"

    def get_absolute_url(self) -> str:
        """The war room."""
        return reverse("warroom:warroom", args=[self.ref])

    @classmethod
    def from_db(cls, db: Any, field_names: Any, values: Any, **more: Any) -> "Incident":
        """Note that a private incident was read, whoever asked for it."""
        incident = super().from_db(db, field_names, values, **more)
        if incident.__dict__.get("private"):
            note_private()
        return incident

    def is_public_to(self, user: User) -> bool:
        """Whether ``user`` may know of it without being on its roster, as ``visible_to`` says."""
        if not user.is_active or user.is_admin:
            return user.is_active
        return not self.private and (user.is_responder or self.kind != Kind.DRILL)

    @property
    def called(self) -> str:
        """What it is called everywhere: the miss in plain words once named, else its title."""
        return self.statement or self.title

    @property
    def named(self) -> str:
        """What it is called inside a sentence: without a full stop of its own."""
        return self.called.removesuffix(".")

    @property
    def ref(self) -> str:
        """The reference people say, such as ``INC-42``."""
        return f"INC-{self.number}"

    @property
    def topic(self) -> str:
        """The live topic that every announcement of this incident names."""
        return f"incident:{self.pk}"

    @property
    def is_open(self) -> bool:
        """Investigating, identified or monitoring."""
        return self.status in OPEN_STATUSES

    @property
    def cadence(self) -> str | dict[str, Any]:
        """``"interval"``, ``{"every_min": n}``, or ``{"daily_at": "16:00", "time_zone": …}``.

        Several set times are a list; ``quiet`` and ``watching`` stand there when they were set.
        """
        if self.is_in_recovery:
            times = [f"{one:%H:%M}" for one in self.set_times]
            said: dict[str, Any] = {
                "daily_at": times[0] if len(times) == 1 else times,
                "time_zone": self.cadence_zone,
            }
            if self.quiet_from is not None and self.quiet_until is not None:
                said["quiet"] = [f"{self.quiet_from:%H:%M}", f"{self.quiet_until:%H:%M}"]
            if self.watching is not None:
                said["watching"] = self.watching.email
            return said
        if self.update_interval_min:
            return {"every_min": self.update_interval_min}
        return "interval"

    @property
    def is_in_recovery(self) -> bool:
        """Whether updates come at set times of the day, for as long as it takes (P40)."""
        return bool(self.set_times)

    @property
    def makes_promises(self) -> bool:
        """Whether updates are promised: while open, unless a near miss or recorded afterwards.

        What an alert opened promises nothing until somebody joins (P01).
        """
        quiet = self.recorded_afterwards or self.unattended
        return self.is_open and self.kind != Kind.NEAR_MISS and not quiet

    @property
    def expected(self) -> ExpectedBack | None:
        """When it is expected back (P18): nothing while nobody said anything, and after the end."""
        if self.expected_back_said_at is None or not self.is_open:
            return None
        return ExpectedBack(
            at=self.expected_back_at,
            said_at=self.expected_back_said_at,
            reason=self.expected_back_reason,
            moved=self.expected_back_moved,
        )

    def update_overdue_at(self, moment: "datetime") -> bool:
        """Whether the promised update is late at ``moment``; derived, never stored."""
        return bool(self.makes_promises and self.next_update_at and self.next_update_at <= moment)
