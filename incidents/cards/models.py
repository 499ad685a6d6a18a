"""Cards: one step of work each. What may move them stands in ``incidents.gates``."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from incidents.attachments.models import files_field
from incidents.attachments.queries import counted


class Column(models.TextChoices):
    """Where a card is."""

    NOW = "now", "Now"
    NEXT = "next", "Next"
    DONE = "done", "Done"
    PARKED = "parked", "Parked"


class Risk(models.TextChoices):
    """What a card may do to production; unset until it enters Now."""

    READ_ONLY = "read_only", "Read only"
    SAFE = "safe", "Safe"
    RISKY = "risky", "Risky"
    DESTRUCTIVE = "destructive", "Destructive"


class Source(models.TextChoices):
    """Who suggested it."""

    HUMAN = "human", "A person"
    AI = "ai", "An AI tool"


class Card(models.Model):
    """One step of work on the board."""

    incident = models.ForeignKey(
        "incidents.Incident", on_delete=models.CASCADE, related_name="cards"
    )
    title = models.CharField(max_length=200)
    column = models.CharField(max_length=6, choices=Column)
    position = models.PositiveIntegerField()
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="cards",
    )
    pair = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    time_box_min = models.PositiveIntegerField(null=True, blank=True)
    time_box_reason = models.CharField(max_length=300, blank=True)
    time_box_ends_at = models.DateTimeField(null=True, blank=True)
    entered_now_at = models.DateTimeField(null=True, blank=True)
    serves_end_state = models.BooleanField(default=False)
    serves_signal = models.ForeignKey(
        "incidents.Signal", null=True, blank=True, on_delete=models.PROTECT, related_name="cards"
    )
    expected_proof = models.CharField(max_length=500, blank=True)
    proof = models.CharField(max_length=2000, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)
    risk = models.CharField(max_length=12, choices=Risk, blank=True)
    tests = models.ForeignKey(
        "incidents.Hypothesis",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="cards",
    )
    by_when = models.DateTimeField(null=True, blank=True)
    rolls_back = models.ForeignKey(
        "incidents.Change",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="The change of this incident that it undoes.",
    )
    undoes = models.CharField(
        max_length=300, blank=True, help_text="What else it undoes, in words."
    )
    source = models.CharField(max_length=6, choices=Source, default=Source.HUMAN)
    ai_tool = models.CharField(max_length=80, blank=True)
    files = files_field()
    proof_files = files_field()
    marks = models.JSONField(
        default=list, help_text="Soft rules that were let pass: solo, warn:<code>."
    )
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["incident", "column", "position"],
                name="card_position_once",
                deferrable=models.Deferrable.DEFERRED,
            ),
            models.CheckConstraint(
                condition=~Q(column="now")
                | Q(owner__isnull=False)
                | Q(marks__contains=["owner_left"]),
                name="card_now_has_owner",
            ),
            models.CheckConstraint(
                condition=Q(serves_signal__isnull=True) | Q(serves_end_state=False),
                name="card_serves_one_thing",
            ),
            models.CheckConstraint(
                condition=Q(rolls_back__isnull=True) | Q(undoes=""),
                name="card_undoes_one_thing",
            ),
            models.CheckConstraint(
                condition=Q(pair__isnull=True) | ~Q(pair=F("owner")), name="card_pair_is_another"
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def serves(self) -> str | int | None:
        """``end_state``, a signal's id, or nothing."""
        return "end_state" if self.serves_end_state else self.serves_signal_id

    @property
    def proof_words(self) -> str:
        """The proof on one line; where it is pictures and files alone, what they are."""
        return self.proof or counted(self.proof_files)

    @property
    def is_way_back(self) -> bool:
        """Whether it undoes something: the line lets it through (P38)."""
        return self.rolls_back_id is not None or bool(self.undoes)
