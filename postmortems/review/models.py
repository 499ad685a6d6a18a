"""The review of one incident: the post-mortem, its facts, thanks, kept findings and ladders."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse

from incidents.attachments.models import files_field
from incidents.record.models import DUE_STEP, Incident, SeverityPolicy, Status
from people.models import User


class ReviewState(models.TextChoices):
    """Facts first, analysis after that, then everybody reads it."""

    DRAFT = "draft", "Draft: the facts are being agreed"
    FACTS_AGREED = "facts_agreed", "Facts agreed"
    PUBLISHED = "published", "Published"


class PostmortemQuerySet(models.QuerySet["Postmortem"]):
    """Selections of post-mortems; every way to one starts from ``visible_to``."""

    def published(self) -> "PostmortemQuerySet":
        """Read by everybody who may see the incident."""
        return self.filter(state=ReviewState.PUBLISHED)

    def visible_to(self, user: User) -> "PostmortemQuerySet":
        """Those of visible incidents: to responders in any state, to others once published."""
        seen = self.filter(incident__in=Incident.objects.visible_to(user))
        return seen if user.is_responder else seen.filter(state=ReviewState.PUBLISHED)


class Postmortem(models.Model):
    """The blameless review of one incident or near miss.

    ``versions`` counts the edits per section (summary, analysis, grid), so that of two people who
    edit one section the second is told. ``facts_seq`` is the incident's last entry when the facts
    were agreed: what is recorded later is left out unless somebody takes it in.
    """

    incident = models.OneToOneField(
        "incidents.Incident", on_delete=models.PROTECT, related_name="postmortem"
    )
    state = models.CharField(max_length=15, choices=ReviewState, default=ReviewState.DRAFT)
    is_required = models.BooleanField(default=False, help_text="The severity's policy asks for it.")
    facilitator = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    facilitates_alone = models.BooleanField(
        "nobody else", default=False, help_text="Owned the fix too, since nobody else was there."
    )
    opened_at = models.DateTimeField()
    opened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )

    meeting_at = models.DateTimeField(null=True, blank=True)
    meeting_length_min = models.PositiveSmallIntegerField("length, minutes", default=50)
    meeting_held_at = models.DateTimeField(null=True, blank=True)
    due_at = models.DateTimeField("meeting held by", null=True, blank=True)
    publish_due_at = models.DateTimeField("published by", null=True, blank=True)

    facts_agreed_at = models.DateTimeField(null=True, blank=True)
    facts_agreed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    facts_seq = models.PositiveBigIntegerField(null=True, blank=True)

    summary = models.TextField(max_length=5000, blank=True)
    analysis = models.TextField(max_length=20000, blank=True)
    analysis_html = models.TextField(blank=True, editable=False)
    grid = models.JSONField(default=dict, blank=True, help_text="Row, column, list of lines.")
    versions = models.JSONField(default=dict, blank=True)
    files = files_field()

    published_at = models.DateTimeField(null=True, blank=True)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    look_again_since = models.DateTimeField(
        null=True, blank=True, help_text="Reopened after publication; cleared by another look."
    )
    looked_again_at = models.DateTimeField(null=True, blank=True)
    looked_again_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    looked_again_note = models.CharField(max_length=1000, blank=True)
    no_actions_because = models.CharField(max_length=1000, blank=True)
    list_due_at = models.DateTimeField("list looked at by", null=True, blank=True)
    list_looked_at = models.DateTimeField(null=True, blank=True)
    list_looked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )

    objects = PostmortemQuerySet.as_manager()

    class Meta:
        ordering = ["-opened_at", "-id"]
        verbose_name = "post-mortem"
        constraints = [
            models.CheckConstraint(
                condition=Q(state=ReviewState.PUBLISHED, published_at__isnull=False)
                | (~Q(state=ReviewState.PUBLISHED) & Q(published_at__isnull=True)),
                name="postmortem_published_once",
            ),
            models.CheckConstraint(
                condition=Q(state=ReviewState.DRAFT) | Q(facts_agreed_at__isnull=False),
                name="postmortem_facts_first",
            ),
            models.CheckConstraint(
                condition=Q(look_again_since__isnull=True) | Q(state=ReviewState.PUBLISHED),
                name="postmortem_looked_at_again_published",
            ),
            models.CheckConstraint(
                condition=Q(meeting_length_min__range=(5, 60)), name="postmortem_meeting_length"
            ),
        ]
        indexes = [models.Index(fields=["-published_at"], name="postmortem_published")]

    def __str__(self) -> str:
        return f"Post-mortem of {self.incident}"

    def get_absolute_url(self) -> str:
        """The document."""
        return reverse("postmortems:document", args=[self.incident.ref])

    @property
    def ref(self) -> str:
        """The incident's reference."""
        return self.incident.ref

    @property
    def title(self) -> str:
        """What pages lead back to it with."""
        return f"{self.incident.called}: post-mortem"

    @property
    def is_published(self) -> bool:
        """Whether everybody reads it."""
        return self.state == ReviewState.PUBLISHED

    @property
    def is_due(self) -> bool:
        """Whether its incident was resolved, and is neither cancelled nor part of another."""
        return self.incident.status in (Status.RESOLVED, Status.CLOSED)

    @property
    def is_settled(self) -> bool:
        """Whether it is published and nothing came back since that asks for another look."""
        return self.is_published and self.look_again_since is None

    @property
    def has_agreed_facts(self) -> bool:
        """Whether whys, grid and analysis are open."""
        return self.facts_agreed_at is not None

    def version_of(self, section: str) -> int:
        """How often a section was edited; the first version is 0."""
        return int(self.versions.get(section, 0))

    @property
    def version(self) -> int:
        """How often any section was edited."""
        return sum(int(count) for count in self.versions.values())

    def meeting_overdue_at(self, moment: datetime) -> bool:
        """Whether the meeting is late; derived, never stored."""
        return bool(
            self.due_at
            and self.due_at <= moment
            and not self.meeting_held_at
            and not self.is_published
        )

    def publication_overdue_at(self, moment: datetime) -> bool:
        """Whether publication is late; derived, never stored."""
        return bool(self.publish_due_at and self.publish_due_at <= moment and not self.is_settled)


class Owed(models.TextChoices):
    """What a review owes; the values are kinds of deadlines."""

    MEETING = "review", "Review meeting"
    PUBLICATION = "publication", "Publication"
    LIST_CHECK = "follow_up", "Look at the whole list"
    ITEM = "action_item", "Action item"
    VERIFICATION = "verification", "Verification"


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


class Thanks(models.Model):
    """Thanking somebody by name, during an incident or after: the one place where names belong."""

    incident = models.ForeignKey(
        "incidents.Incident", on_delete=models.CASCADE, related_name="thanks"
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
                fields=["incident", "person", "by", "text"], name="thanks_once"
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
