"""The only clock of the product: every due time is one ``Deadline`` row.

What a kind of deadline means stands with its app and is registered in ``kinds``.
"""

from django.conf import settings
from django.db import models
from django.db.models import Q

from notifications.about import Reference


class State(models.TextChoices):
    """Open until it is kept or released. Whether it was kept late is read from the times."""

    OPEN = "open", "Open"
    KEPT = "kept", "Kept"
    RELEASED = "released", "Released"


class DeadlineQuerySet(models.QuerySet["Deadline"]):
    """Selections of deadlines."""

    def open(self) -> "DeadlineQuerySet":
        """Neither kept nor released."""
        return self.filter(state=State.OPEN)

    def set_aside(self) -> "DeadlineQuerySet":
        """Open, but left alone since five passes in a row failed on them."""
        return self.open().filter(set_aside_at__isnull=False)


class Deadline(models.Model):
    """A due time that somebody owns, and how far up its ladder it has climbed.

    ``step`` counts the steps done; ``next_step_at`` is when the next one falls due, and is null
    when the deadline is settled, its ladder is exhausted or it was set aside. A move starts the
    ladder again and raises ``moved_count``. ``subject_id`` is the primary key of what ``kind`` is
    about; ``incident_id`` is not a foreign key, since incidents stand above.
    """

    kind = models.CharField(max_length=40)
    subject_id = models.BigIntegerField()
    scope = models.CharField(max_length=60, blank=True)
    incident_id = models.BigIntegerField(null=True, blank=True)
    incident_ref = models.CharField(max_length=20, blank=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="deadlines",
    )
    due_at = models.DateTimeField()
    next_step_at = models.DateTimeField(null=True, blank=True)
    step = models.PositiveSmallIntegerField(default=0)
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    context = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True, blank=True)
    settled_reason = models.CharField(max_length=200, blank=True)
    moved_count = models.PositiveIntegerField(default=0)
    failures = models.PositiveSmallIntegerField(default=0)
    last_error = models.CharField(max_length=500, blank=True)
    set_aside_at = models.DateTimeField(null=True, blank=True)

    objects = DeadlineQuerySet.as_manager()

    class Meta:
        ordering = ["due_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "subject_id"],
                condition=Q(state="open"),
                name="deadline_one_open",
            ),
            models.CheckConstraint(
                condition=Q(state__in=State.values), name="deadline_state_known"
            ),
            models.CheckConstraint(
                condition=Q(state="open", settled_at__isnull=True)
                | Q(
                    state__in=["kept", "released"],
                    settled_at__isnull=False,
                    next_step_at__isnull=True,
                ),
                name="deadline_in_one_state",
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_step_at"],
                name="deadline_next_step",
                condition=Q(state="open", next_step_at__isnull=False),
            ),
            models.Index(fields=["incident_id", "due_at"], name="deadline_incident"),
            models.Index(
                fields=["owner", "due_at"], name="deadline_owner", condition=Q(state="open")
            ),
            models.Index(fields=["kind", "subject_id"], name="deadline_subject"),
            models.Index(
                fields=["failures"],
                name="deadline_failing",
                condition=Q(state="open", failures__gt=0),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind.replace('_', ' ')} {self.incident_ref}".strip()

    @property
    def about(self) -> Reference | None:
        """What its nudges are about, as far as the row keeps it."""
        if self.incident_id is None:
            return None
        return Reference(self.incident_id, self.incident_ref)

    @property
    def source(self) -> str:
        """What the deliveries of this deadline name as the obligation behind them."""
        return f"deadline:{self.pk}"


class Pass(models.Model):
    """When each ringer last ran enforcement: one row per ringer (``loop``, ``beat``, ``hand``).

    ``complete_at`` is the start of the newest pass that left no due deadline behind.
    """

    ringer = models.CharField(max_length=20, primary_key=True)
    ran_at = models.DateTimeField()
    complete_at = models.DateTimeField(null=True, blank=True)
    due = models.PositiveIntegerField(default=0)
    stepped = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    took_ms = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = "run of enforcement"
        verbose_name_plural = "runs of enforcement"

    def __str__(self) -> str:
        return f"run by {self.ringer}"
