"""Side work that waits until the incident is over (P07)."""

from django.conf import settings
from django.db import models
from django.db.models import Q


class Outcome(models.TextChoices):
    """What became of paused work."""

    RESUMED = "resumed", "Resumed"
    DROPPED = "dropped", "Dropped"


class PausedWorkQuerySet(models.QuerySet["PausedWork"]):
    """Selections of paused work."""

    def waiting(self) -> "PausedWorkQuerySet":
        """Neither resumed nor dropped."""
        return self.filter(settled_at=None)


class PausedWork(models.Model):
    """What somebody put down for this incident: what, whose, why, and when it may go on."""

    incident = models.ForeignKey(
        "incidents.Incident", on_delete=models.CASCADE, related_name="paused_work"
    )
    title = models.CharField(max_length=200)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    url = models.URLField(max_length=500, blank=True)
    why = models.CharField(max_length=500)
    resume_when = models.CharField("may resume when", max_length=300, blank=True)
    paused_at = models.DateTimeField()
    paused_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    outcome = models.CharField(max_length=7, choices=Outcome, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    note = models.CharField(max_length=500, blank=True)

    objects = PausedWorkQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        verbose_name_plural = "paused work"
        constraints = [
            models.CheckConstraint(
                condition=Q(settled_at=None, outcome="")
                | (Q(settled_at__isnull=False) & Q(outcome__in=Outcome.values)),
                name="paused_work_settled_somehow",
            ),
        ]

    def __str__(self) -> str:
        return self.title
