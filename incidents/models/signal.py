"""Signals that prove the end state, and their samples."""

from django.conf import settings
from django.db import models


class Comparator(models.TextChoices):
    """How a value is held against its target."""

    LE = "<=", "≤"
    LT = "<", "<"
    EQ = "=", "="
    GT = ">", ">"
    GE = ">=", "≥"


class Signal(models.Model):
    """A metric tied to the end state. Its state is derived from the samples, never stored."""

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

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.name} {self.comparator} {self.target:g} {self.unit}".strip()


class Sample(models.Model):
    """One measured value. One per signal and moment: sent twice it is one."""

    signal = models.ForeignKey(Signal, on_delete=models.CASCADE, related_name="samples")
    at = models.DateTimeField()
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
        return f"{self.value:g} at {self.at:%H:%M:%S}"
