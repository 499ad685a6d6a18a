"""Who does what on an incident."""

from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Q

if TYPE_CHECKING:
    from datetime import datetime

PATIENCE = timedelta(minutes=2)
"""How long somebody who is asked has to act before they count as away (P11)."""


class RosterRole(models.TextChoices):
    """Roles on one incident; the first five are seats that one person holds at most."""

    COMMANDER = "commander", "Commander"
    FIX_OWNER = "fix_owner", "Fix owner"
    DEPUTY = "deputy", "Deputy"
    COMMUNICATIONS = "communications", "Communications"
    SCRIBE = "scribe", "Scribe"
    RESPONDER = "responder", "Responder"
    HELPER = "helper", "Helper"
    OBSERVER = "observer", "Observer"


GUESTS = (RosterRole.OBSERVER, RosterRole.HELPER)
"""Roles that a stakeholder may have: one watches, the other helps on this incident alone."""

SINGLE_SEATS = (
    RosterRole.COMMANDER,
    RosterRole.FIX_OWNER,
    RosterRole.DEPUTY,
    RosterRole.COMMUNICATIONS,
    RosterRole.SCRIBE,
)


class RoleQuerySet(models.QuerySet["RoleAssignment"]):
    """Selections of roles."""

    def active(self) -> "RoleQuerySet":
        """Held now, by somebody who can act: people who left hold nothing."""
        return self.filter(ended_at__isnull=True, accepted_at__isnull=False, person__is_active=True)

    def offered(self) -> "RoleQuerySet":
        """Offered and not answered yet."""
        return self.filter(ended_at__isnull=True, accepted_at__isnull=True)

    def invited(self) -> "RoleQuerySet":
        """Invited and not there yet (P08): what is offered besides a seat."""
        return self.offered().exclude(role__in=SINGLE_SEATS)

    def of_the_roster(self) -> "RoleQuerySet":
        """Held or offered now, or held until the incident ended.

        Whom a private incident exists for.
        """
        return self.filter(Q(ended_at__isnull=True) | Q(ended_by_end=True))


class RoleAssignment(models.Model):
    """One stretch of one person in one role. Ended ones stay: they are the history."""

    incident = models.ForeignKey(
        "incidents.Incident", on_delete=models.CASCADE, related_name="roles"
    )
    role = models.CharField(max_length=15, choices=RosterRole)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="assignments"
    )
    note = models.CharField(max_length=1000, blank=True)
    assigned_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    started_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    asked_at = models.DateTimeField(
        null=True, blank=True, help_text="When somebody asked the holder to act or hand over."
    )
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    acted_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by_end = models.BooleanField(
        default=False, help_text="Released as the incident ended: it still sees the incident."
    )

    objects = RoleQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["incident", "role"],
                condition=Q(
                    ended_at__isnull=True, accepted_at__isnull=False, role__in=[*SINGLE_SEATS]
                ),
                name="role_single_seat",
            ),
            models.UniqueConstraint(
                fields=["incident", "role", "person"],
                condition=Q(ended_at__isnull=True),
                name="role_once_per_person",
            ),
            models.UniqueConstraint(
                fields=["incident", "role"],
                condition=Q(
                    ended_at__isnull=True, accepted_at__isnull=True, role__in=[*SINGLE_SEATS]
                ),
                name="role_offered_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person}: {self.get_role_display()}"

    @property
    def is_asked(self) -> bool:
        """Whether somebody asked the holder to act, and nothing has happened since."""
        asked, acted = self.asked_at, self.acted_at
        return asked is not None and (acted is None or acted <= asked)

    def is_away_at(self, moment: "datetime") -> bool:
        """Whether an ask has stayed unanswered for two minutes.

        Away until their next act (docs/practices.md, *Active and away*); derived, never stored.
        """
        return self.is_asked and self.answer_by is not None and moment >= self.answer_by

    @property
    def answer_by(self) -> "datetime | None":
        """Until when somebody who was asked, or offered the seat, has time to act."""
        return None if self.asked_at is None else self.asked_at + PATIENCE

    @property
    def state(self) -> str:
        """``offered``, ``held`` or ``ended``."""
        if self.ended_at is not None:
            return "ended"
        return "offered" if self.accepted_at is None else "held"
