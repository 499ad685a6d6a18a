"""Links by which people without an account read one incident's stakeholder page."""

import secrets
from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q

from clock.models import Now
from incidents.record.models import Incident, Kind
from people.models import ApiToken

#: So long a link still opens after the incident was closed, cancelled or merged (P48).
AFTER_THE_END = timedelta(days=14)
SECRET_BYTES = 32


class ShareLinkQuerySet(models.QuerySet["ShareLink"]):
    """Selections of links."""

    def standing(self) -> "ShareLinkQuerySet":
        """Neither revoked nor out of time."""
        return self.filter(revoked_at=None, expires_at__gt=Now())

    def opening(self) -> "ShareLinkQuerySet":
        """Those that show something now: standing, and of an incident that may be shown.

        A private one is shown to nobody outside of its roster, a drill to nobody who does not
        take part, one that is over for two weeks.
        """
        over = Now() - AFTER_THE_END
        return self.standing().filter(
            ~Q(incident__kind=Kind.DRILL),
            Q(incident__closed_at=None) | Q(incident__closed_at__gt=over),
            Q(incident__ended_at=None) | Q(incident__ended_at__gt=over),
            incident__private=False,
        )


class ShareLink(models.Model):
    """One link; only the SHA-256 of its 256 bits is kept, so that nobody reads it out again."""

    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="share_links")
    digest = models.CharField(max_length=64, unique=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    objects = ShareLinkQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(expires_at__gt=models.F("created_at")), name="share_link_expires_later"
            ),
        ]

    def __str__(self) -> str:
        return f"of {self.incident_id}, until {self.expires_at}"

    @staticmethod
    def new_secret() -> str:
        """A new link's secret: 256 random bits, ready for an address."""
        return secrets.token_urlsafe(SECRET_BYTES)

    @staticmethod
    def digest_of(secret: str) -> str:
        """The stored form of a secret, as a token's is."""
        return ApiToken.digest_of(secret)
