"""Questions stakeholders ask (P47)."""

from django.conf import settings
from django.db import models
from django.db.models import Q


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
