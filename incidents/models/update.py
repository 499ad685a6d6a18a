"""Published updates, facts frozen."""

from django.conf import settings
from django.db import models


class Update(models.Model):
    """A structured, timestamped message to stakeholders in an executive and a technical version.

    ``facts`` are computed at publication and never change afterwards.
    """

    incident = models.ForeignKey(
        "incidents.Incident", on_delete=models.CASCADE, related_name="updates"
    )
    number = models.PositiveIntegerField()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    published_at = models.DateTimeField()
    is_all_clear = models.BooleanField(default=False)
    status_text = models.TextField(max_length=2000)
    hypothesis = models.TextField(max_length=2000, blank=True)
    current_action = models.TextField(max_length=2000, blank=True)
    risks = models.TextField(max_length=2000, blank=True)
    next_moves = models.JSONField(default=list)
    executive_summary = models.CharField(max_length=280)
    technical_note = models.TextField(max_length=10000, blank=True)
    technical_html = models.TextField(blank=True)
    what_follows = models.TextField(max_length=2000, blank=True)
    watching = models.CharField(max_length=200, blank=True)
    next_update_at = models.DateTimeField(null=True, blank=True)
    end_state = models.CharField(max_length=500, blank=True)
    facts = models.JSONField(default=dict)
    was_late = models.BooleanField(default=False)

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["incident", "number"], name="update_number_once"),
        ]

    def __str__(self) -> str:
        return f"{self.incident} update {self.number}"
