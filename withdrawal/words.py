"""Taking words back out of the record and out of every row of an incident that holds them.

Who may, and what is recorded for it, stands in ``actions``.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import datetime
from functools import cache
from typing import Any

from django.apps import apps
from django.db import connection
from django.db.models import CharField, F, Field, JSONField, Model, Q, TextField

from api.idempotency import change_kept_answers
from api.rendering import in_json
from incidents.record.gate import OWNER_LEFT, SOLO, TWO_PEOPLE
from incidents.record.models import Incident, TimelineEntry
from incidents.record.timeline import WITHDRAWAL, WITHDRAWN, sealed
from notifications.actions import change_words
from pages.markdown import render_markdown
from refusals.codes import CODES

LONG = 8
"""Words of that many letters are found inside of others; shorter ones where they stand alone."""
SHORTEST = 3
"""Shorter ones still are not looked for inside of messages and of the rows an entry tells of."""
RENDERED = {"technical_html": "technical_note", "analysis_html": "analysis"}
"""Fields made of another one."""
_TOLD = {"work": "pausedwork", "item": "actionitem", "criterion": "stopcriterion"}
"""How an entry's data names a row where it is not by the model's name."""
_BY_WAY_OF = {"evidence": "hypothesis__incident", "itemlook": "item__postmortem__incident"}
"""Rows that name their incident by another row."""
_REFERENCE = re.compile(r"INC-\d+")
_OF_OURS = ("last_hash", "cadence_zone", "marks", "versions", "digest")
"""Fields without choices in which nevertheless no words of people stand."""
_MARKS = frozenset({SOLO, TWO_PEOPLE, OWNER_LEFT, *(f"warn:{code}" for code in CODES)})
_NOT_WORDS = re.compile(r"/data/leaves/\d+")
"""Of an entry that withdraws: what it withdrew."""
_OF_FILES = re.compile(r"/data/attachments/\d+/\w+")
"""Of a file that an entry carries: its name, which is withdrawn with the file."""
_DIGESTS = re.compile(r"/data/attachments/\d+/digest")
FILES = ("files", "proof_files")
"""The columns of rows that carry files."""

Change = Callable[[str], str]


def words_in(entry: TimelineEntry) -> dict[str, str]:
    """What people wrote in an entry, by JSON pointer; what was withdrawn is none any more."""
    found: dict[str, str] = {}

    def note(pointer: str, words: str) -> str:
        is_kept = entry.kind == WITHDRAWAL and _NOT_WORDS.fullmatch(pointer)
        is_kept = is_kept or _DIGESTS.fullmatch(pointer)
        if words not in ("", WITHDRAWN) and not _is_ours(words) and not is_kept:
            found[pointer] = words
        return words

    note("/text", entry.text)
    sealed(entry.data, "/data", note)
    return found


def words_said(entry: TimelineEntry) -> dict[str, str]:
    """The same without the names of its files: ``image.png`` is what half of all are called."""
    return {leaf: said for leaf, said in words_in(entry).items() if not _OF_FILES.fullmatch(leaf)}


def words_of_rows(entry: TimelineEntry, words: Mapping[str, str]) -> set[str]:
    """What the rows that an entry tells of hold of its words: an answer, a proof, a title."""
    said = set(words.values())
    found: set[str] = set()
    for row in _told_rows(entry):
        for field in _text_fields(type(row)):
            if field.name in FILES:
                continue
            found |= {
                value
                for value in _strings(getattr(row, field.attname))
                if len(value) >= SHORTEST
                and any(value in one for one in said)
                and not _is_ours(value)
            }
    return found


def entries_holding(incident: Incident, words: Collection[str]) -> dict[int, list[str]]:
    """The entries of an incident in which the words stand, each with the pointers of its texts."""
    holding: dict[int, list[str]] = {}
    for entry in incident.entries.order_by("seq").iterator(chunk_size=500):
        leaves = [
            leaf
            for leaf, said in words_in(entry).items()
            if any(said == one or (len(one) >= LONG and one in said) for one in words)
        ]
        if leaves:
            holding[entry.seq] = leaves
    return holding


def take_out(incident: Incident, seq: int, leaves: Collection[str]) -> None:
    """Put the sign in place of an entry's words and let go of their salts.

    The entry that withdraws them is recorded already; the database refuses it otherwise.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE incidents_timelineentry SET"
            " text = CASE WHEN '/text' = ANY(%(gone)s::text[]) THEN %(sign)s ELSE text END,"
            " data = endstate_without_words(data, '/data', %(gone)s::text[]),"
            " salts = salts - %(gone)s::text[]"
            " WHERE incident_id = %(incident)s AND seq = %(seq)s",
            {"gone": [*leaves], "sign": WITHDRAWN, "incident": incident.pk, "seq": seq},
        )


