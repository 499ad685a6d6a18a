"""Who is blocked, as a number."""

from django.conf import settings
from django.db import models

from incidents.record.models import Incident


class ImpactQuerySet(models.QuerySet["Impact"]):
    """Selections of impacts."""

    def standing(self) -> "ImpactQuerySet":
        """Not removed."""
        return self.filter(removed_at=None)


class Impact(models.Model):
    """Who is blocked: a journey, a number with a unit known at a time, a rate from then on."""

    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="impacts")
    journey = models.CharField(max_length=200)
    blocked = models.CharField(max_length=200)
    amount = models.DecimalField(max_digits=18, decimal_places=2)
    unit = models.CharField(max_length=60)
    currency = models.CharField(
        max_length=3, blank=True, help_text="ISO 4217, where the number is money."
    )
    story = models.CharField(
        max_length=300, blank=True, help_text="One named customer or team; never on share links."
    )
    cut_off = models.CharField(max_length=120, blank=True, help_text="What happens by then.")
    cut_off_at = models.DateTimeField(null=True, blank=True)
    at = models.DateTimeField()
    per_minute = models.DecimalField(max_digits=18, decimal_places=2, null=True, blank=True)
    signal = models.ForeignKey(
        "incidents.Signal", null=True, blank=True, on_delete=models.PROTECT, related_name="impacts"
    )
    value_at_end = models.FloatField(
        null=True, editable=False, help_text="What the signal said when the impact ended."
    )
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    removed_at = models.DateTimeField(null=True, blank=True)

    objects = ImpactQuerySet.as_manager()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.amount} {self.unit}: {self.journey}"

    @property
    def measure(self) -> str:
        """What the number counts: the unit, with its currency where it is money."""
        return f"{self.currency} {self.unit}" if self.currency else self.unit
