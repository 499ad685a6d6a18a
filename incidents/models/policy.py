"""What an organisation sets up beforehand: services and how hard each severity bites."""

from django.conf import settings
from django.db import models


class Severity(models.TextChoices):
    """How bad it is; unsure means the higher (the lower number)."""

    SEV1 = "sev1", "SEV1"
    SEV2 = "sev2", "SEV2"
    SEV3 = "sev3", "SEV3"
    SEV4 = "sev4", "SEV4"


class Enforcement(models.TextChoices):
    """Whether the soft rules (PRODUCT's ◆) refuse or let pass, marked."""

    ENFORCE = "enforce", "Refuse"
    WARN = "warn", "Let pass, marked"


class SeverityPolicy(models.Model):
    """One row per severity, edited by an admin: definition, cadence, windows and ladders."""

    severity = models.CharField(max_length=4, choices=Severity, primary_key=True)
    definition = models.CharField(
        max_length=200, help_text="One line phrased as a measure: share of users, journey, money."
    )
    update_interval_min = models.PositiveIntegerField("update interval, minutes")
    triage_window_min = models.PositiveIntegerField("triage window, minutes", null=True, blank=True)
    enforcement = models.CharField(max_length=10, choices=Enforcement)
    review_required = models.BooleanField(default=False)
    review_within_hours = models.PositiveIntegerField(default=72)
    publish_within_days = models.PositiveIntegerField("publish within working days", default=5)
    wakes_at_night = models.BooleanField(
        "escalation contact at any hour", help_text="Else the last step waits for 09:00 at night."
    )
    escalation_contacts = models.ManyToManyField(
        settings.AUTH_USER_MODEL, blank=True, related_name="+"
    )

    class Meta:
        ordering = ["severity"]
        verbose_name_plural = "severity policies"

    def __str__(self) -> str:
        return f"{self.get_severity_display()}: {self.definition}"

    @property
    def enforces(self) -> bool:
        """Whether soft rules refuse."""
        return self.enforcement == Enforcement.ENFORCE


class Service(models.Model):
    """Something that can break."""

    name = models.CharField(max_length=120, unique=True)
    slug = models.SlugField(max_length=60, unique=True)
    description = models.TextField(blank=True, max_length=2000)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    people = models.ManyToManyField(
        settings.AUTH_USER_MODEL, blank=True, related_name="services", help_text="Whom to invite."
    )
    chat_url = models.URLField("default room", blank=True, max_length=500)
    call_url = models.URLField(blank=True, max_length=500)
    runbook_url = models.URLField(blank=True, max_length=500)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
