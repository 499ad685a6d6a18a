"""The five whys, and the safeguard that was absent."""

from django.conf import settings
from django.db import models


class Safeguard(models.TextChoices):
    """What the last why asks for: which of these was absent."""

    CONFIRMATION = "confirmation", "A confirmation"
    REVIEW = "review", "A review"
    DRY_RUN = "dry_run", "A dry run"
    TEST = "test", "A test"
    LIMIT = "limit", "A limit"
    ALERT = "alert", "An alert"


class Sure(models.TextChoices):
    """How sure the answer is."""

    CONFIRMED = "confirmed", "Confirmed"
    LIKELY = "likely", "Likely"
    UNKNOWN = "unknown", "Unknown"


class Why(models.Model):
    """One question and its answer; the answer is what the next question asks about."""

    postmortem = models.ForeignKey(
        "postmortems.Postmortem", on_delete=models.CASCADE, related_name="whys"
    )
    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.CASCADE, related_name="children"
    )
    depth = models.PositiveSmallIntegerField(default=1)
    question = models.CharField(max_length=500)
    answer = models.TextField(max_length=2000)
    evidence = models.TextField("evidence: a link or what was seen", max_length=2000, blank=True)
    systemic = models.BooleanField(default=False)
    because = models.CharField("this is systemic because", max_length=500, blank=True)
    safeguard = models.CharField(max_length=15, choices=Safeguard, blank=True)
    sure = models.CharField("how sure", max_length=10, choices=Sure, blank=True)
    version = models.PositiveIntegerField(default=1)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(parent__isnull=True, depth=1)
                | models.Q(parent__isnull=False, depth__gt=1),
                name="why_depth_fits_parent",
            ),
        ]

    def __str__(self) -> str:
        return self.question
