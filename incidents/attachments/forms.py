"""The field by which pictures and files come with what is written on a page."""

from django.urls import reverse

from incidents.attachments.queries import FileView, offered_to, those_of
from incidents.record.models import Incident
from pages.fields import FilesField
from people.models import User


def files_field(
    incident: Incident,
    by: User,
    *,
    refused: str = "",
    is_asked: bool = True,
    is_folded: bool = False,
) -> FilesField:
    """Offers the ticked ones, and what ``by`` brought and put nowhere: one query, when it is drawn.

    Without ``is_asked`` only the ticked ones, and no query where none is: for a page that many draw
    often. ``refused`` says why the last one was not taken, ``is_folded`` is for a short sheet.
    """

    def offer(ids: list[int]) -> tuple[FileView, ...]:
        return offered_to(incident, by, ids) if is_asked else those_of(incident, ids)

    return FilesField(
        upload=reverse("warroom:attachments", args=[incident.ref]),
        offer=offer,
        refused=refused,
        is_folded=is_folded,
    )
