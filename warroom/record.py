"""The timeline as a page and as files, and the editor of a note."""

import csv
import json
from collections.abc import Iterable, Iterator
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from django import forms
from django.core.paginator import Paginator
from django.http import HttpResponse, JsonResponse
from django.shortcuts import render

from incidents.attachments.forms import files_field
from incidents.attachments.queries import files_in, with_files
from incidents.lifecycle.notes import add_note
from incidents.record.kinds import KINDS
from incidents.record.models import Incident, TimelineEntry
from incidents.record.queries import actors_of, kinds_of
from incidents.record.timeline import WITHDRAWN
from incidents.roster.queries import people_on
from pages.cells import safe_cell
from pages.editor import Editor
from pages.fields import FilesField, MomentField
from pages.forms import EditForm, text
from pages.markdown import as_plain
from pages.numbers import asked_number
from pages.suggestions import suggestions
from people.requests import PersonRequest
from refusals.errors import NotVisible
from warroom.answering import edit, on_incident
from withdrawal.actions import may_withdraw, withdraw_words


class NoteForm(EditForm):
    """A line on the record, now or afterwards."""

    suggested_on: ClassVar[tuple[str, ...]] = ("text",)
    text = text("What happened", 2000, required=True, autofocus=True)
    kind = forms.ChoiceField(
        label="It is", choices=[("note", "a note"), ("decision", "a decision")]
    )

    def __init__(self, *args: Any, zone: ZoneInfo, files: FilesField, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["attachments"] = files
        self.fields["at"] = MomentField(zone=zone, label="It happened at (empty: now)")


PAGE = 100


@on_incident("GET", "POST")
def note(request: PersonRequest, incident: Incident) -> HttpResponse:
    """A note or decision, now or afterwards with its real time."""
    files = files_field(incident, request.user)
    form = NoteForm(request.POST or None, zone=request.user.zone, files=files)
    return edit(
        request,
        incident,
        form,
        lambda values: add_note(incident, by=request.user, **values),
        Editor("A line on the timeline", "Write it"),
        said="Written.",
    )


@on_incident("POST")
def language(request: PersonRequest, incident: Incident) -> HttpResponse:
    """What might be said of the system instead of what is typed; it only suggests (P53)."""
    names = (*EditForm.suggested_on, *NoteForm.suggested_on)
    typed = [request.POST.get(name, "")[:2000] for name in names]
    people = [person.name for person in people_on(incident)]
    found = [one for words in typed for one in suggestions(words, people)][:6]
    facts = {"found": found, "ref": incident.ref}
    return render(request, "shared/_suggestions.html", facts, using="jinja2")


class WithdrawalForm(EditForm):
    """Why the words of a line must not stand."""

    reason = text("Why it must not stand", 500, required=True, autofocus=True)


@on_incident("GET", "POST")
def withdrawal(request: PersonRequest, incident: Incident, seq: int) -> HttpResponse:
    """Take the words of one line out of the record and of everything that holds them."""
    entry = incident.entries.filter(seq=seq).first()
    if entry is None:
        raise NotVisible
    form = WithdrawalForm(request.POST or None)
    return edit(
        request,
        incident,
        form,
        lambda values: withdraw_words(incident, by=request.user, seq=seq, **values),
        Editor(
            "Withdraw the words of a line",
            "Withdraw",
            intro=f"“{entry.text}” becomes {WITHDRAWN}, here and wherever else it stands. Your "
            "reason stays. Mails that have left, backups and exports keep it.",
            danger=True,
        ),
        said="Withdrawn.",
    )


@on_incident("GET")
def timeline(request: PersonRequest, incident: Incident) -> HttpResponse:
    """The whole record, filtered by kind, person and word; ``?as=`` json, csv or md exports it.

    ``?entry=`` opens the page that holds the entry of that number.
    """
    entries = with_files(incident.entries.select_related("actor").order_by("seq"))
    kind, who, words = (request.GET.get(name, "") for name in ("kind", "who", "q"))
    if kind in KINDS:
        entries = entries.filter(kind=kind)
    if (actor := asked_number("who", who)) is not None:
        entries = entries.filter(actor_id=actor)
    if words:
        entries = entries.filter(text__says=words[:200])
    match request.GET.get("as"):
        case "json":
            return as_json(incident, entries)
        case "csv":
            return as_csv(incident, entries)
        case "md":
            return as_markdown(incident, entries)
    number = request.GET.get("page")
    if (sought := asked_number("entry", request.GET.get("entry"))) is not None:
        number = str(entries.filter(seq__lt=sought).count() // PAGE + 1)
    page = Paginator(entries, PAGE).get_page(number)
    used = kinds_of(incident)
    query = request.GET.copy()
    for name in ("as", "page", "entry"):
        query.pop(name, None)
    facts = {
        "incident": incident,
        "page": page,
        "kinds": [(value, label) for value, label in KINDS.items() if value in used],
        "actors": list(actors_of(incident).values_list("pk", "name")),
        "chosen": {"kind": kind, "who": who, "q": words},
        "query": query.urlencode(),
        "withdraws": may_withdraw(incident, request.user),
    }
    return render(request, "warroom/record/timeline.html", facts, using="jinja2")


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
            "hash": entry.hash,
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
    writer.writerow(
        [
            *("seq", "at", "kind", "actor", "text", "recorded_afterwards", "attachments", "data"),
        ]
    )
    for entry in entries:
        row = [
            str(entry.seq),
            entry.at.isoformat(),
            entry.kind,
            entry.actor.email if entry.actor else "",
            entry.text,
            "yes" if entry.afterwards else "",
            "; ".join(one.name for one in files_in(entry.data.get("attachments"))),
            json.dumps(entry.data, ensure_ascii=False),
        ]
        writer.writerow([safe_cell(cell) for cell in row])
    return attached(answer, incident, "csv")


def as_markdown(incident: Incident, entries: Iterable[TimelineEntry]) -> HttpResponse:
    """The record for documents."""
    text = "\n".join(markdown_lines(incident, entries)) + "\n"
    answer = HttpResponse(text, content_type="text/markdown; charset=utf-8")
    return attached(answer, incident, "md")


def markdown_lines(incident: Incident, entries: Iterable[TimelineEntry]) -> Iterator[str]:
    """A heading and one list item per entry, times in UTC."""
    yield f"# {as_plain(f'{incident.ref} {incident.title}')}"
    yield ""
    day = ""
    for entry in entries:
        if day != (day := f"{entry.at:%-d %B %Y}"):
            yield from ("", f"## {day}", "")
        who = ""
        if entry.actor and not entry.text.startswith(entry.actor.name):
            who = f"**{as_plain(entry.actor.name)}** "
        late = " (recorded afterwards)" if entry.afterwards else ""
        yield f"- {entry.at:%H:%M} UTC {who}{as_plain(entry.text)}{late}"
        for file in files_in(entry.data.get("attachments")):
            yield f"  - {file.in_markdown}"


def attached(answer: HttpResponse, incident: Incident, ending: str) -> HttpResponse:
    """As a file with the incident's name."""
    name = f"{incident.ref}-timeline.{ending}"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
