"""Withdrawing a picture or file that must not stand: its bytes go, its digest stays (P65)."""

from collections.abc import Iterator
from typing import Any

from django.db import transaction
from django.db.models import F, Model

from api.idempotency import change_kept_documents
from clock.queries import now
from incidents.attachments.models import Attachment, AttachmentContent
from incidents.record.models import Incident, TimelineEntry
from incidents.record.timeline import WITHDRAWAL, WITHDRAWN, record
from incidents.roster.presence import enter
from pages.texts import read_line
from people.models import User
from refusals.errors import Invalid, Refused
from withdrawal.actions import check_may_withdraw
from withdrawal.words import FILES, LONG, models_of_incidents, take_out


@transaction.atomic
def withdraw_file(
    incident: Incident, *, by: User, attachment: int, reason: str = ""
) -> TimelineEntry:
    """Delete the bytes of a file and put the sign in place of its name, wherever it stands.

    The commander's or an administrator's, as ``withdraw_words``. Asks for a ``reason``
    (``reason_required``), which may not repeat the name (``Invalid``). Refuses (``Invalid``)
    what is no file of the incident. The chain holds: each entry that carries it is named by a new
    one with the reason. Withdrawn already, nothing changes. Answers the entry that says so, the
    last one of several.
    """
    reason = read_line("reason", reason, 500)
    incident = enter(incident, by=by, joins=False)
    check_may_withdraw(incident, by)
    file = incident.attachments.filter(pk=attachment).first()
    if file is None:
        raise Invalid({"attachment": "No such file belongs to this incident."})
    if file.withdrawn_at is not None:
        return _said_last(incident, file)
    if not reason:
        raise Refused("reason_required", "Say why it must not stand; the reason stays.")
    if len(file.name) >= LONG and file.name in reason:
        raise Invalid({"reason": "It repeats the name of the file. Say it without."})
    file.withdrawn_at, file.name = now(), WITHDRAWN
    file.save(update_fields=["withdrawn_at", "name"])
    AttachmentContent.objects.filter(pk=file.pk).delete()
    holding = dict(_holding(incident, file))
    for seq, leaves in holding.items():
        record(
            incident,
            WITHDRAWAL,
            by=by,
            text=f"withdrew a file of entry {seq}: {reason}",
            entry=seq,
            leaves=leaves,
            reason=reason,
            attachment=file.pk,
        )
        take_out(incident, seq, leaves)
    if not holding:
        text = f"withdrew a file that stood nowhere: {reason}"
        record(incident, WITHDRAWAL, by=by, text=text, reason=reason, attachment=file.pk)
    _change_rows(incident, file)
    change_kept_documents(incident.pk, lambda value: _without(value, file))
    return _said_last(incident, file)


def _said_last(incident: Incident, file: Attachment) -> TimelineEntry:
    said = incident.entries.filter(kind=WITHDRAWAL, data__attachment=file.pk)
    return said.select_related("actor").latest("seq")


def _holding(incident: Incident, file: Attachment) -> Iterator[tuple[int, list[str]]]:
    """The entries that carry the file, each with the pointers of what it is called there."""
    carrying = incident.entries.filter(data__attachments__contains=[{"id": file.pk}])
    for entry in carrying.order_by("seq"):
        places = [
            f"/data/attachments/{index}"
            for index, one in enumerate(entry.data["attachments"])
            if one["id"] == file.pk
        ]
        yield entry.seq, [f"{place}/{name}" for place in places for name in ("name", "type")]


def _change_rows(incident: Incident, file: Attachment) -> None:
    for model, path in models_of_incidents():
        names = [one.name for one in model._meta.concrete_fields if one.name in FILES]
        for name in names:
            held = {path: incident.pk, f"{name}__contains": [{"id": file.pk}]}
            for row in model._default_manager.filter(**held):
                _change_row(row, name, file)


def _change_row(row: Model, name: str, file: Attachment) -> None:
    changed = {name: _without(getattr(row, name), file)}
    if "version" in {one.name for one in row._meta.fields}:
        changed["version"] = F("version") + 1
    type(row)._default_manager.filter(pk=row.pk).update(**changed)


def _without(value: Any, file: Attachment) -> Any:
    """A JSON value in which the file is called by the sign."""
    match value:
        case {"id": file.pk, "digest": file.digest, **rest}:
            gone: dict[str, Any] = {"name": WITHDRAWN, "type": WITHDRAWN, "url": None}
            return {**value, **{name: sign for name, sign in gone.items() if name in rest}}
        case dict():
            return {key: _without(each, file) for key, each in value.items()}
        case list():
            return [_without(each, file) for each in value]
    return value
