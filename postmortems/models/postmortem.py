"""The review of one incident: its state, its people, its due times and its own words."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse

from incidents.models import Incident
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

    published_at = models.DateTimeField(null=True, blank=True)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    no_actions_because = models.CharField(max_length=1000, blank=True)
    list_due_at = models.DateTimeField("list looked at by", null=True, blank=True)
    list_looked_at = models.DateTimeField(null=True, blank=True)
    list_looked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    list_note = models.CharField(max_length=1000, blank=True)

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
        return f"{self.incident.title}: post-mortem"

    @property
    def is_published(self) -> bool:
        """Whether everybody reads it."""
        return self.state == ReviewState.PUBLISHED

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
        return bool(self.publish_due_at and self.publish_due_at <= moment and not self.is_published)
