"""What was changed in a service, as its pipeline reports it."""

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
