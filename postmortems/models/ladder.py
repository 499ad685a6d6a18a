"""The ladders of what a review owes, one for each severity and promise, as rows."""

from django.db import models
from django.db.models import Q

from incidents.models import DUE_STEP, SeverityPolicy
from postmortems.schedule import ITEM, LIST_CHECK, MEETING, PUBLICATION, VERIFICATION


class Owed(models.TextChoices):
    """What a review owes; the values are kinds of deadlines."""

    MEETING = MEETING, "Review meeting"
    PUBLICATION = PUBLICATION, "Publication"
    LIST_CHECK = LIST_CHECK, "Look at the whole list"
    ITEM = ITEM, "Action item"
    VERIFICATION = VERIFICATION, "Verification"


class FollowUpAudience(models.TextChoices):
    """Whom a step reaches; where nobody is left, who stands above."""

    OWES = "owes", "Whoever owes it"
    BOTH = "both", "Whoever owes it, and who stands above"
    FACILITATOR = "facilitator", "Facilitator of the review"
    ABOVE = "above", "Service owners, else administrators"


_BEFORE, _DUE = ("before", -1, FollowUpAudience.OWES), (DUE_STEP, 0, FollowUpAudience.OWES)
_LATE = ("late", 1, FollowUpAudience.BOTH)

DEFAULT_FOLLOW_UP: dict[str, tuple[tuple[str, int, str], ...]] = {
    Owed.MEETING: (_BEFORE, _DUE, _LATE),
    Owed.PUBLICATION: (_BEFORE, _DUE, _LATE, ("escalated", 7, FollowUpAudience.BOTH)),
    Owed.LIST_CHECK: (_DUE, ("late", 3, FollowUpAudience.BOTH)),
    Owed.ITEM: (
        ("before", -3, FollowUpAudience.OWES),
        _DUE,
        ("late", 1, FollowUpAudience.FACILITATOR),
        ("escalated", 7, FollowUpAudience.ABOVE),
    ),
    Owed.VERIFICATION: (
        _DUE,
        ("late", 1, FollowUpAudience.ABOVE),
        ("escalated", 7, FollowUpAudience.ABOVE),
    ),
}
"""Name, days after the due time and audience of the steps of P50 and P58, without rows."""


class FollowUpStep(models.Model):
    """When something a review owes is late: who hears of it, so many ``days`` after the due time.

    The policy is that of the highest severity the incident ever held. All steps keep the office
    hours of whoever owes it.
    """

    policy = models.ForeignKey(SeverityPolicy, on_delete=models.CASCADE, related_name="follow_up")
    owed = models.CharField("what is owed", max_length=20, choices=Owed)
    name = models.SlugField(max_length=40, help_text="What the messages call the step.")
    days = models.SmallIntegerField(help_text="After the due time; negative: before it.")
    audience = models.CharField("who hears", max_length=12, choices=FollowUpAudience)

    class Meta:
        ordering = ["owed", "days", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["policy", "owed", "name"],
                name="follow_up_step_once",
                violation_error_message="Each step has a name of its own.",
            ),
            models.CheckConstraint(
                condition=Q(days__gte=-30, days__lte=90),
                name="follow_up_step_in_range",
                violation_error_message="A step is at most 30 days before and 90 after.",
            ),
            models.CheckConstraint(
                condition=~Q(name=DUE_STEP) | Q(days=0),
                name="follow_up_due_at_zero",
                violation_error_message="The step “due” stands at 0 days.",
            ),
            models.CheckConstraint(condition=Q(owed__in=Owed.values), name="follow_up_owed_known"),
            models.CheckConstraint(
                condition=Q(audience__in=FollowUpAudience.values), name="follow_up_audience_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_owed_display()}: {self.name} at {self.days:+d} d"
