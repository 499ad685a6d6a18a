"""The document of one review, and its editors."""

from typing import Any, cast

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from incidents.attachments.forms import files_field
from incidents.attachments.queries import files_in
from incidents.record.visibility import get_incident
from pages.editor import Editor
from pages.remembering import OPENED_WITH
from people.requests import PersonRequest
from postmortems.items.looking import look_at_item, still_to_look_at
from postmortems.language.checking import check
from postmortems.pages.answering import accepted, document_facts, edit, on_review, posted, signed_in
from postmortems.pages.forms import (
    AgainForm,
    AnalysisForm,
    FilesForm,
    GridForm,
    ListForm,
    MeetingForm,
    PublishForm,
    ReasonForm,
    SummaryForm,
)
from postmortems.pages.markdown import as_markdown
from postmortems.publication.actions import look_again, publish_postmortem
from postmortems.publication.changing import change_postmortem, last_change
from postmortems.publication.document import load_document
from postmortems.publication.keeping import is_no_person, keep_finding
from postmortems.publication.missing import has_items
from postmortems.review.actions import hold_meeting, open_review
from postmortems.review.analysis import put_files, write_grid, write_section
from postmortems.review.facts import agree_facts, choose_fact, reopen_facts
from postmortems.review.models import Postmortem
from postmortems.review.permissions import is_facilitator
from postmortems.review.queries import get_postmortem
from postmortems.review.wording import names_of
from refusals.errors import NotVisible


@signed_in("GET", "HEAD", "POST")
def document(request: HttpRequest, ref: str) -> HttpResponse:
    """The review; ``?as=md`` takes it along. A POST opens one by hand."""
    person = cast(PersonRequest, request)
    if request.method == "POST":
        return accepted(
            person, open_review(get_incident(person.user, ref), by=person.user), "Opened."
        )
    try:
        postmortem = get_postmortem(person.user, ref)
    except NotVisible:
        incident = get_incident(person.user, ref)
        if not person.user.is_responder:
            raise
        facts = {"incident": incident}
        return render(request, "postmortems/none_yet.html", facts, using="jinja2")
    if request.GET.get("as") == "md":
        return as_markdown(load_document(postmortem))
    facts = document_facts(person, postmortem)
    return render(request, "postmortems/document.html", facts, using="jinja2")


@on_review("POST")
def fact(request: PersonRequest, postmortem: Postmortem, entry_id: int) -> HttpResponse:
    """Take one entry into the facts, or leave it out."""
    included = request.POST.get("included") == "1"
    choose_fact(postmortem, by=request.user, entry_id=entry_id, included=included)
    return accepted(request, postmortem, "Taken in." if included else "Left out.")


@on_review("POST")
def agreement(request: PersonRequest, postmortem: Postmortem) -> HttpResponse:
    """Agree on the facts."""
    agree_facts(postmortem, by=request.user)
    return accepted(request, postmortem, "The facts are agreed. Whys, grid and analysis are open.")


@on_review("GET", "POST")
def reopening(request: PersonRequest, postmortem: Postmortem) -> HttpResponse:
    """Take the agreement back."""
    form = ReasonForm(posted(request))
    return edit(
        request,
        postmortem,
        form,
        lambda values: reopen_facts(postmortem, by=request.user, **values),
        Editor("Reopen the facts", "Reopen", "Whys, grid and analysis stay as they are."),
        said="The facts are open again.",
    )


@on_review("GET", "POST")
def summary(request: PersonRequest, postmortem: Postmortem) -> HttpResponse:
    """The summary."""
    return _section(request, postmortem, "summary", SummaryForm)


@on_review("GET", "POST")
def analysis(request: PersonRequest, postmortem: Postmortem) -> HttpResponse:
    """The analysis, with the language check while one types."""
    return _section(request, postmortem, "analysis", AnalysisForm)


def _section(
    request: PersonRequest,
    postmortem: Postmortem,
    section: str,
    kind: type[SummaryForm] | type[AnalysisForm],
) -> HttpResponse:
    initial = {"text": getattr(postmortem, section), "version": postmortem.version_of(section)}
    form = kind(posted(request), initial=initial)
    return edit(
        request,
        postmortem,
        form,
        lambda values: write_section(postmortem, by=request.user, section=section, **values),
        Editor(section.capitalize(), beside="postmortems/document/_beside.html"),
        said="Saved.",
        postmortem=postmortem,
        findings=_flagged(postmortem, form["text"].value() or ""),
        theirs=section,
    )


@on_review("GET", "POST")
def files(request: PersonRequest, postmortem: Postmortem) -> HttpResponse:
    """The pictures and files that the review shows; withdrawn ones stay, and say so."""
    stand = files_in(postmortem.files)
    form = FilesForm(
        posted(request),
        files=files_field(postmortem.incident, request.user),
        initial={
            "attachments": [one.id for one in stand],
            "version": postmortem.version_of("files"),
        },
    )
    gone = [one.id for one in stand if one.is_withdrawn]
    return edit(
        request,
        postmortem,
        form,
        lambda values: put_files(
            postmortem,
            by=request.user,
            attachments=[*gone, *values["attachments"]],
            version=values["version"],
        ),
        Editor(
            "Pictures and files",
            intro="Whoever may read the post-mortem sees them.",
            beside="postmortems/document/_beside.html",
        ),
        said="Saved.",
        postmortem=postmortem,
        findings=[],
        theirs="files",
    )


