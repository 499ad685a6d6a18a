"""The record: writing a line, reading all of it, taking it along."""

import csv
import json
from collections.abc import Iterable, Iterator

from django.core.paginator import Paginator
from django.http import HttpResponse, JsonResponse
from django.shortcuts import render

from incidents.actions.notes import add_note
from incidents.forms.frame import NoteForm
from incidents.kinds import KINDS
from incidents.models import Incident, TimelineEntry
from incidents.queries.record import actors_of, kinds_of
from incidents.views.answering import Editor, PersonRequest, edit, on_incident

PAGE = 100
#: What a spreadsheet would take for a formula.
RISKY_STARTS = ("=", "+", "-", "@", "\t", "\r")


@on_incident("GET", "POST")
def note(request: PersonRequest, incident: Incident) -> HttpResponse:
    """A note or decision, now or afterwards with its real time."""
    form = NoteForm(request.POST or None, zone=request.user.zone)
    return edit(
        request,
        incident,
        form,
        lambda values: add_note(incident, by=request.user, **values),
        Editor("A line on the timeline", "Write it"),
        said="Written.",
    )


@on_incident("GET")
def timeline(request: PersonRequest, incident: Incident) -> HttpResponse:
    """The whole record, filtered by kind, person and word; ``?as=`` json, csv or md exports it."""
    entries = incident.entries.select_related("actor").order_by("seq")
    kind, who, words = (request.GET.get(name, "") for name in ("kind", "who", "q"))
    if kind in KINDS:
        entries = entries.filter(kind=kind)
    if who.isdigit() and len(who) < 10:
        entries = entries.filter(actor_id=int(who))
    if words:
        entries = entries.filter(text__icontains=words[:200])
    match request.GET.get("as"):
        case "json":
            return as_json(incident, entries)
        case "csv":
            return as_csv(incident, entries)
        case "md":
            return as_markdown(incident, entries)
    page = Paginator(entries, PAGE).get_page(request.GET.get("page"))
    used = kinds_of(incident)
    query = request.GET.copy()
    for name in ("as", "page"):
        query.pop(name, None)
    facts = {
        "incident": incident,
        "page": page,
        "kinds": [(value, label) for value, label in KINDS.items() if value in used],
        "actors": list(actors_of(incident).values_list("pk", "name")),
        "chosen": {"kind": kind, "who": who, "q": words},
        "query": query.urlencode(),
    }
    return render(request, "incidents/timeline.html", facts, using="jinja2")


def as_json(incident: Incident, entries: Iterable[TimelineEntry]) -> HttpResponse:
    """The record for programs."""
    items = [
        {
            "seq": entry.seq,
            "at": entry.at.isoformat(),
            "recorded_at": entry.recorded_at.isoformat(),
            "recorded_afterwards": entry.afterwards,
            "kind": entry.kind,
            "actor": entry.actor.email if entry.actor else None,
            "text": entry.text,
            "data": entry.data,
        }
        for entry in entries
    ]
    answer = JsonResponse(
        {"incident": incident.ref, "items": items}, json_dumps_params={"indent": 1}
    )
    return attached(answer, incident, "json")


def as_csv(incident: Incident, entries: Iterable[TimelineEntry]) -> HttpResponse:
    """The record for spreadsheets; no cell can start a formula."""
    answer = HttpResponse(content_type="text/csv; charset=utf-8")
    writer = csv.writer(answer)
    writer.writerow(["seq", "at", "kind", "actor", "text", "recorded_afterwards", "data"])
    for entry in entries:
        row = [
            str(entry.seq),
            entry.at.isoformat(),
            entry.kind,
            entry.actor.email if entry.actor else "",
            entry.text,
            "yes" if entry.afterwards else "",
            json.dumps(entry.data, ensure_ascii=False),
        ]
        writer.writerow([safe_cell(cell) for cell in row])
    return attached(answer, incident, "csv")


def safe_cell(cell: str) -> str:
    """The cell with an apostrophe before what a spreadsheet would run."""
    return f"'{cell}" if cell.lstrip(" ").startswith(RISKY_STARTS) else cell


def as_markdown(incident: Incident, entries: Iterable[TimelineEntry]) -> HttpResponse:
    """The record for documents."""
    text = "\n".join(markdown_lines(incident, entries)) + "\n"
    answer = HttpResponse(text, content_type="text/markdown; charset=utf-8")
    return attached(answer, incident, "md")


def markdown_lines(incident: Incident, entries: Iterable[TimelineEntry]) -> Iterator[str]:
    """A heading and one list item per entry, times in UTC."""
    yield f"# {escaped(f'{incident.ref} {incident.title}')}"
    yield ""
    day = ""
    for entry in entries:
        if day != (day := f"{entry.at:%-d %B %Y}"):
            yield from ("", f"## {day}", "")
        who = ""
        if entry.actor and not entry.text.startswith(entry.actor.name):
            who = f"**{escaped(entry.actor.name)}** "
        late = " (recorded afterwards)" if entry.afterwards else ""
        yield f"- {entry.at:%H:%M} UTC {who}{escaped(entry.text)}{late}"


def escaped(text: str) -> str:
    """Text that Markdown shows as it is, on one line."""
    flat = " ".join(text.split())
    return "".join(f"\\{mark}" if mark in "\\`*_[]<>#|" else mark for mark in flat)


def attached(answer: HttpResponse, incident: Incident, ending: str) -> HttpResponse:
    """As a file with the incident's name."""
    name = f"{incident.ref}-timeline.{ending}"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
