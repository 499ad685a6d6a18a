"""What we think causes it, with the evidence for and against (P16)."""

from typing import Any

from django.conf import settings
from django.db import models

from incidents.attachments.models import files_field
from incidents.attachments.queries import counted
from pages.numbers import said


class HypothesisState(models.TextChoices):
    """What the evidence says so far."""

    OPEN = "open", "Open"
    SUPPORTED = "supported", "Supported"
    RULED_OUT = "ruled_out", "Ruled out"


class Hypothesis(models.Model):
    """One sentence that may be true. It is never removed: the ruled-out ones teach too."""

    incident = models.ForeignKey(
        "incidents.Incident", on_delete=models.CASCADE, related_name="hypotheses"
    )
    text = models.CharField(max_length=300)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    state = models.CharField(max_length=9, choices=HypothesisState, default=HypothesisState.OPEN)
    ai_tool = models.CharField(
        max_length=80, blank=True, help_text="The agent that suggested it; empty: a person."
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["incident", "text"], name="hypothesis_said_once"),
        ]

    def __str__(self) -> str:
        return self.text

    @property
    def is_ruled_out(self) -> bool:
        """Whether evidence speaks against it, so that nothing may rest on it."""
        return self.state == HypothesisState.RULED_OUT


class Evidence(models.Model):
    """One piece of evidence, and the state it left its hypothesis in.

    A signal stands as it measured then, frozen; a card or a change by what came of it.
    """

    hypothesis = models.ForeignKey(Hypothesis, on_delete=models.CASCADE, related_name="evidence")
    state = models.CharField(max_length=9, choices=HypothesisState)
    text = models.CharField(max_length=1000, blank=True)
    url = models.CharField(max_length=500, blank=True)
    signal = models.ForeignKey(
        "incidents.Signal", null=True, on_delete=models.PROTECT, related_name="+"
    )
    measured = models.JSONField(
        null=True, help_text="The signal's name, unit, target, value and state, as they were."
    )
    card = models.ForeignKey(
        "incidents.Card", null=True, on_delete=models.CASCADE, related_name="+"
    )
    change = models.ForeignKey(
        "incidents.Change", null=True, on_delete=models.CASCADE, related_name="+"
    )
    files = files_field()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    at = models.DateTimeField()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.words or f"evidence {self.pk}"

    @property
    def words(self) -> str:
        """What it says on one line."""
        return evidence_words(self.text, self.measured, self.url) or counted(self.files)


def evidence_words(text: str, measured: dict[str, Any] | None, url: str) -> str:
    """Evidence on one line: its text and the signal as it measured, else the link."""
    parts = [text] if text else []
    if measured is not None:
        value = "no data" if measured["value"] is None else said(measured["value"])
        parts.append(f"{measured['name']} {value} {measured['unit']}".strip())
    return " · ".join(parts) or url
