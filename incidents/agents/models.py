"""What agents leave for people to decide: notes that nobody confirmed, and drafts of updates."""

from django.conf import settings
from django.db import models
from django.db.models import Q

PERSON = settings.AUTH_USER_MODEL


class AgentNote(models.Model):
    """A line of the record that an agent wrote: no fact until a person confirms it (P37)."""

    incident = models.ForeignKey(
        "incidents.Incident", on_delete=models.CASCADE, related_name="agent_notes"
    )
    seq = models.PositiveBigIntegerField(help_text="Its line of the timeline.")
    text = models.CharField(max_length=2000)
    token = models.ForeignKey("people.ApiToken", on_delete=models.PROTECT, related_name="+")
    by = models.ForeignKey(
        PERSON, on_delete=models.PROTECT, related_name="+", help_text="Who answers for the agent."
    )
    at = models.DateTimeField()
    is_confirmed = models.BooleanField(null=True, help_text="Empty: nobody has decided.")
    settled_at = models.DateTimeField(null=True)
    settled_by = models.ForeignKey(PERSON, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["incident", "seq"], name="agent_note_once"),
            models.CheckConstraint(
                condition=Q(is_confirmed=None, settled_at=None, settled_by=None)
                | Q(is_confirmed__isnull=False, settled_at__isnull=False, settled_by__isnull=False),
                name="agent_note_settled_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return self.text


class Draft(models.Model):
    """An update somebody or some agent wrote beforehand, for a person to publish in their words.

    ``number`` is the update it was written for: once that one is out the draft is past.
    """

    incident = models.ForeignKey(
        "incidents.Incident", on_delete=models.CASCADE, related_name="drafts"
    )
    number = models.PositiveIntegerField()
    token = models.ForeignKey(
        "people.ApiToken", null=True, on_delete=models.PROTECT, related_name="+"
    )
    by = models.ForeignKey(PERSON, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    status_text = models.CharField(max_length=2000, blank=True)
    hypothesis = models.CharField(max_length=2000, blank=True)
    current_action = models.CharField(max_length=2000, blank=True)
    risks = models.CharField(max_length=2000, blank=True)
    next_moves = models.JSONField(default=list)
    executive_summary = models.CharField(max_length=2000, blank=True)
    technical_note = models.TextField(max_length=10000, blank=True)
    dropped_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"for update {self.number}"
