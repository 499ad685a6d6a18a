"""The editor of when it is expected back (P18)."""

from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpResponse

from clock.written import written
from incidents.asks.actions import ask_who_may
from incidents.lifecycle.expected import expect_back
from incidents.record.models import Incident
from incidents.roster.permissions import Act
from pages.editor import Editor, attempt
from pages.fields import MomentField
from pages.forms import EditForm, line
from people.requests import PersonRequest
from refusals.errors import Refused
from warroom.answering import accepted, edit, on_incident, show_editor


class ExpectedForm(EditForm):
    """A time, or none, and why it moves."""

    remembers = True
    places = {"reason_required": "reason"}
    reason = line("Why", 500, help_text="Needed when it moves. Stakeholders read it.")

    def __init__(self, *args: Any, zone: ZoneInfo, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["at"] = MomentField(
            zone=zone,
            label="Expected back at",
            help_text=f"In {zone.key.replace('_', ' ')} time. Empty: not known yet, which is an "
            "answer.",
        )
        self.order_fields(["at", "reason"])

    def refuse(self, refusal: Refused) -> None:
        """The refusal; for who may not, the click that asks who may."""
        super().refuse(refusal)
        if refusal.code == "only_commander":
            self.way_out = ("ask", Act.EXPECTED_BACK.value, "Ask for it, with these words")


EDIT = Editor(
    "When is it expected back?",
    "Say it",
    "It stands on the board, on the stakeholder page and in every update, with how often it moved.",
)


@on_incident("GET", "POST")
def expected(request: PersonRequest, incident: Incident) -> HttpResponse:
    """Show what was said, say or move it, or ask (``ask``) whoever may."""
    known = {"at": incident.expected_back_at if incident.expected else None}
    form = ExpectedForm(request.POST or None, zone=request.user.zone, initial=known)
    if request.POST.get("ask"):
        if status := attempt(form, lambda values: _ask(request, incident, values)):
            return show_editor(request, incident, form, EDIT, status=status)
        return accepted(request, incident, "Asked. Whoever leads hears it at once.")
    return edit(
        request,
        incident,
        form,
        lambda values: expect_back(incident, by=request.user, **values),
        EDIT,
        said="Said. Everybody reads it.",
    )


def _ask(request: PersonRequest, incident: Incident, values: dict[str, Any]) -> None:
    at = values["at"]
    ask_who_may(
        incident,
        by=request.user,
        what=Act.EXPECTED_BACK,
        to=written(at) if at else "",
        reason=values["reason"],
    )