def change_rows(incident: Incident, words: Collection[str], *, told: TimelineEntry) -> None:
    """Put the sign in place of the words in every row of the incident and of its review.

    Messages about it and answers kept for repeated requests too.
    """
    everywhere, here = replacing(words, LONG), replacing(words, SHORTEST)
    told_rows = {(type(row), row.pk) for row in _told_rows(told)}
    for model, path in models_of_incidents():
        fields = _text_fields(model)
        for row in model._default_manager.filter(**{path: incident.pk}):
            change = here if (model, row.pk) in told_rows else everywhere
            _change_row(row, fields, change)
    change_words(incident.pk, here)
    change_kept_answers(incident.pk, here)


def replacing(words: Collection[str], shortest: int) -> Change:
    """Puts the sign in place of any of ``words``: alone, or within others from a length on."""
    listed = sorted(words, key=len, reverse=True)

    def change(text: str) -> str:
        for one in listed:
            if text == one:
                return WITHDRAWN
            if len(one) >= shortest:
                text = text.replace(one, WITHDRAWN)
        return text

    return change


def _change_row(row: Model, fields: Collection["Field[Any, Any]"], change: Change) -> None:
    changed: dict[str, Any] = {}
    for field in fields:
        before = getattr(row, field.attname)
        after = in_json(before, change)
        if isinstance(after, str) and field.max_length is not None:
            after = after[: field.max_length]
        if after != before:
            changed[field.attname] = after
    for html, source in RENDERED.items():
        if source in changed and hasattr(row, html):
            changed[html] = render_markdown(changed[source])
    if not changed:
        return
    if not isinstance(row, Incident) and "version" in {one.name for one in row._meta.fields}:
        changed["version"] = F("version") + 1
    type(row)._default_manager.filter(pk=row.pk).update(**changed)


#: The apps whose rows hold words about incidents.
WITH_INCIDENTS = ("alerts", "incidents", "postmortems")


@cache
def models_of_incidents() -> list[tuple[type[Model], str]]:
    """Every model whose rows belong to one incident, with the way to it."""
    found: list[tuple[type[Model], str]] = [(Incident, "pk")]
    for model in apps.get_models():
        names = {field.name for field in model._meta.get_fields()}
        if model is TimelineEntry or model._meta.app_label not in WITH_INCIDENTS:
            continue
        if "incident" in names:
            found.append((model, "incident"))
        elif "postmortem" in names and model is not Incident:
            found.append((model, "postmortem__incident"))
        elif model._meta.model_name in _BY_WAY_OF:
            found.append((model, _BY_WAY_OF[model._meta.model_name]))
    return found


@cache
def _text_fields(model: type[Model]) -> tuple["Field[Any, Any]", ...]:
    """The fields that hold words of people."""
    return tuple(
        field
        for field in model._meta.concrete_fields
        if isinstance(field, CharField | TextField | JSONField)
        and not field.choices
        and field.name not in (*RENDERED, *_OF_OURS)
    )


def _told_rows(entry: TimelineEntry) -> Iterator[Model]:
    by_name = {model._meta.model_name: (model, path) for model, path in models_of_incidents()}
    for key, value in entry.data.items():
        if not isinstance(value, int) or isinstance(value, bool):
            continue
        which = Q(number=value) if key in ("update", "number") else Q(pk=value)
        name = "update" if key == "number" else _TOLD.get(key, key)
        if name in by_name:
            model, path = by_name[name]
            yield from model._default_manager.filter(which, **{path: entry.incident_id})


def _strings(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case dict() | list():
            for each in value.values() if isinstance(value, dict) else value:
                yield from _strings(each)


def _is_ours(words: str) -> bool:
    """Whether it is a word of the product, such as a status, a reference or a moment."""
    if words in _our_words() or _REFERENCE.fullmatch(words):
        return True
    try:
        datetime.fromisoformat(words)
    except ValueError:
        return False
    return True


@cache
def _our_words() -> frozenset[str]:
    """Every choice of every field, and the names of the fields."""
    ours: set[str] = {*_MARKS}
    for model, _ in models_of_incidents():
        for field in model._meta.concrete_fields:
            ours.add(field.name)
            ours |= {str(value) for value, _ in field.flatchoices}
    return frozenset(ours)
