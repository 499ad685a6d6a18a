"""What an organisation sets up beforehand: services, and the policy of each severity."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from pages.validators import check_address, check_link, within

DAY_MIN = 24 * 60


class Severity(models.TextChoices):
    """How bad it is; unsure means the higher (the lower number)."""

    SEV1 = "sev1", "SEV1"
    SEV2 = "sev2", "SEV2"
    SEV3 = "sev3", "SEV3"
    SEV4 = "sev4", "SEV4"


class Enforcement(models.TextChoices):
    """Whether the soft rules (◆ among the practices) refuse or let pass, marked."""

    ENFORCE = "enforce", "Refuse"
    WARN = "warn", "Let pass, marked"


class LadderAudience(models.TextChoices):
    """Whom a step of the promised update's ladder reaches."""

    SPEAKER = "speaker", "Communications lead, or commander"
    BOTH = "both", "Communications lead and commander"
    FREE_HANDS = "free_hands", "Deputy and free hands"
    ESCALATION = "escalation", "Escalation contacts"


DUE_STEP = "due"
"""The step that records that the promise was missed; it stands at the due time, always."""

DEFAULT_LADDER = (
    ("before", -5, LadderAudience.SPEAKER),
    (DUE_STEP, 0, LadderAudience.BOTH),
    ("late", 5, LadderAudience.FREE_HANDS),
    ("escalated", 15, LadderAudience.ESCALATION),
)
"""Name, minutes after the due time and audience of each step of P45, where a policy has no rows."""


class SeverityPolicy(models.Model):
    """One row per severity, edited by an admin: definition, cadence, windows and ladders."""

    severity = models.CharField(max_length=4, choices=Severity, primary_key=True)
    definition = models.CharField(
        max_length=200, help_text="One line phrased as a measure: share of users, journey, money."
    )
    update_interval_min = models.PositiveIntegerField(
        "update interval, minutes", validators=within(1, DAY_MIN)
    )
    triage_window_min = models.PositiveIntegerField(
        "triage window, minutes", null=True, blank=True, validators=within(1, DAY_MIN)
    )
    enforcement = models.CharField(max_length=10, choices=Enforcement)
    review_required = models.BooleanField(default=False)
    review_within_hours = models.PositiveIntegerField(default=72, validators=within(1, 31 * 24))
    publish_within_days = models.PositiveIntegerField(
        "publish within working days", default=5, validators=within(1, 90)
    )
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


class LadderStep(models.Model):
    """When the promised update is late: who hears of it, so many ``minutes`` after the due time.

    ``name`` is what deliveries, API and inbox call the step. The default policies have ``before``,
    ``due``, ``late`` and ``escalated``; ``due`` always stands at 0.
    """

    policy = models.ForeignKey(SeverityPolicy, on_delete=models.CASCADE, related_name="ladder")
    name = models.SlugField(max_length=40, help_text="What the messages call the step.")
    minutes = models.SmallIntegerField(
        help_text="After the promised time; negative: before it, but at most a third of the "
        "interval."
    )
    audience = models.CharField("who hears", max_length=12, choices=LadderAudience)

    class Meta:
        ordering = ["minutes", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["policy", "name"],
                name="ladder_step_once",
                violation_error_message="Each step has a name of its own.",
            ),
            models.CheckConstraint(
                condition=Q(minutes__gte=-240, minutes__lte=1440),
                name="ladder_step_in_range",
                violation_error_message="A step is at most 240 minutes before and 1440 after.",
            ),
            models.CheckConstraint(
                condition=~Q(name=DUE_STEP) | Q(minutes=0),
                name="ladder_due_at_zero",
                violation_error_message="The step “due” stands at 0 minutes.",
            ),
            # At night they may be put off to the morning, which must not put off the due step.
            models.CheckConstraint(
                condition=~Q(audience=LadderAudience.ESCALATION) | Q(minutes__gt=0),
                name="ladder_escalates_late",
                violation_error_message="Escalation contacts hear after the due time only.",
            ),
            models.CheckConstraint(
                condition=Q(audience__in=LadderAudience.values), name="ladder_audience_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} at {self.minutes:+d} min"


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
    chat_url = models.CharField("default room", blank=True, max_length=500, validators=[check_link])
    call_url = models.CharField(blank=True, max_length=500, validators=[check_link])
    runbook_url = models.CharField(blank=True, max_length=500, validators=[check_address])
    depends_on = models.ManyToManyField(
        "self",
        symmetrical=False,
        blank=True,
        related_name="needed_by",
        help_text="What breaks it when it breaks.",
    )

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
