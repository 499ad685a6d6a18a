"""Alerts as tools told them, and the groups by which one problem opens one incident (P01)."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from incidents.record.models import Service


class AlertGroup(models.Model):
    """What a tool calls one problem of a service, and the incident it is on now.

    ``digest`` is that of the tool's own key, whatever its length; ``source`` is by which way it
    came last, and ``opened_at`` when it opened ``incident``, if it did.
    """

    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="alert_groups")
    tool = models.CharField(max_length=20)
    digest = models.CharField(max_length=64)
    name = models.CharField(max_length=200)
    incident = models.ForeignKey(
        "incidents.Incident", null=True, on_delete=models.CASCADE, related_name="alert_groups"
    )
    source = models.CharField(max_length=40)
    opened_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["service", "tool", "digest"], name="alerts_group_once")
        ]
        indexes = [models.Index(fields=["source", "opened_at"], name="alerts_opened")]

    def __str__(self) -> str:
        return f"{self.name} ({self.tool})"


class AlertQuerySet(models.QuerySet["Alert"]):
    """Selections of alerts."""

    def firing(self) -> "AlertQuerySet":
        """Those that are not over."""
        return self.filter(ended_at=None)


class Alert(models.Model):
    """One alert of an incident; fired again it is the same row.

    ``severity`` is the tool's own word. ``started_at`` and ``ended_at`` are the tool's times of the
    last time it fired.
    """

    incident = models.ForeignKey(
        "incidents.Incident", on_delete=models.CASCADE, related_name="alerts"
    )
    group = models.ForeignKey(
        AlertGroup, null=True, on_delete=models.SET_NULL, related_name="alerts"
    )
    tool = models.CharField(max_length=20)
    fingerprint = models.CharField(max_length=64)
    name = models.CharField(max_length=200)
    summary = models.CharField(max_length=500, blank=True)
    url = models.CharField(max_length=500, blank=True)
    severity = models.CharField(max_length=40, blank=True)
    labels = models.JSONField(default=dict)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    received_at = models.DateTimeField()
    fired = models.PositiveIntegerField(default=1, help_text="How often it fired.")
    flapping_at = models.DateTimeField(null=True)
    acknowledged_at = models.DateTimeField(null=True)
    noise_at = models.DateTimeField(null=True)
    noise_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )

    objects = AlertQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["incident", "tool", "fingerprint"], name="alerts_once"),
            models.CheckConstraint(
                condition=Q(noise_at=None, noise_by=None)
                | Q(noise_at__isnull=False, noise_by__isnull=False),
                name="alerts_noise_said_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_firing(self) -> bool:
        """Whether it is not over."""
        return self.ended_at is None

    @property
    def is_noise(self) -> bool:
        """Whether somebody marked it as noise (P56)."""
        return self.noise_at is not None
