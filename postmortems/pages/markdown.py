"""One review as Markdown, to take along. Only the analysis is markup, all else is plain text."""

import re
from collections.abc import Iterator
from typing import Any

from django.http import HttpResponse

from clock.written import written
from incidents.attachments.queries import files_in
from incidents.obligations.queries import ObligationView
from incidents.updates.told import Told
from pages.markdown import as_plain
from pages.moments import span
from pages.numbers import said
from postmortems.publication.document import Document
from postmortems.review.models import GRID_COLUMNS, GRID_ROWS

#: What a technical note embeds stands under a heading of its own, which here is below the note's.
EMBEDDED = re.compile(r"^(### (?:Decisions since the last update|Now))$", re.MULTILINE)
OWNERS = {"commander": "led", "fix_owner": "owned the fix", "communications": "answered questions"}


def as_markdown(document: Document) -> HttpResponse:
    """The document as a file with the incident's name."""
    text = "\n".join(_lines(document)) + "\n"
    answer = HttpResponse(text, content_type="text/markdown; charset=utf-8")
    name = f"{document.postmortem.ref}-postmortem.md"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _lines(document: Document) -> Iterator[str]:
    postmortem, incident = document.postmortem, document.postmortem.incident
    yield f"# {as_plain(f'{incident.ref} {incident.title}')}"
    yield ""
    yield f"{incident.highest_severity.upper()}, {postmortem.get_state_display().lower()}."
    for override in document.overrides:
        yield from ("", f"Resolved although the end state was not met: {as_plain(override.reason)}")
    if postmortem.looked_again_at:
        yield from ("", f"Looked at again: {as_plain(postmortem.looked_again_note)}")
    yield from ("", as_plain(postmortem.summary), "", "## Figures", "")
    for figure in document.figures.spans:
        value = f"unknown ({figure.missing})" if figure.length is None else span(figure.length)
        yield f"- {figure.label}: {value} ({figure.formula})"
    for impact in document.figures.impact:
        at_least = "at least " if impact.at_least else ""
        yield as_plain_item(f"{impact.journey}: {at_least}{impact.total} {impact.measure}")
    yield from ("", "## Facts", "")
    for fact in document.timeline:
        who = f" {as_plain(fact.entry.actor.name)}" if fact.entry.actor else ""
        late = " (recorded afterwards)" if fact.entry.afterwards else ""
        yield f"- {written(fact.entry.at)}{who} {as_plain(fact.entry.text)}{late}"
        yield from _files(fact.entry.data.get("attachments"), indent="  ")
    yield from ("", "## What was said", "")
    for update in document.said:
        yield from _said(update)
    yield from ("", "## Hypotheses", "")
    for one in document.hypotheses:
        yield as_plain_item(f"{one.text} ({one.state.replace('_', ' ')})")
        for evidence in one.evidence:
            link = f" {evidence.url}" if evidence.url and evidence.url != evidence.words else ""
            yield f"  - {as_plain(evidence.words + link)}"
            yield from (f"    - {file.in_markdown}" for file in evidence.files)
    if document.obligations:
        yield from ("", "## Legal clocks", "")
    for clock in document.obligations:
        yield as_plain_item(f"{clock.name}, due {written(clock.due_at)}: {_became(clock)}")
    yield from ("", "## Whys", "")
    for branch in document.whys:
        why, indent = branch.why, "  " * (branch.why.depth - 1)
        yield f"{indent}- **{as_plain(why.question)}** {as_plain(why.answer)}"
        if why.sure:
            yield f"{indent}  - {why.get_sure_display()}"
        if why.evidence:
            yield f"{indent}  - Evidence: {as_plain(why.evidence)}"
        if why.because:
            yield f"{indent}  - Systemic because {as_plain(why.because)}"
        if why.safeguard:
            yield f"{indent}  - Absent safeguard: {why.get_safeguard_display().lower()}"
    yield from ("", "## What worked, what did not, what changes", "")
    for row, row_name in GRID_ROWS.items():
        for column, column_name in GRID_COLUMNS.items():
            for line in postmortem.grid.get(row, {}).get(column, []):
                yield f"- {row_name}, {column_name.lower()}: {as_plain(line)}"
    yield from ("", "## Analysis", "", postmortem.analysis, "")
    if postmortem.files:
        yield from ("## Pictures and files", "", *_files(postmortem.files), "")
    yield from ("## Action items", "")
    for mark in document.marks:
        if mark.because:
            yield as_plain_item(f"{mark.text} stays as it is: {mark.because}")
    for item in document.items:
        yield as_plain_item(
            f"{item.title} ({item.get_type_display()}, {item.priority.upper()}, "
            f"{item.owner.name}, due {written(item.due_at)}, {item.get_state_display().lower()}): "
            f"{item.success_criterion}"
        )
        if item.override_reason:
            yield f"  - Taken although not systemic: {as_plain(item.override_reason)}"
        for move in document.moves.get(item.pk, ()):
            before, after = written(move.before), written(move.due_at)
            yield f"  - Moved from {before} to {after}: {as_plain(move.reason)}"
        if item.declined_because:
            yield f"  - Not doing: {as_plain(item.declined_because)}"
        if item_idea := getattr(item, "idea", None):
            yield f"  - From an idea: {as_plain(item_idea.text)} ({as_plain(item_idea.by.name)})"
    if postmortem.no_actions_because:
        yield f"None: {as_plain(postmortem.no_actions_because)}"
    if document.loose_ideas:
        yield from ("", "## Ideas, committed to by nobody", "")
    for idea in document.loose_ideas:
        no = f" Dropped: {idea.dropped_because}" if idea.dropped_because else ""
        yield as_plain_item(f"{idea.text} ({idea.by.name}, {written(idea.at)}).{no}")
    yield from ("", "## Thanks", "")
    for thanks in document.thanks:
        yield as_plain_item(f"{thanks.person.name}: {thanks.text}")
    if document.kept:
        yield from ("", "## Words kept on purpose", "")
        for kept in document.kept:
            yield as_plain_item(f"“{kept.text}”: {kept.reason}")


