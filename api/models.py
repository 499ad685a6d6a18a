"""What the API keeps so that a request sent twice has one effect. Nothing of the domain is here."""

from django.conf import settings
from django.db import models


class KeptAnswer(models.Model):
    """The first successful answer to one person's POST with one ``Idempotency-Key``."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    method = models.CharField(max_length=8)
    path = models.CharField(max_length=400)
    key = models.CharField(max_length=255)
    body_digest = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField()
    content_type = models.CharField(max_length=100)
    content = models.TextField()
    terms = models.JSONField(
        default=dict, help_text="What the first caller fulfilled, asked again at each replay."
    )
    kept_at = models.DateTimeField(db_index=True)

    class Meta:
        db_table = "config_keptanswer"
        constraints = [
            models.UniqueConstraint(
                fields=["person", "method", "path", "key"], name="kept_answer_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.method} {self.path} {self.key}"