def _flagged(postmortem: Postmortem, text: str) -> list[Any]:
    words = postmortem.kept_findings.exclude(word="").values_list("word", flat=True)
    return check(text, names_of(postmortem), not_people=words)


@on_review("POST")
def language(request: PersonRequest, postmortem: Postmortem) -> HttpResponse:
    """What the language check says about what is being typed; it only suggests."""
    skipped = ("version", "csrfmiddlewaretoken", "evidence", "seen")
    sent = request.POST.items()
    typed = [
        value for name, value in sent if name not in skipped and not name.startswith(OPENED_WITH)
    ]
    found = [one for text in typed for one in _flagged(postmortem, str(text)[:20000])]
    facts = {"findings": found, "postmortem": postmortem}
    return render(request, "postmortems/document/_suggestions.html", facts, using="jinja2")


@on_review("GET", "POST")
def grid(request: PersonRequest, postmortem: Postmortem) -> HttpResponse:
    """What worked, what did not, what changes."""
    form = GridForm(posted(request), postmortem=postmortem)
    return edit(
        request,
        postmortem,
        form,
        lambda values: write_grid(
            postmortem, by=request.user, grid=form.grid(), version=values["version"]
        ),
        Editor(
            "What worked, what did not, what changes",
            intro="One point a line.",
            beside="postmortems/document/_beside.html",
        ),
        said="Saved.",
        postmortem=postmortem,
        findings=[],
        theirs="grid",
    )


@on_review("GET", "POST")
def meeting(request: PersonRequest, postmortem: Postmortem) -> HttpResponse:
    """When it meets and who runs it."""
    initial = {
        name: getattr(postmortem, name)
        for name in ("facilitator", "meeting_at", "meeting_length_min")
    }
    form = MeetingForm(posted(request), zone=request.user.zone, initial=initial)
    return edit(
        request,
        postmortem,
        form,
        lambda values: change_postmortem(postmortem, by=request.user, **values),
        Editor("The review meeting", intro="50 minutes are usual, 60 the most."),
        said="Saved.",
    )


@on_review("POST")
def held(request: PersonRequest, postmortem: Postmortem) -> HttpResponse:
    """The review met."""
    hold_meeting(postmortem, by=request.user)
    return accepted(request, postmortem, "Noted: the review met.")


@on_review("GET", "POST")
def finding(request: PersonRequest, postmortem: Postmortem, key: str) -> HttpResponse:
    """Keep a finding with a reason, or say that the word is no person."""
    if request.POST.get("word"):
        is_no_person(postmortem, by=request.user, word=request.POST["word"][:200])
        return accepted(request, postmortem, "Noted: not a person.")
    form = ReasonForm(posted(request))
    return edit(
        request,
        postmortem,
        form,
        lambda values: keep_finding(postmortem, by=request.user, finding=key, **values),
        Editor("Keep these words", "Keep", "The facilitator decides; readers see the reason."),
        said="Kept.",
    )


@on_review("GET", "POST")
def publication(request: PersonRequest, postmortem: Postmortem) -> HttpResponse:
    """Publish it; what is missing is said."""
    form = PublishForm(posted(request), has_items=has_items(postmortem))
    # Whoever publishes answers for every word as they read it.
    form.stand_on(The_last_change=last_change(postmortem))
    whole = "everybody who may see the incident" if postmortem.incident.private else "everybody"
    editor = Editor(
        "Publish", "Publish", f"It is shared with {whole}. Its words stand from then on."
    )
    return edit(
        request,
        postmortem,
        form,
        lambda values: publish_postmortem(postmortem, by=request.user, **values),
        editor,
        said="Published.",
    )


@on_review("GET", "POST")
def list_look(request: PersonRequest, postmortem: Postmortem) -> HttpResponse:
    """The look at the list: every item that waits for it and is this person's to look at."""
    waiting = still_to_look_at(postmortem).select_related("owner")
    if not is_facilitator(postmortem, request.user):
        waiting = waiting.filter(owner=request.user)
    form = ListForm(posted(request), items=list(waiting))

    def act(values: dict[str, Any]) -> None:
        with transaction.atomic():
            for item, answers in form.looks():
                look_at_item(item, by=request.user, **answers)

    return edit(
        request,
        postmortem,
        form,
        act,
        Editor(
            "The whole list",
            "Looked at",
            "Is each one started, owned, still right? A word each."
            if form.items
            else "Nothing of it waits for your look.",
        ),
        said="Noted.",
    )


@on_review("GET", "POST")
def again(request: PersonRequest, postmortem: Postmortem) -> HttpResponse:
    """Look at a published review again after its incident was reopened."""
    form = AgainForm(posted(request))
    return edit(
        request,
        postmortem,
        form,
        lambda values: look_again(
            postmortem,
            by=request.user,
            note=values["note"],
            revise=values["outcome"] == AgainForm.REVISE,
        ),
        Editor(
            "Look at it again",
            "Looked at",
            "It was published before the incident came back. What does that change?",
        ),
        said="Noted.",
    )
