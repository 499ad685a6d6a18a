"""What became of something that was marked during the incident (P56)."""

from django.conf import settings
from django.db import models
from django.db.models import Q


class SettledMark(models.Model):
    """One mark that became an action item, or that got a written no.

    ``key`` names the mark: ``alert:`` with the alert's name, or ``change:`` with its key.
    """

    postmortem = models.ForeignKey(
        "postmortems.Postmortem", on_delete=models.CASCADE, related_name="settled_marks"
    )
    key = models.CharField(max_length=220)
    item = models.ForeignKey(
        "postmortems.ActionItem", null=True, on_delete=models.PROTECT, related_name="marks"
    )
    because = models.CharField(max_length=500, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["postmortem", "key"], name="postmortems_mark_settled_once"
            ),
            models.CheckConstraint(
                condition=Q(item__isnull=False, because="")
                | (Q(item__isnull=True) & ~Q(because="")),
                name="postmortems_mark_is_an_item_or_a_no",
            ),
        ]

    def __str__(self) -> str:
        return self.key
