"""Stopping the line (P38): what was agreed beforehand to stop for, and the stops themselves."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from incidents.endstate.models import Comparator


class StopCriterionQuerySet(models.QuerySet["StopCriterion"]):
    """Selections of stop criteria."""

    def standing(self) -> "StopCriterionQuerySet":
        """Not removed."""
        return self.filter(removed_at=None)


class StopCriterion(models.Model):
    """What makes everybody stop, written before it happens.

    Tied to a signal it trips by itself, once per crossing.
    """

    incident = models.ForeignKey(
        "incidents.Incident", on_delete=models.CASCADE, related_name="stop_criteria"
    )
    text = models.CharField(max_length=300)
    signal = models.ForeignKey(
        "incidents.Signal",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="stop_criteria",
    )
    comparator = models.CharField(max_length=2, choices=Comparator, blank=True)
    threshold = models.FloatField(null=True, blank=True)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    removed_at = models.DateTimeField(null=True, blank=True)

    objects = StopCriterionQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        verbose_name_plural = "stop criteria"
        constraints = [
            models.CheckConstraint(
                condition=Q(signal=None, comparator="", threshold=None)
                | (Q(signal__isnull=False, threshold__isnull=False) & ~Q(comparator="")),
                name="stop_criterion_whole",
            ),
        ]

    def __str__(self) -> str:
        return self.text

    def is_met_by(self, value: float) -> bool:
        """Whether a value of its signal is beyond the threshold."""
        return self.threshold is not None and Comparator(self.comparator).holds(
            value, self.threshold
        )


class Stop(models.Model):
    """One stop of the line, by a person or by a criterion, until somebody resumes."""

    incident = models.ForeignKey(
        "incidents.Incident", on_delete=models.CASCADE, related_name="stops"
    )
    at = models.DateTimeField()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    criterion = models.ForeignKey(
        StopCriterion, null=True, blank=True, on_delete=models.PROTECT, related_name="stops"
    )
    reason = models.CharField(max_length=500)
    resumed_at = models.DateTimeField(null=True, blank=True)
    resumed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    resumed_because = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["incident"], condition=Q(resumed_at=None), name="line_stopped_once"
            ),
        ]

    def __str__(self) -> str:
        return self.reason
