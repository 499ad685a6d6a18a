"""Action items: owned, dated, measurable, followed until somebody else has verified them."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse

from incidents.record.models import Incident
from pages.validators import within
from people.models import User
from postmortems.review.models import ReviewState


class ItemType(models.TextChoices):
    """What kind of change to the system it is (P56)."""

    GUARDRAIL = "guardrail", "Guardrail"
    AUTOMATION = "automation", "Automation"
    TEST = "test", "Test"
    RUNBOOK = "runbook", "Runbook"
    ALERT = "alert", "Alert"
    DOCUMENTATION = "documentation", "Documentation"
    PROCESS = "process", "Process"
    DESIGN = "design", "Design"


class Priority(models.TextChoices):
    """How soon; the policy's days become the proposed due date."""

    P0 = "p0", "P0"
    P1 = "p1", "P1"
    P2 = "p2", "P2"
    P3 = "p3", "P3"


class ItemState(models.TextChoices):
    """Open, done, then verified by somebody else; or not doing, with a reason."""

    OPEN = "open", "Open"
    DONE = "done", "Done, to verify"
    VERIFIED = "verified", "Verified"
    DECLINED = "declined", "Not doing"


LONGEST_MOVE_DAYS = 90
"""How far one move may put a date off where the policy says nothing else."""

OPEN_STATES = (ItemState.OPEN, ItemState.DONE)


class PriorityPolicy(models.Model):
    """How many days an action item of a priority gets by default, and how far one move may go."""

    priority = models.CharField(max_length=2, choices=Priority, primary_key=True)
    due_within_days = models.PositiveSmallIntegerField(validators=within(1, 365))
    longest_move_days = models.PositiveSmallIntegerField(
        "longest move, days",
        default=LONGEST_MOVE_DAYS,
        help_text="How far one move may put the due date off; it may move again, counted.",
    )

    class Meta:
        ordering = ["priority"]
        verbose_name_plural = "priority policies"
        constraints = [
            models.CheckConstraint(
                condition=Q(longest_move_days__range=(1, 365)),
                name="priority_policy_move_in_range",
                violation_error_message="One move puts a date off by 1 to 365 days.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_priority_display()}: {self.due_within_days} days"


class ActionItemQuerySet(models.QuerySet["ActionItem"]):
    """Selections of action items; every way to one starts from ``visible_to``."""

    def visible_to(self, user: User) -> "ActionItemQuerySet":
        """Items of visible incidents: all for responders; for others their own and published."""
        seen = self.filter(postmortem__incident__in=Incident.objects.visible_to(user))
        if user.is_responder:
            return seen
        return seen.filter(Q(owner=user) | Q(postmortem__state=ReviewState.PUBLISHED))

    def open(self) -> "ActionItemQuerySet":
        """Neither done nor declined."""
        return self.filter(state=ItemState.OPEN)

    def overdue(self, moment: "datetime | models.Func") -> "ActionItemQuerySet":
        """Open after their due time at ``moment``."""
        return self.open().filter(due_at__lte=moment)


class ActionItem(models.Model):
    """One improvement of the system that a review asked for."""

    postmortem = models.ForeignKey(
        "postmortems.Postmortem", on_delete=models.PROTECT, related_name="action_items"
    )
    title = models.CharField(max_length=200)
    type = models.CharField(max_length=15, choices=ItemType)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="action_items"
    )
    due_at = models.DateTimeField()
    first_due_at = models.DateTimeField()
    priority = models.CharField(max_length=2, choices=Priority)
    success_criterion = models.CharField(max_length=500)
    signal = models.ForeignKey(
        "incidents.Signal", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    override_reason = models.CharField(
        max_length=500, blank=True, help_text="Why the facilitator took it although not systemic."
    )
    state = models.CharField(max_length=10, choices=ItemState, default=ItemState.OPEN)
    moved_count = models.PositiveSmallIntegerField(default=0)
    reopened_count = models.PositiveSmallIntegerField(default=0)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    done_at = models.DateTimeField(null=True, blank=True)
    done_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    done_note = models.CharField(max_length=1000, blank=True)
    verify_due_at = models.DateTimeField(null=True, blank=True)
    verified_at = models.DateTimeField(null=True, blank=True)
    verified_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    verify_note = models.CharField(max_length=1000, blank=True)
    is_moving = models.BooleanField("the metric moves", null=True, blank=True)
    verified_early_because = models.CharField(max_length=1000, blank=True)
    verified_alone = models.BooleanField(
        "nobody else",
        default=False,
        help_text="Verified by who did it, since nobody else was left.",
    )
    signal_before = models.JSONField(null=True, blank=True, editable=False)
    signal_after = models.JSONField(null=True, blank=True, editable=False)
    declined_at = models.DateTimeField(null=True, blank=True)
    declined_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    declined_because = models.CharField(max_length=500, blank=True)

    owners = models.ManyToManyField(
        settings.AUTH_USER_MODEL,
        related_name="+",
        editable=False,
        help_text="Everybody who ever owned it: none of them verifies it.",
    )

    objects = ActionItemQuerySet.as_manager()

    class Meta:
        ordering = ["priority", "due_at", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state=ItemState.OPEN, done_at__isnull=True)
                | Q(state__in=[ItemState.DONE, ItemState.VERIFIED], done_at__isnull=False)
                | Q(state=ItemState.DECLINED),
                name="action_item_done_has_moment",
            ),
            models.CheckConstraint(
                condition=~Q(state=ItemState.VERIFIED)
                | (
                    Q(verified_by__isnull=False)
                    & (
                        Q(verified_alone=True)
                        | (
                            ~Q(verified_by=models.F("owner"))
                            & (Q(done_by__isnull=True) | ~Q(verified_by=models.F("done_by")))
                        )
                    )
                ),
                name="action_item_verified_by_another",
            ),
        ]
        indexes = [
            models.Index(fields=["owner", "state", "due_at"], name="action_item_owner"),
            models.Index(fields=["state", "due_at"], name="action_item_due"),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """Its own page."""
        return reverse("postmortems:item", args=[self.pk])

    @property
    def ref(self) -> str:
        """The incident's reference."""
        return self.postmortem.incident.ref

    def is_overdue_at(self, moment: datetime) -> bool:
        """Whether it is open after its due time; derived, never stored."""
        return self.state == ItemState.OPEN and self.due_at <= moment

    def is_verification_due_at(self, moment: datetime) -> bool:
        """Whether somebody has to look at what was done by ``moment``."""
        return bool(
            self.state == ItemState.DONE and self.verify_due_at and self.verify_due_at <= moment
        )


class ItemLook(models.Model):
    """What somebody saw of one item when the whole list was looked at, a week after publication."""

    item = models.OneToOneField(ActionItem, on_delete=models.CASCADE, related_name="look")
    started = models.BooleanField()
    owned = models.BooleanField()
    still_right = models.BooleanField()
    word = models.CharField(max_length=500)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=~Q(word=""), name="item_look_says_something"),
        ]

    def __str__(self) -> str:
        return f"{self.item}: {self.word}"

    @property
    def words(self) -> str:
        """The three answers as people read them."""
        return ", ".join(
            (
                "started" if self.started else "not started",
                "owned" if self.owned else "not owned",
                "still right" if self.still_right else "no longer right",
            )
        )
