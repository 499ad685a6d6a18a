"""The record. Append-only: a trigger refuses UPDATE, DELETE and TRUNCATE."""

from django.conf import settings
from django.db import models


class TimelineEntry(models.Model):
    """One thing that happened. ``canonical`` is the exact text that ``hash`` covers.

    It holds every column, and of the words in ``text`` and ``data`` only digests, so that words can
    be withdrawn and the chain holds. ``salts`` has what each digest was made with, by the JSON
    pointer of the text (``/text``, ``/data/title``), and loses it with the words. ``id`` is chosen
    by ``record``, which chains it too.
    """

    id = models.BigIntegerField(primary_key=True)
    incident = models.ForeignKey(
        "incidents.Incident", on_delete=models.PROTECT, related_name="entries"
    )
    seq = models.PositiveBigIntegerField()
    at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    afterwards = models.BooleanField("recorded afterwards", default=False)
    kind = models.CharField(max_length=40)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    text = models.TextField()
    data = models.JSONField(default=dict)
    salts = models.JSONField(default=dict)
    canonical = models.TextField()
    previous_hash = models.CharField(max_length=64, blank=True)
    hash = models.CharField(max_length=64)

    class Meta:
        ordering = ["seq"]
        constraints = [
            models.UniqueConstraint(fields=["incident", "seq"], name="entry_seq_once"),
        ]
        indexes = [
            models.Index(fields=["incident", "-at", "-seq"], name="entry_incident_newest"),
            models.Index(fields=["incident", "kind"], name="entry_incident_kind"),
            models.Index(fields=["incident", "actor", "seq"], name="entry_incident_actor"),
        ]
        verbose_name_plural = "timeline entries"

    def __str__(self) -> str:
        return f"{self.seq} {self.text}"
