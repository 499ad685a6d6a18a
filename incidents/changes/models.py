"""Changes: what a card that alters production carries, and what was measured before and after."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

PERSON = settings.AUTH_USER_MODEL


class ChangeState(models.TextChoices):
    """How far a change is."""

    DRAFT = "draft", "Draft"
    ASKED = "asked", "Asked"
    APPROVED = "approved", "Approved"
    RUNNING = "running", "Running"
    FINISHED = "finished", "Finished"
    WITHDRAWN = "withdrawn", "Withdrawn"


#: Written, but not running yet.
WAITING = (ChangeState.DRAFT, ChangeState.ASKED, ChangeState.APPROVED)
UNFINISHED = (*WAITING, ChangeState.RUNNING)
#: Whom a change names.
PEOPLE = ("asked_by", "approved_by", "approval_recorded_by", "started_by", "finished_by")


class Outcome(models.TextChoices):
    """How it went, by the signals."""

    AS_EXPECTED = "as_expected", "As expected"
    NOT_AS_EXPECTED = "not_as_expected", "Not as expected"
    ROLLED_BACK = "rolled_back", "Rolled back"


class ChangeQuerySet(models.QuerySet["Change"]):
    """Selections of changes."""

    def unfinished(self) -> "ChangeQuerySet":
        """Written and not over; a card has one at most."""
        return self.filter(state__in=UNFINISHED)

    def waiting(self) -> "ChangeQuerySet":
        """Written and not running yet."""
        return self.filter(state__in=WAITING)

    def running(self) -> "ChangeQuerySet":
        """In flight."""
        return self.filter(state=ChangeState.RUNNING)

    def surprising(self) -> "ChangeQuerySet":
        """Finished otherwise than expected, and nobody has given the go since."""
        bad = self.filter(state=ChangeState.FINISHED, go=None)
        return bad.exclude(outcome=Outcome.AS_EXPECTED)


class Go(models.Model):
    """The commander's word that the next change may start although the last one surprised (P36)."""

    incident = models.ForeignKey(
        "incidents.Incident", on_delete=models.CASCADE, related_name="goes"
    )
    reason = models.CharField(max_length=500)
    by = models.ForeignKey(PERSON, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.reason


class Change(models.Model):
    """One alteration of production: what we expect, how we go back, what came of it.

    The level of risk stays on the card. ``rolls_back`` names the change of this incident that it
    undoes; ``undoes`` says in words what else it undoes.
    """

    incident = models.ForeignKey(
        "incidents.Incident", on_delete=models.CASCADE, related_name="changes"
    )
    card = models.ForeignKey("incidents.Card", on_delete=models.CASCADE, related_name="changes")
    state = models.CharField(max_length=9, choices=ChangeState, default=ChangeState.DRAFT)
    expectation = models.CharField(max_length=500, blank=True)
    rollback = models.CharField(max_length=500, blank=True)
    hypothesis = models.ForeignKey(
        "incidents.Hypothesis", null=True, on_delete=models.PROTECT, related_name="changes"
    )
    risk = models.CharField(max_length=500, blank=True, help_text="What can go wrong, in words.")
    reversible = models.BooleanField(null=True, help_text="Empty: not said.")
    rolls_back = models.ForeignKey(
        "self", null=True, on_delete=models.PROTECT, related_name="rolled_back_by"
    )
    undoes = models.CharField(max_length=300, blank=True)
    quick_fix = models.BooleanField(default=False)
    source = models.CharField(max_length=6, default="human")
    ai_tool = models.CharField(max_length=80, blank=True)
    written_in_s = models.PositiveIntegerField(
        null=True, help_text="Seconds that writing it took; empty: nobody measured."
    )
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(PERSON, null=True, on_delete=models.PROTECT, related_name="+")

    asked_at = models.DateTimeField(null=True)
    asked_by = models.ForeignKey(PERSON, null=True, on_delete=models.PROTECT, related_name="+")
    approved_at = models.DateTimeField(null=True)
    approved_by = models.ForeignKey(PERSON, null=True, on_delete=models.PROTECT, related_name="+")
    approval_recorded_by = models.ForeignKey(
        PERSON,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="Who wrote down an approval by voice.",
    )
    look_again = models.CharField(
        max_length=500, blank=True, help_text="Why it was sent back, or its approval fell."
    )

    started_at = models.DateTimeField(null=True)
    started_by = models.ForeignKey(PERSON, null=True, on_delete=models.PROTECT, related_name="+")
    ran_beside = models.JSONField(default=list, help_text="What else ran as it started.")
    finished_at = models.DateTimeField(null=True)
    finished_by = models.ForeignKey(PERSON, null=True, on_delete=models.PROTECT, related_name="+")
    outcome = models.CharField(max_length=15, choices=Outcome, blank=True)
    note = models.CharField(max_length=1000, blank=True)
    no_data = models.JSONField(default=list, help_text="Names of signals that had none to see.")
    afterwards = models.BooleanField(default=False)
    marks = models.JSONField(default=list, help_text="Rules that were let pass.")
    go = models.ForeignKey(
        Go,
        null=True,
        on_delete=models.PROTECT,
        related_name="after",
        help_text="The go that was given after it had surprised.",
    )
    version = models.PositiveIntegerField(default=1)

    objects = ChangeQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["card"],
                condition=Q(state__in=["draft", "asked", "approved", "running"]),
                name="change_one_unfinished",
            ),
            models.CheckConstraint(
                condition=Q(state="finished", finished_at__isnull=False) & ~Q(outcome="")
                | ~Q(state="finished") & Q(finished_at__isnull=True, outcome=""),
                name="change_finished_has_outcome",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["running", "finished"]) | Q(started_at__isnull=False),
                name="change_running_has_started",
            ),
            models.CheckConstraint(
                condition=Q(rolls_back__isnull=True) | ~Q(rolls_back=F("id")),
                name="change_undoes_another",
            ),
        ]
        indexes = [
            models.Index(
                fields=["incident"],
                name="change_in_flight",
                condition=Q(state="running"),
            ),
        ]

    def __str__(self) -> str:
        return f"change {self.pk} of {self.card}"

    @property
    def is_waiting(self) -> bool:
        """Written and not running yet."""
        return self.state in WAITING

    @property
    def is_way_back(self) -> bool:
        """Whether it undoes something, of this incident or from before."""
        return self.rolls_back_id is not None or bool(self.undoes)


