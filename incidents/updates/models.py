"""Updates and the questions they answer."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from incidents.attachments.models import files_field

SAID_LAST_FIRST = ("-published_at", "-number")
"""The order in which updates were said: one that is recorded afterwards is not the last word."""


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
    published_at = models.DateTimeField(help_text="When it was said.")
    afterwards = models.BooleanField(
        default=False, help_text="Said by other means at that time, and recorded afterwards."
    )
    is_all_clear = models.BooleanField(default=False)
    status_text = models.TextField(max_length=2000)
    hypothesis = models.TextField(max_length=2000, blank=True)
    current_action = models.TextField(max_length=2000, blank=True)
    risks = models.TextField(max_length=2000, blank=True)
    next_moves = models.JSONField(default=list)
    executive_summary = models.CharField(max_length=280)
    technical_note = models.TextField(max_length=10000, blank=True)
    technical_html = models.TextField(blank=True)
    files = files_field()
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


class QuestionQuerySet(models.QuerySet["Question"]):
    """Selections of questions."""

    def waiting(self) -> "QuestionQuerySet":
        """Neither answered nor declined."""
        return self.filter(answered_at__isnull=True, declined_at__isnull=True)


class Question(models.Model):
    """One question to the incident, answered by communications, never by the diggers."""

    incident = models.ForeignKey(
        "incidents.Incident", on_delete=models.CASCADE, related_name="questions"
    )
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    text = models.CharField(max_length=500)
    asked_at = models.DateTimeField()
    answer_by = models.DateTimeField(null=True, blank=True)
    answer = models.TextField(max_length=2000, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    answered_in = models.ForeignKey(
        "incidents.Update", null=True, on_delete=models.SET_NULL, related_name="answers"
    )
    declined_at = models.DateTimeField(null=True, blank=True)
    declined_because = models.CharField(max_length=500, blank=True)

    objects = QuestionQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(answered_at__isnull=True) | Q(declined_at__isnull=True),
                name="question_one_end",
            ),
        ]

    def __str__(self) -> str:
        return self.text
