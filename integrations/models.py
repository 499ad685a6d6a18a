"""The keys by which outside tools post, and what came by one and could not be read.

Tables of a tool of its own stand in its folder; Django finds them from here.
"""

import hashlib

from django.conf import settings
from django.db import models

from incidents.record.models import Service, Severity
from integrations.prometheus.models import Poll, Trial

__all__ = ["HookKey", "KeptBody", "Poll", "Trial"]


class HookKey(models.Model):
    """A tool's right to tell about one service. Only the SHA-256 of the key is stored.

    ``secrets`` are what the tool signs with, sealed: two while the secret rotates. ``severities``
    says by the tool's words which severity is ours, ``severity`` for words it does not list.
    ``paths`` says where a body of any shape keeps its words (*generic*).
    """

    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="hook_keys")
    name = models.CharField(max_length=80)
    digest = models.CharField(max_length=64, unique=True)
    severity = models.CharField(
        "severity of other words", max_length=4, choices=Severity, default=Severity.SEV2
    )
    severities = models.JSONField(
        "severities by word",
        default=dict,
        blank=True,
        help_text='Such as {"page": "sev1", "ticket": "sev4"}; beside the usual words.',
    )
    paths = models.JSONField(
        default=dict,
        blank=True,
        help_text="Where a generic body keeps group, title, state, severity, summary, url, at.",
    )
    secrets = models.JSONField(default=list, blank=True, editable=False)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    made_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-made_at", "-id"]
        verbose_name = "key of a tool"
        verbose_name_plural = "keys of tools"

    def __str__(self) -> str:
        return f"{self.name} ({self.service})"

    @staticmethod
    def digest_of(key: str) -> str:
        """The stored form of a key. 256 random bits need no salt and no slow hash."""
        return hashlib.sha256(key.encode(errors="replace")).hexdigest()

    @property
    def source(self) -> str:
        """What alerts say of the way they came by."""
        return f"key {self.pk}"

    @property
    def is_valid(self) -> bool:
        """Whether it still opens anything."""
        return self.revoked_at is None


class KeptBody(models.Model):
    """What a tool posted and nobody here could read, with the reason; kept for a while."""

    key = models.ForeignKey(HookKey, on_delete=models.CASCADE, related_name="kept_bodies")
    tool = models.CharField(max_length=20)
    at = models.DateTimeField()
    why = models.CharField(max_length=500)
    body = models.BinaryField()

    class Meta:
        ordering = ["-id"]
        verbose_name = "message nobody could read"
        verbose_name_plural = "messages nobody could read"
        indexes = [models.Index(fields=["at"], name="integrations_kept_at")]

    def __str__(self) -> str:
        return f"{self.tool} at {self.at:%Y-%m-%d %H:%M:%S}"
