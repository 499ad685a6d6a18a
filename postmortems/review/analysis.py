"""Writing the summary, the analysis and the grid (P54)."""

from collections.abc import Mapping, Sequence

from django.db import transaction

from incidents.attachments.actions import use_attachments
from incidents.attachments.queries import as_said
from incidents.record.models import Incident
from incidents.record.timeline import record
from pages.markdown import render_markdown
from pages.texts import read_line, read_text
from people.models import User
from postmortems.review.access import (
    check_agreed,
    check_version,
    enter_review,
    refuse_when_published,
)
from postmortems.review.models import GRID_COLUMNS, GRID_ROWS, Postmortem
from refusals.errors import Invalid

LINES = 20


SECTIONS = {"summary": 5000, "analysis": 20000}


Grid = Mapping[str, Mapping[str, Sequence[str]]]


@transaction.atomic
def write_section(
    postmortem: Postmortem | int, *, by: User, section: str, text: str, version: int | None = None
) -> Postmortem:
    """Write the ``summary`` (any time) or the ``analysis`` (Markdown, once the facts are agreed).

    Refuses ``facts_not_agreed``, and an old ``version`` of the section as ``stale`` with
    ``current``: what stands there now. The same text changes nothing.
    """
    incident, postmortem = enter_review(postmortem, by=by)
    text = read_text(section, text, SECTIONS[section])
    before = getattr(postmortem, section)
    if text == before:
        return postmortem
    refuse_when_published(postmortem)
    if section == "analysis":
        check_agreed(postmortem)
    shown = {"section": section, section: before}
    check_version(version, postmortem.version_of(section), shown)
    setattr(postmortem, section, text)
    if section == "analysis":
        postmortem.analysis_html = render_markdown(text)
    _save_section(incident, postmortem, section, by)
    return postmortem


@transaction.atomic
def write_grid(
    postmortem: Postmortem | int, *, by: User, grid: Grid, version: int | None = None
) -> Postmortem:
    """Replace the cells that ``grid`` names, each a list of lines; the other cells stay.

    Rows are ``worked did_not lucky change_next``, columns ``people process tooling``. Refuses
    ``facts_not_agreed``, ``stale`` and unknown names (``Invalid``).
    """
    incident, postmortem = enter_review(postmortem, by=by)
    wanted = _read_grid(grid)
    merged = {
        row: {
            column: wanted.get(row, {}).get(column, postmortem.grid.get(row, {}).get(column, []))
            for column in GRID_COLUMNS
        }
        for row in GRID_ROWS
    }
    if merged == {**_empty_grid(), **postmortem.grid}:
        return postmortem
    refuse_when_published(postmortem)
    check_agreed(postmortem)
    shown = {"section": "grid", "grid": postmortem.grid}
    check_version(version, postmortem.version_of("grid"), shown)
    postmortem.grid = merged
    _save_section(incident, postmortem, "grid", by)
    return postmortem


@transaction.atomic
def put_files(
    postmortem: Postmortem | int,
    *,
    by: User,
    attachments: Sequence[int],
    version: int | None = None,
) -> Postmortem:
    """Let the review show these files of its incident, in this order, until it is published.

    Refuses ``stale`` for an old ``version`` of them, and (``Invalid``) what is no file of the
    incident, or over ten. The same ones change nothing.
    """
    incident, postmortem = enter_review(postmortem, by=by)
    if [one["id"] for one in postmortem.files] == [*attachments]:
        return postmortem
    refuse_when_published(postmortem)
    shown = {"section": "files", "files": [one["name"] for one in postmortem.files]}
    check_version(version, postmortem.version_of("files"), shown)
    postmortem.files = use_attachments(incident, attachments, by=by, standing=postmortem.files)
    _save_section(incident, postmortem, "files", by)
    return postmortem


def _empty_grid() -> dict[str, dict[str, list[str]]]:
    return {row: {column: [] for column in GRID_COLUMNS} for row in GRID_ROWS}


def _read_grid(grid: Grid) -> dict[str, dict[str, list[str]]]:
    found: dict[str, dict[str, list[str]]] = {}
    for row, cells in grid.items():
        if row not in GRID_ROWS:
            raise Invalid({"grid": f"{row} is none of {', '.join(GRID_ROWS)}."})
        for column, lines in cells.items():
            if column not in GRID_COLUMNS:
                raise Invalid({"grid": f"{column} is none of {', '.join(GRID_COLUMNS)}."})
            read = [read_line("grid", line, 500) for line in lines]
            kept = [line for line in read if line]
            if len(kept) > LINES:
                raise Invalid({"grid": f"At most {LINES} lines in one cell."})
            found.setdefault(row, {})[column] = kept
    return found


def _save_section(incident: Incident, postmortem: Postmortem, section: str, by: User) -> None:
    postmortem.versions[section] = postmortem.version_of(section) + 1
    postmortem.save()
    record(
        incident,
        "postmortem_changed",
        by=by,
        text=f"edited the post-mortem's {section}",
        section=section,
        section_version=postmortem.version_of(section),
        **as_said(postmortem.files if section == "files" else ()),
    )
