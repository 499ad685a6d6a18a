"""What was changed in a service, as its pipeline reports it, and which one is suspected."""

from django.conf import settings
from django.db import models

from incidents.record.models import Service


class Deployment(models.Model):
    """One version of a service going live; the same one reported again is the same row."""

    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="deployments")
    version = models.CharField(max_length=120)
    at = models.DateTimeField()
    reported_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    url = models.CharField(max_length=500, blank=True)
    by = models.CharField(max_length=120, blank=True, help_text="Who deployed it, as reported.")
    environment = models.CharField(max_length=60, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["-at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["service", "version", "at"], name="incidents_deployment_once"
            )
        ]
        indexes = [models.Index(fields=["at"], name="incidents_deployment_at")]

    def __str__(self) -> str:
        return f"{self.service} {self.version}"


class Suspect(models.Model):
    """A deployment that somebody takes for the cause of an incident, and what they think (P17)."""

    incident = models.ForeignKey(
        "incidents.Incident", on_delete=models.CASCADE, related_name="suspects"
    )
    deployment = models.ForeignKey(Deployment, on_delete=models.PROTECT, related_name="suspects")
    hypothesis = models.ForeignKey(
        "incidents.Hypothesis", on_delete=models.PROTECT, related_name="suspects"
    )
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["incident", "deployment"], name="incidents_suspect_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.deployment} in {self.incident}"
