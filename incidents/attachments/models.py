"""Pictures and files of an incident, and their bytes, which stand in a table of their own (P65)."""

from typing import Any

from django.conf import settings
from django.db import models

from incidents.record.timeline import WITHDRAWN


class MediaType(models.TextChoices):
    """What a file may be."""

    PNG = "image/png", "PNG"
    JPEG = "image/jpeg", "JPEG"
    GIF = "image/gif", "GIF"
    WEBP = "image/webp", "WebP"
    PDF = "application/pdf", "PDF"
    TEXT = "text/plain", "text"
    CSV = "text/csv", "CSV"
    JSON = "application/json", "JSON"


PICTURES = (MediaType.PNG, MediaType.JPEG, MediaType.GIF, MediaType.WEBP)


class AttachmentQuerySet(models.QuerySet["Attachment"]):
    """Selections of files."""

    def standing(self) -> "AttachmentQuerySet":
        """Those that nobody withdrew."""
        return self.filter(withdrawn_at__isnull=True)

    def unused(self) -> "AttachmentQuerySet":
        """Those that were brought and stand nowhere yet."""
        return self.standing().filter(used_at__isnull=True)


class Attachment(models.Model):
    """One picture or file of an incident. Where it stands, its row carries ``as_stands``.

    ``digest`` is the SHA-256 of the bytes that are kept; it stays when they are withdrawn.
    """

    incident = models.ForeignKey(
        "incidents.Incident", on_delete=models.CASCADE, related_name="attachments"
    )
    name = models.CharField(max_length=200)
    media_type = models.CharField(max_length=20, choices=MediaType)
    size = models.PositiveIntegerField()
    digest = models.CharField(max_length=64)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    objects = AttachmentQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(
                fields=["at"],
                name="attachment_unused",
                condition=models.Q(used_at__isnull=True, withdrawn_at__isnull=True),
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_picture(self) -> bool:
        """Whether a page shows it; the others are downloads."""
        return self.media_type in PICTURES

    @property
    def as_stands(self) -> dict[str, Any]:
        """What whatever carries it keeps of it, and what the record says of it."""
        return {
            "id": self.pk,
            "name": self.name,
            "type": WITHDRAWN if self.withdrawn_at else self.media_type,
            "size": self.size,
            "digest": self.digest,
        }


class AttachmentContent(models.Model):
    """The bytes of a file, read only where it is shown; gone when it is withdrawn."""

    attachment = models.OneToOneField(
        Attachment, on_delete=models.CASCADE, primary_key=True, related_name="content"
    )
    whole = models.BinaryField()
    small = models.BinaryField(null=True, help_text="A picture as pages show it, WebP.")

    def __str__(self) -> str:
        return f"content of attachment {self.attachment_id}"


def files_field() -> "models.JSONField[Any, Any]":
    """The column of a row that carries files: a list of what ``as_stands`` answers."""
    return models.JSONField(
        default=list,
        db_default=models.Value([], output_field=models.JSONField()),
        blank=True,
        editable=False,
    )
