"""When each signal is asked for next, and the queries that somebody tries while typing them."""

from django.db import models


class Poll(models.Model):
    """One signal's place in the queue. ``due_at`` is also the lease of whoever asks now."""

    signal = models.OneToOneField(
        "incidents.Signal", on_delete=models.CASCADE, related_name="poll", primary_key=True
    )
    due_at = models.DateTimeField(db_index=True)
    wants_past = models.BooleanField(
        default=True, help_text="Whether the last hour is still to be asked for."
    )

    class Meta:
        app_label = "integrations"

    def __str__(self) -> str:
        return f"{self.signal_id} at {self.due_at:%H:%M:%S}"


class Trial(models.Model):
    """What a query answers, for who is typing it: asked once for everybody who asks the same."""

    digest = models.CharField(max_length=64, unique=True)
    query = models.TextField()
    due_at = models.DateTimeField(null=True, db_index=True)
    asked_at = models.DateTimeField(null=True)
    value = models.FloatField(null=True)
    series = models.PositiveIntegerField(null=True)
    error = models.CharField(max_length=300, blank=True)

    class Meta:
        app_label = "integrations"

    def __str__(self) -> str:
        return self.query
