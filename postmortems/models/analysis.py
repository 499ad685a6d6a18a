"""What stands in a post-mortem: chosen facts, whys, thanks, and findings that were kept."""

from django.conf import settings
from django.db import models

GRID_ROWS = {
    "worked": "What worked",
    "did_not": "What did not",
    "lucky": "Where we got lucky",
    "change_next": "What we change next time",
}
GRID_COLUMNS = {"people": "People", "process": "Process", "tooling": "Tooling"}


class FactChoice(models.Model):
    """A decision about one entry of the record: in the factual timeline, or left out.

    Without one, the entry's kind decides. The entry itself is never edited.
    """

    postmortem = models.ForeignKey(
        "postmortems.Postmortem", on_delete=models.CASCADE, related_name="fact_choices"
    )
    entry = models.ForeignKey("incidents.TimelineEntry", on_delete=models.PROTECT, related_name="+")
    included = models.BooleanField()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["postmortem", "entry"], name="fact_choice_once"),
        ]

    def __str__(self) -> str:
        return f"{self.entry_id}: {'in' if self.included else 'out'}"


class Safeguard(models.TextChoices):
    """What the last why asks for: which of these was absent."""

    CONFIRMATION = "confirmation", "A confirmation"
    REVIEW = "review", "A review"
    DRY_RUN = "dry_run", "A dry run"
    TEST = "test", "A test"
    LIMIT = "limit", "A limit"
    ALERT = "alert", "An alert"


class Why(models.Model):
    """One question and its answer; the answer is what the next question asks about."""

    postmortem = models.ForeignKey(
        "postmortems.Postmortem", on_delete=models.CASCADE, related_name="whys"
    )
    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.CASCADE, related_name="children"
    )
    depth = models.PositiveSmallIntegerField(default=1)
    question = models.CharField(max_length=500)
    answer = models.TextField(max_length=2000)
    evidence = models.TextField("evidence: a link or what was seen", max_length=2000, blank=True)
    systemic = models.BooleanField(default=False)
    because = models.CharField("this is systemic because", max_length=500, blank=True)
    safeguard = models.CharField(max_length=15, choices=Safeguard, blank=True)
    version = models.PositiveIntegerField(default=1)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(parent__isnull=True, depth=1)
                | models.Q(parent__isnull=False, depth__gt=1),
                name="why_depth_fits_parent",
            ),
        ]

    def __str__(self) -> str:
        return self.question


class Thanks(models.Model):
    """Thanking somebody by name: the one place of a post-mortem where names belong."""

    postmortem = models.ForeignKey(
        "postmortems.Postmortem", on_delete=models.CASCADE, related_name="thanks"
    )
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="thanks"
    )
    text = models.CharField(max_length=500)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        verbose_name_plural = "thanks"
        constraints = [
            models.UniqueConstraint(
                fields=["postmortem", "person", "by", "text"], name="thanks_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person}: {self.text}"


class KeptFinding(models.Model):
    """A finding of the language check that stands on purpose.

    ``key`` names the finding (place, kind, words and sentence) and ``reason`` says why the
    facilitator keeps it; or ``word`` alone says that this word is not a person in this document.
    """

    postmortem = models.ForeignKey(
        "postmortems.Postmortem", on_delete=models.CASCADE, related_name="kept_findings"
    )
    key = models.CharField(max_length=16, blank=True)
    word = models.CharField(max_length=200, blank=True)
    text = models.CharField(max_length=500)
    reason = models.CharField(max_length=500, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["postmortem", "key", "word"], name="finding_kept_once"),
            models.CheckConstraint(
                condition=(models.Q(word="") & ~models.Q(key="") & ~models.Q(reason=""))
                | (models.Q(key="") & ~models.Q(word="")),
                name="finding_kept_for_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return self.text
