"""The editors of the whys."""

from typing import Any, ClassVar

from django import forms
from django.http import HttpResponse

from pages.editor import Editor
from pages.forms import line, text
from pages.numbers import asked_number
from people.requests import PersonRequest
from postmortems.pages.answering import accepted, edit, on_review, posted
from postmortems.pages.forms import VersionedForm
from postmortems.review.models import Postmortem
from postmortems.whys.actions import add_why, change_why, remove_why
from postmortems.whys.models import Safeguard, Sure, Why
from postmortems.whys.queries import ENOUGH, question_at
from refusals.errors import NotVisible


class WhyForm(VersionedForm):
    """A question, its answer, and why one may stop there."""

    #: The review's own suggestions stand above its fields.
    suggested_on: ClassVar[tuple[str, ...]] = ()
    places: ClassVar[dict[str, str]] = {"reason_required": "because"}
    question = line("Question", 500)
    answer = text("Answer", 2000, required=True, autofocus=True, help_text="Name the system.")
    evidence = line("Evidence", 2000, help_text="A link, or what was seen.")
    safeguard = forms.ChoiceField(
        label="Which safeguard was absent?",
        choices=[("", "asked on the last why"), *Safeguard.choices],
        required=False,
    )
    sure = forms.ChoiceField(
        label="How sure", choices=[("", "not said"), *Sure.choices], required=False
    )
    because = line(
        "This is systemic because",
        500,
        help_text=f"Only to stop before why {ENOUGH}.",
    )

    def __init__(self, *args: Any, depth: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if depth >= ENOUGH:
            del self.fields["because"]

    @staticmethod
    def values_of(why: Why) -> dict[str, Any]:
        """The fields as the why stands."""
        names = ("question", "answer", "evidence", "safeguard", "sure", "because", "version")
        return {name: getattr(why, name) for name in names}


@on_review("GET", "POST")
def new_why(request: PersonRequest, postmortem: Postmortem) -> HttpResponse:
    """Answer the next why, below ``?parent=``."""
    given = asked_number("parent", request.GET.get("parent"))
    parent = None if given is None else postmortem.whys.filter(pk=given).first()
    depth = parent.depth + 1 if parent else 1
    form = WhyForm(posted(request), depth=depth, initial={"question": question_at(depth)})

    def act(values: dict[str, Any]) -> None:
        values.pop("version")
        add_why(postmortem, by=request.user, parent=parent.pk if parent else None, **values)

    return edit(
        request,
        postmortem,
        form,
        act,
        Editor(
            f"Why {depth}",
            "Add",
            f"So far: {parent.answer}" if parent else "",
            beside="postmortems/document/_beside.html",
        ),
        said="Answered.",
        postmortem=postmortem,
        findings=[],
        theirs="",
    )


@on_review("GET", "POST")
def why(request: PersonRequest, postmortem: Postmortem, why_id: int) -> HttpResponse:
    """Reword a why, or take it out."""
    found = postmortem.whys.filter(pk=why_id).first()
    if found is None:
        raise NotVisible
    if request.POST.get("remove"):
        remove_why(found.pk, by=request.user)
        return accepted(request, postmortem, "Taken out.")
    form = WhyForm(posted(request), depth=found.depth, initial=WhyForm.values_of(found))
    return edit(
        request,
        postmortem,
        form,
        lambda values: change_why(found.pk, by=request.user, **values),
        Editor(f"Why {found.depth}", beside="postmortems/document/_beside_why.html"),
        said="Saved.",
        postmortem=postmortem,
        findings=[],
        theirs="answer",
    )
