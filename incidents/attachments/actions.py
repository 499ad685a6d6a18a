"""Bringing pictures and files to an incident, and putting them where they say something (P65)."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from django.db import transaction
from django.db.models import Sum

from clock.queries import now
from incidents.attachments.models import Attachment, AttachmentContent
from incidents.attachments.queries import forgotten_files
from incidents.attachments.reading import ReadFile
from incidents.record.models import Incident
from incidents.roster.presence import enter
from people.models import User
from refusals.errors import AgentMayNot, Invalid, Refused

MOST = 100
"""So many files has an incident at most."""
MOST_BYTES = 200 * 2**20
MOST_AT_ONCE = 10
"""So many files stand at one place."""
PORTION = 100
UNKNOWN = "No such file belongs to this incident, or it was withdrawn."


@transaction.atomic
def add_attachment(incident: Incident, *, by: User, file: ReadFile) -> Attachment:
    """Keep a file that was read, until something carries it; unused it is forgotten after a day.

    Whoever may write a note may, after the end too; it joins nobody to the roster and stands in the
    record with what carries it. The same file of the same name by the same person that stands
    nowhere yet is one. Refuses (``files_full``) over 100 files or 200 MB an incident.
    """
    incident = enter(incident, by=by, joins=False, helpers=True)
    same = incident.attachments.unused().filter(by=by, name=file.name, digest=file.digest)
    if (standing := same.first()) is not None:
        return standing
    kept = incident.attachments.standing()
    size = kept.aggregate(sum=Sum("size"))["sum"] or 0
    if kept.count() >= MOST or size + len(file.content) > MOST_BYTES:
        raise Refused(
            "files_full",
            f"An incident holds at most {MOST} files and {MOST_BYTES // 2**20} MB. "
            "Link to it instead.",
        )
    attachment = Attachment.objects.create(
        incident=incident,
        name=file.name,
        media_type=file.media_type,
        size=len(file.content),
        digest=file.digest,
        by=by,
        at=now(),
    )
    AttachmentContent.objects.create(attachment=attachment, whole=file.content, small=file.small)
    return attachment


def use_attachments(
    incident: Incident,
    ids: Iterable[int],
    *,
    by: User,
    field: str = "attachments",
    standing: Sequence[dict[str, Any]] = (),
) -> list[dict[str, Any]]:
    """What the row and the entry that carry these files keep of them, in the order given.

    ``standing`` is what the row carries already, which may stay although it was withdrawn. The
    caller holds the incident's lock. Refuses (``Invalid``) what is no file of this incident or was
    withdrawn, more than ten, and an agent, whom no file belongs to (``AgentMayNot``). No query
    without ids, else one, another where one is used first.
    """
    wanted = list(dict.fromkeys(ids))
    if not wanted:
        return []
    if by.agent is not None:
        raise AgentMayNot("people bring files")
    if len(wanted) > MOST_AT_ONCE:
        raise Invalid({field: f"At most {MOST_AT_ONCE} files at one place."})
    kept = {one["id"]: one for one in standing}
    found = _standing(incident, wanted)
    if not found.keys() | kept.keys() >= set(wanted):
        raise Invalid({field: UNKNOWN})
    if fresh := [one.pk for one in found.values() if one.used_at is None]:
        Attachment.objects.filter(pk__in=fresh).update(used_at=now())
    return [found[one].as_stands if one in found else kept[one] for one in wanted]


def _standing(incident: Incident, ids: Collection[int]) -> dict[int, Attachment]:
    """Those of the incident that stand, locked: nobody forgets them meanwhile."""
    rows = incident.attachments.standing().select_for_update(no_key=True, of=("self",))
    return {one.pk: one for one in rows.filter(pk__in=ids).order_by("pk")}


def forget_unused_files() -> int:
    """Remove what was brought a day ago and put nowhere; answers how many went. Twice is once."""
    gone = 0
    while True:
        with transaction.atomic():
            rows = forgotten_files().select_for_update(skip_locked=True).order_by("pk")
            found = list(rows.values_list("pk", flat=True)[:PORTION])
            Attachment.objects.filter(pk__in=found).delete()
        gone += len(found)
        if len(found) < PORTION:
            return gone
