"""An idea for a change of the system, which nobody has promised yet (P57)."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from incidents.record.models import Incident
from people.models import User
from postmortems.review.models import ReviewState


class IdeaQuerySet(models.QuerySet["Idea"]):
    """Selections of ideas; every way to one starts from ``visible_to``."""

    def visible_to(self, user: User) -> "IdeaQuerySet":
        """Ideas of visible incidents: all for responders; for others those of published reviews."""
        seen = self.filter(postmortem__incident__in=Incident.objects.visible_to(user))
        if user.is_responder:
            return seen
        return seen.filter(postmortem__state=ReviewState.PUBLISHED)

    def open(self) -> "IdeaQuerySet":
        """Neither a commitment nor dropped."""
        return self.filter(item__isnull=True, dropped_because="")


class Idea(models.Model):
    """One sentence and whose it was; ``item`` once somebody committed to it.

    It has no owner, no date and no measure, and nobody is reminded of it.
    """

    postmortem = models.ForeignKey(
        "postmortems.Postmortem", on_delete=models.CASCADE, related_name="ideas"
    )
    text = models.CharField(max_length=200)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    item = models.OneToOneField(
        "postmortems.ActionItem",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="idea",
    )
    dropped_because = models.CharField(max_length=500, blank=True)
    dropped_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    dropped_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)

    objects = IdeaQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=~Q(text=""), name="idea_says_something"),
            models.CheckConstraint(
                condition=Q(dropped_because="", dropped_by__isnull=True, dropped_at__isnull=True)
                | (
                    ~Q(dropped_because="")
                    & Q(dropped_by__isnull=False, dropped_at__isnull=False, item__isnull=True)
                ),
                name="idea_is_a_commitment_or_dropped_with_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return self.text

    @property
    def ref(self) -> str:
        """The incident's reference."""
        return self.postmortem.incident.ref

    @property
    def is_open(self) -> bool:
        """Whether it is neither a commitment nor dropped."""
        return self.item_id is None and not self.dropped_because

    @property
    def state(self) -> str:
        """``open``, ``committed`` or ``dropped``; derived, never stored."""
        if self.item_id is not None:
            return "committed"
        return "dropped" if self.dropped_because else "open"
