"""Asking for help early (P14)."""

from django.conf import settings
from django.db import models
from django.db.models import Q


class Concern(models.TextChoices):
    """What somebody says with one click."""

    STUCK = "stuck", "I am stuck"
    DOUBT = "doubt", "This does not look right"


class EscalationQuerySet(models.QuerySet["Escalation"]):
    """Selections of escalations."""

    def waiting(self) -> "EscalationQuerySet":
        """Nobody has acknowledged them."""
        return self.filter(acknowledged_at=None)


class Escalation(models.Model):
    """Somebody's call for help or doubt, until somebody else says: I have it."""

    incident = models.ForeignKey(
        "incidents.Incident", on_delete=models.CASCADE, related_name="escalations"
    )
    concern = models.CharField(max_length=5, choices=Concern, default=Concern.STUCK)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    token = models.ForeignKey(
        "people.ApiToken",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="The agent that escalated; ``by`` answers for it.",
    )
    text = models.CharField(max_length=500)
    at = models.DateTimeField()
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    acknowledged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )

    objects = EscalationQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(concern__in=Concern.values), name="escalation_concern_known"
            ),
            models.CheckConstraint(
                condition=Q(acknowledged_at=None, acknowledged_by=None)
                | Q(acknowledged_at__isnull=False, acknowledged_by__isnull=False),
                name="escalation_acknowledged_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(acknowledged_by=None)
                | Q(token__isnull=False)
                | ~Q(acknowledged_by=models.F("by")),
                name="escalation_acknowledged_by_another",
            ),
        ]

    def __str__(self) -> str:
        return self.text

    @property
    def caller(self) -> str:
        """Who speaks, by name: the person, or their agent."""
        return f"agent {self.token.name}" if self.token is not None else self.by.name

    @property
    def speaker_id(self) -> int | None:
        """Whom it need not be told, since they said it; of an agent nobody."""
        return None if self.token_id is not None else self.by_id

    @property
    def words(self) -> str:
        """What the person says, in the third person: ``is stuck: …``."""
        return f"{'is stuck' if self.concern == Concern.STUCK else 'doubts it'}: {self.text}"