class Moment(models.TextChoices):
    """When a snapshot was taken."""

    BEFORE = "before", "Before"
    AFTER = "after", "After"


class Snapshot(models.Model):
    """One signal as it stood when a change started or finished; frozen.

    ``points`` are the last hour as (minute, value) pairs, for the drawing.
    """

    change = models.ForeignKey(Change, on_delete=models.CASCADE, related_name="snapshots")
    moment = models.CharField(max_length=6, choices=Moment)
    signal = models.ForeignKey("incidents.Signal", on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=120)
    unit = models.CharField(max_length=30, blank=True)
    comparator = models.CharField(max_length=2)
    target = models.FloatField()
    value = models.FloatField(null=True)
    at = models.DateTimeField(null=True)
    state = models.CharField(max_length=7)
    points = models.JSONField(default=list)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["change", "moment", "signal"], name="snapshot_once"),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.moment} {self.change_id}"


class SecondChange(models.Model):
    """The commander's word that a second drastic change may start beside one that runs (P32)."""

    incident = models.ForeignKey(
        "incidents.Incident", on_delete=models.CASCADE, related_name="second_changes"
    )
    reason = models.CharField(max_length=500)
    by = models.ForeignKey(PERSON, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    used_by = models.OneToOneField(
        Change, null=True, on_delete=models.PROTECT, related_name="second_change"
    )

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["incident"],
                condition=Q(used_by__isnull=True),
                name="second_change_one_unused",
            ),
        ]

    def __str__(self) -> str:
        return self.reason
