"""The editors of ideas; what turns one into a commitment is an item's form, in ``items``."""

from typing import ClassVar

from django.http import HttpResponse

from pages.editor import Editor
from pages.forms import line
from people.requests import PersonRequest
from postmortems.ideas.actions import (
    change_idea,
    drop_idea,
    note_idea,
    take_idea_back,
    take_idea_up,
)
from postmortems.ideas.models import Idea
from postmortems.ideas.queries import idea_of
from postmortems.pages.answering import accepted, edit, on_review, posted
from postmortems.pages.forms import ReasonForm, VersionedForm
from postmortems.review.models import Postmortem
from refusals.errors import NotVisible


class IdeaForm(VersionedForm):
    """A sentence; whoever commits to it says the rest."""

    places: ClassVar[dict[str, str]] = {"language_flagged": "text"}
    text = line(
        "What would help next time?",
        200,
        required=True,
        autofocus=True,
        help_text="A sentence. Whoever commits to it names an owner, a date and a measure.",
    )


@on_review("GET", "POST")
def new_idea(request: PersonRequest, postmortem: Postmortem) -> HttpResponse:
    """Note an idea."""
    return edit(
        request,
        postmortem,
        IdeaForm(posted(request)),
        lambda values: note_idea(postmortem, by=request.user, text=values["text"]),
        Editor("An idea", "Note it"),
        said="Noted. It stands apart from what somebody committed to.",
    )


@on_review("GET", "POST")
def idea(request: PersonRequest, postmortem: Postmortem, idea_id: int) -> HttpResponse:
    """Say an idea in other words."""
    found = _idea(postmortem, idea_id)
    return edit(
        request,
        postmortem,
        IdeaForm(posted(request), initial={"text": found.text, "version": found.version}),
        lambda values: change_idea(found, by=request.user, **values),
        Editor("The idea"),
        said="Saved.",
    )


@on_review("GET", "POST")
def dropped(request: PersonRequest, postmortem: Postmortem, idea_id: int) -> HttpResponse:
    """Say why nothing comes of an idea."""
    found = _idea(postmortem, idea_id)
    return edit(
        request,
        postmortem,
        ReasonForm(posted(request), initial={"reason": found.dropped_because}),
        lambda values: drop_idea(found, by=request.user, **values),
        Editor("Why nothing comes of it", "Drop it", f"“{found.text}” Readers see the reason."),
        said="Dropped, with its reason.",
    )


@on_review("POST")
def taken(request: PersonRequest, postmortem: Postmortem, idea_id: int) -> HttpResponse:
    """Take one's own idea back (``take=back``), or a dropped one up again."""
    found = _idea(postmortem, idea_id)
    if request.POST.get("take") == "back":
        take_idea_back(found, by=request.user)
        return accepted(request, postmortem, "Taken back.")
    take_idea_up(found, by=request.user)
    return accepted(request, postmortem, "Taken up again.")


def _idea(postmortem: Postmortem, idea_id: int) -> Idea:
    found = idea_of(postmortem, idea_id)
    if found is None:
        raise NotVisible
    return found
