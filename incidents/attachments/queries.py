"""Finding a file and its bytes, what somebody brought and did not use, and where files stand."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.db.models.fields.json import KeyTransform

from api.mentions import note_about, note_private
from clock.queries import now
from incidents.attachments.models import PICTURES, Attachment, AttachmentContent
from incidents.record.models import Incident, TimelineEntry
from incidents.record.timeline import WITHDRAWN
from pages.markdown import as_plain
from people.models import User
from refusals.errors import NotVisible

FORGOTTEN_AFTER = timedelta(hours=24)
"""What was brought and put nowhere is forgotten then."""


@dataclass(frozen=True)
class FileView:
    """A file as it stands with what carries it. Withdrawn ones say so and lead nowhere."""

    id: int
    name: str
    type: str
    size: int
    digest: str

    @property
    def is_withdrawn(self) -> bool:
        """Whether its bytes are gone."""
        return self.type == WITHDRAWN

    @property
    def is_picture(self) -> bool:
        """Whether a page shows it."""
        return self.type in PICTURES

    @property
    def size_words(self) -> str:
        """How large it is, in kilobytes or megabytes."""
        if self.size < 10**6:
            return f"{max(1, round(self.size / 1000))} KB"
        return f"{self.size / 10**6:.1f} MB"

    @property
    def in_markdown(self) -> str:
        """Its name and size, or that it was withdrawn; the digest always."""
        name = "a file, withdrawn" if self.is_withdrawn else as_plain(self.name)
        return f"{name}, {self.size_words}, SHA-256 {self.digest}"


def files_in(stored: Any) -> tuple[FileView, ...]:
    """The files that a row, or the data of an entry, carries; anything else is none. No query."""
    if not isinstance(stored, list):
        return ()
    names = set(FileView.__dataclass_fields__)
    found = [one for one in stored if isinstance(one, dict) and set(one) == names]
    return tuple(FileView(**one) for one in found)


def counted(stored: Any) -> str:
    """What stands there, without its name: a picture, a file, how many files; nothing: empty."""
    return counted_views(files_in(stored))


def counted_views(files: Sequence[FileView]) -> str:
    """The same of files that were read."""
    if len(files) != 1:
        return f"{len(files)} files" if files else ""
    return "a picture" if files[0].is_picture else "a file"


def as_said(files: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The part of an entry's data that says which files came with it; without any it has none."""
    return {"attachments": [*files]} if files else {}


def with_files(entries: "QuerySet[TimelineEntry]") -> "QuerySet[TimelineEntry]":
    """``entries`` with what each ``carried``, for ``files_in``, also where its data is not read."""
    return entries.annotate(carried=KeyTransform("attachments", "data"))


def get_attachment(user: User, attachment_id: int) -> Attachment:
    """A file of an incident that the person may see; unknown, hidden, withdrawn: ``NotVisible``.

    Whoever may see the incident may see it: a stakeholder of a public one too. One query.
    """
    visible = Incident.objects.visible_to(user) if user.is_active else Incident.objects.none()
    rows = Attachment.objects.standing().select_related("incident")
    found = rows.filter(pk=attachment_id, incident__in=visible).first()
    if found is None:
        raise NotVisible
    note_about(found.incident_id)
    if found.incident.private:
        note_private()
    return found


def content_of(attachment: Attachment, *, small: bool = False) -> bytes:
    """Its bytes, or those of the small picture; gone meanwhile: ``NotVisible``. One query."""
    column = "small" if small else "whole"
    found = AttachmentContent.objects.filter(pk=attachment.pk).only(column).first()
    content = None if found is None else getattr(found, column)
    if content is None:
        raise NotVisible
    return bytes(content)


def small_pictures_of(incident: Incident) -> dict[int, bytes]:
    """The small pictures of what stands somewhere in an incident, by the file's id. One query."""
    used = Attachment.objects.standing().filter(incident=incident, used_at__isnull=False)
    found = AttachmentContent.objects.filter(attachment__in=used, small__isnull=False)
    return {pk: bytes(small) for pk, small in found.values_list("pk", "small") if small is not None}


def offered_to(incident: Incident, by: User, ids: Collection[int]) -> tuple[FileView, ...]:
    """Those with these ids, and what the person brought and put nowhere yet. One query."""
    rows = incident.attachments.standing()
    found = rows.filter(Q(pk__in=ids) | Q(used_at__isnull=True, by=by)).order_by("pk")
    return files_in([one.as_stands for one in found])


def those_of(incident: Incident, ids: Collection[int]) -> tuple[FileView, ...]:
    """Those with these ids. One query, none without ids."""
    rows = incident.attachments.standing().filter(pk__in=ids).order_by("pk") if ids else ()
    return files_in([one.as_stands for one in rows])


def all_files_of(incident: Incident) -> list[Attachment]:
    """Every file that was brought, the withdrawn ones too, with who brought it. One query."""
    return list(incident.attachments.select_related("by").order_by("-pk"))


def forgotten_files() -> "QuerySet[Attachment]":
    """What was brought a day ago and put nowhere."""
    return Attachment.objects.unused().filter(at__lt=now() - FORGOTTEN_AFTER)
