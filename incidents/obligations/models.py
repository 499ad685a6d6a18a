"""Legal and contractual clocks of an incident, and the templates that start them (P66)."""

from calendar import monthrange
from datetime import datetime, timedelta

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

PERSON = settings.AUTH_USER_MODEL


class ObligationTemplate(models.Model):
    """A regime or contract with its due times, as an administrator keeps them.

    What the law asks for is not ours to say; the clocks are.
    """

    name = models.CharField(max_length=120, unique=True)
    slug = models.SlugField(
        max_length=60, unique=True, help_text="What programs call it, such as gdpr."
    )
    advice = models.TextField(
        max_length=2000, blank=True, help_text="What your lawyers want people to know first."
    )

    class Meta:
        verbose_name = "legal clock"
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(condition=~Q(slug=""), name="obligation_template_has_slug"),
        ]

    def __str__(self) -> str:
        return self.name


class ObligationStep(models.Model):
    """One due time of a template: so many hours, or months, after somebody became aware."""

    template = models.ForeignKey(ObligationTemplate, on_delete=models.CASCADE, related_name="steps")
    name = models.CharField(max_length=120, help_text="What is due, such as the early warning.")
    hours = models.PositiveIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(24 * 366)]
    )
    months = models.PositiveIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(60)]
    )

    class Meta:
        ordering = ["months", "hours", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(hours__gte=1, months=None) | Q(hours=None, months__gte=1),
                name="obligation_step_hours_or_months",
                violation_error_message="Say hours or months, one of them.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.after})"

    @property
    def after(self) -> str:
        """How long after somebody became aware, in words."""
        if self.hours is not None:
            return f"{self.hours} h"
        return "1 month" if self.months == 1 else f"{self.months} months"

    def due_after(self, aware_at: datetime) -> datetime:
        """When it is due; a month ends on the same day, or on the last one of a shorter month."""
        if self.hours is not None:
            return aware_at + timedelta(hours=self.hours)
        months = aware_at.month - 1 + (self.months or 0)
        year, month = aware_at.year + months // 12, months % 12 + 1
        day = min(aware_at.day, monthrange(year, month)[1])
        return aware_at.replace(year=year, month=month, day=day)


class ObligationQuerySet(models.QuerySet["Obligation"]):
    """Selections of obligations."""

    def owed(self) -> "ObligationQuerySet":
        """Neither filed nor said not to apply."""
        return self.filter(filed_at=None, declined_at=None)


class Obligation(models.Model):
    """Something to be filed by a time: since when it counts, whose it is, the proof of the filing.

    It ends by a filing, or by *does not apply* with a reason; no end of the incident ends it.
    """

    incident = models.ForeignKey(
        "incidents.Incident", on_delete=models.CASCADE, related_name="obligations"
    )
    name = models.CharField(max_length=250)
    template = models.ForeignKey(
        ObligationTemplate, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    aware_at = models.DateTimeField()
    due_at = models.DateTimeField()
    owner = models.ForeignKey(PERSON, on_delete=models.PROTECT, related_name="+")
    by = models.ForeignKey(PERSON, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    filed_at = models.DateTimeField(null=True)
    reference = models.CharField(max_length=300, blank=True, help_text="The proof of the filing.")
    declined_at = models.DateTimeField(null=True)
    declined_because = models.CharField(max_length=500, blank=True)
    settled_by = models.ForeignKey(PERSON, null=True, on_delete=models.PROTECT, related_name="+")

    objects = ObligationQuerySet.as_manager()

    class Meta:
        ordering = ["due_at", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(due_at__gt=models.F("aware_at")), name="obligation_due_later"
            ),
            models.CheckConstraint(
                condition=Q(filed_at=None) | (Q(declined_at=None) & ~Q(reference="")),
                name="obligation_filed_with_proof",
            ),
            models.CheckConstraint(
                condition=Q(declined_at=None) | ~Q(declined_because=""),
                name="obligation_declined_with_reason",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_owed(self) -> bool:
        """Whether nobody filed it and nobody said that it does not apply."""
        return self.filed_at is None and self.declined_at is None