def _said(update: Told) -> Iterator[str]:
    """An update with all its parts, as every page shows it."""
    what = ", the all-clear" if update.is_all_clear else ""
    late = " (recorded afterwards)" if update.afterwards else ""
    yield f"### Update {update.number}{what}, {written(update.published_at)}{late}"
    yield from ("", as_plain(update.executive_summary), "")
    moves = ", then ".join(
        f"{one.text} by {written(one.by_when)}" if one.by_when else one.text
        for one in update.moves[:2]
    )
    back = update.expected_back
    for label, words in (
        ("What we know", update.status_text),
        ("Hypothesis", update.hypothesis),
        ("Doing now", update.current_action),
        ("Risks", update.risks),
        ("Next two moves", f"{moves}. {update.fewer_moves}".strip(" .") if moves else ""),
        ("Fewer than two moves", update.fewer_moves if not moves else ""),
        ("Expected back", back.words if back else ""),
        ("Next update at", written(update.next_update_at) if update.next_update_at else ""),
        ("What follows", update.what_follows),
        ("The review", written(update.review_at) if update.review_at else ""),
        ("Watching", update.watching),
        ("End state", update.end_state),
        ("Severity and status", f"{update.severity.upper()}, {update.status}"),
        ("Owners", ", ".join(f"{name} {OWNERS[role]}" for role, name in update.owners.items())),
    ):
        if words:
            yield as_plain_item(f"{label}: {words}")
    for one in update.impact:
        at_least = "at least " if one.at_least else ""
        unit = f"{one.currency} {one.unit}".strip()
        yield as_plain_item(f"{one.journey}: {at_least}{said(one.total)} {unit}")
    for signal in update.signals:
        value = "unknown" if signal.value is None else f"{said(signal.value)} {signal.unit}".strip()
        yield as_plain_item(f"{signal.name}: {value}, {signal.state}, needs {signal.goal}")
    for answer in update.answers:
        yield as_plain_item(f"“{answer.text}” {answer.answer}")
    if update.technical:
        below = EMBEDDED.sub(r"##\1", update.technical)
        yield from ("", "#### Technical note", "", below)
    yield ""


def _files(stored: Any, indent: str = "") -> Iterator[str]:
    """An item for each file that something carries."""
    yield from (f"{indent}- {file.in_markdown}" for file in files_in(stored))


def as_plain_item(text: str) -> str:
    """One item of a list, shown letter for letter."""
    return f"- {as_plain(text)}"


def _became(clock: ObligationView) -> str:
    if clock.filed_at is not None:
        late = f", {span(clock.late_by)} late" if clock.late_by else ""
        return f"filed {written(clock.filed_at)}{late} ({clock.reference})"
    return f"does not apply: {clock.declined_because}" if clock.declined_at else "not filed"
