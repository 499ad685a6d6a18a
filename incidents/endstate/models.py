"""Signals with their samples, and who agrees to the end state."""

import math
from datetime import datetime, timedelta

from django.conf import settings
from django.db import models

from incidents.record.models import Incident
from pages.numbers import said


class Comparator(models.TextChoices):
    """How a value is held against its target."""

    LE = "<=", "≤"
    LT = "<", "<"
    EQ = "=", "="
    GT = ">", ">"
    GE = ">=", "≥"

    def holds(self, value: float, bound: float) -> bool:
        """Whether ``value`` stands to ``bound`` as this says; equal within 1 in 10⁹."""
        match self:
            case Comparator.LE:
                return value <= bound
            case Comparator.LT:
                return value < bound
            case Comparator.GT:
                return value > bound
            case Comparator.GE:
                return value >= bound
        return math.isclose(value, bound, rel_tol=1e-9, abs_tol=1e-12)


class SignalState(models.TextChoices):
    """Where a signal stands; derived when read."""

    UNKNOWN = "unknown", "No sample yet"
    STALE = "stale", "Stale"
    UNMET = "unmet", "Not met"
    HOLDING = "holding", "Holding"
    MET = "met", "Met"


class SignalQuerySet(models.QuerySet["Signal"]):
    """Selections of signals."""

    def standing(self) -> "SignalQuerySet":
        """Not removed."""
        return self.filter(removed_at=None)


class Signal(models.Model):
    """A metric tied to the end state. Its state is derived when read, never stored.

    ``latest_*``, ``first_at`` and ``satisfied_since`` sum the samples up, so that reading costs the
    same however many there are. ``satisfied_since`` is where the unbroken run of satisfying
    samples begins that ends with the latest one; a gap longer than ``stale_after_s`` breaks it.
    """

    incident = models.ForeignKey(
        "incidents.Incident", on_delete=models.CASCADE, related_name="signals"
    )
    name = models.CharField(max_length=120)
    unit = models.CharField(max_length=30, blank=True)
    comparator = models.CharField(max_length=2, choices=Comparator)
    target = models.FloatField()
    hold_s = models.PositiveIntegerField("hold time, seconds", default=300)
    stale_after_s = models.PositiveIntegerField("stale after, seconds", default=300)
    required = models.BooleanField(default=True)
    query = models.CharField(max_length=2000, blank=True, help_text="A Prometheus expression.")
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    removed_at = models.DateTimeField(null=True, blank=True)

    first_at = models.DateTimeField(null=True, editable=False)
    latest_at = models.DateTimeField(null=True, editable=False)
    latest_value = models.FloatField(null=True, editable=False)
    satisfied_since = models.DateTimeField(null=True, editable=False)
    batches = models.PositiveBigIntegerField(
        default=0, editable=False, help_text="How often samples came; part of the live version."
    )
    told = models.CharField(
        max_length=5, blank=True, editable=False, help_text="What the timeline said last."
    )
    told_at = models.DateTimeField(null=True, editable=False)
    no_data_since = models.DateTimeField(null=True, editable=False)
    no_data_because = models.CharField(
        max_length=250,
        blank=True,
        default="",
        db_default="",
        editable=False,
        help_text="Why its query answers nothing.",
    )

    objects = SignalQuerySet.as_manager()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return (
            f"{self.name} {self.get_comparator_display()} {said(self.target)} {self.unit}".strip()
        )

    @property
    def measured(self) -> float | None:
        """The newest value, or nothing: also for what no page could show."""
        value = self.latest_value
        return None if value is None or not math.isfinite(value) else value

    @property
    def hold(self) -> timedelta:
        """How long every sample must satisfy before the signal is met; zero: at once."""
        return timedelta(seconds=self.hold_s)

    @property
    def stale_after(self) -> timedelta:
        """How old the latest sample may be, and how long a gap may last."""
        return timedelta(seconds=self.stale_after_s)

    def is_satisfied_by(self, value: float) -> bool:
        """Whether one value is where the target wants it."""
        return Comparator(self.comparator).holds(value, self.target)

    def state_at(self, moment: datetime) -> SignalState:
        """Unknown, stale, unmet, holding or met at ``moment``."""
        if self.latest_at is None:
            return SignalState.UNKNOWN
        if moment - self.latest_at > self.stale_after:
            return SignalState.STALE
        if self.satisfied_since is None:
            return SignalState.UNMET
        return SignalState.MET if self.held_at(moment) >= self.hold else SignalState.HOLDING

    def held_at(self, moment: datetime) -> timedelta:
        """How long it has been satisfied without a break."""
        if self.satisfied_since is None:
            return timedelta(0)
        return max(moment - self.satisfied_since, timedelta(0))

    def next_change_after(self, moment: datetime) -> datetime | None:
        """When its state changes by time alone: a hold ends, or the latest sample goes stale."""
        match self.state_at(moment):
            case SignalState.HOLDING:
                assert self.satisfied_since is not None
                return self.satisfied_since + self.hold
            case SignalState.MET | SignalState.UNMET:
                assert self.latest_at is not None
                return self.latest_at + self.stale_after + timedelta(milliseconds=1)
        return None


class Sample(models.Model):
    """One measured value. One per signal and moment: sent twice it is one, the last value stands.

    ``said_at`` is the sender's time where that lay ahead of ours; then ``at`` is the arrival.
    """

    signal = models.ForeignKey(Signal, on_delete=models.CASCADE, related_name="samples")
    at = models.DateTimeField()
    said_at = models.DateTimeField(null=True, editable=False)
    value = models.FloatField()
    by_hand = models.BooleanField(default=False)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    received_at = models.DateTimeField()

    class Meta:
        ordering = ["-at"]
        constraints = [
            models.UniqueConstraint(fields=["signal", "at"], name="sample_once_per_moment"),
        ]

    def __str__(self) -> str:
        return f"{said(self.value)} at {self.at:%H:%M:%S}"


class Agreement(models.Model):
    """One person's agreement to the end state as it is worded now (P21)."""

    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="agreements")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["incident", "person"], name="agreement_once"),
        ]

    def __str__(self) -> str:
        return f"{self.person} agreed to {self.incident}"
