"""The editor of seats, and the buttons that join, ask and accept."""

from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.http import HttpResponse

from incidents.asks.actions import WHAT, ask_who_may
from incidents.record.models import SINGLE_SEATS, Incident, RosterRole
from incidents.roster.actions import assign_role, join
from incidents.roster.command import accept_role, ask_commander, decline_role
from incidents.roster.permissions import RIGHTS
from incidents.roster.queries import roster
from pages.editor import Editor
from pages.forms import EditForm, line, text
from people.models import User
from people.requests import PersonRequest
from refusals.errors import Refused
from warroom.answering import accepted, edit, on_incident
from warroom.finding import offered_in, with_account
from warroom.prefilled import hand_over_note
from warroom.room import load_room


class RoleForm(EditForm):
    """Who takes which seat; a held seat passes on with a note."""

    remembers = True
    places = {"note_required": "note", "role_taken": "role"}
    role = forms.ChoiceField(label="Seat", choices=RosterRole)
    person = forms.ModelChoiceField(User.objects.none(), label="Person", empty_label=None)
    note = text(
        "Hand-over note",
        1000,
        help_text="Where it stands, what was to come. Needed when somebody holds the seat.",
    )

    def refuse(self, refusal: Refused) -> None:
        """The refusal; where command is held, the click that asks its holder."""
        is_command = self.cleaned_data.get("role") == RosterRole.COMMANDER
        super().refuse(refusal)
        if refusal.code == "role_taken" and is_command:
            self.way_out = ("ask", "1", "Ask the commander")

    def rests_on(self, name: str) -> bool:
        """Who holds the seat that is given."""
        return name == RosterRole(self.cleaned_data["role"]).label

    def __init__(self, *args: Any, zone: ZoneInfo, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.ask_when(zone)
        # Stakeholders too: one may be named helper or observer; the action refuses other seats.
        self.fields["person"].queryset = User.objects.active()  # type: ignore[attr-defined]
        self.fields["person"].label_from_instance = with_account  # type: ignore[attr-defined]


SEATS = Editor(
    "Seats",
    "Name",
    "One person per seat. A held seat passes on with a note; command is offered, and passes when "
    "it is accepted.",
)


@on_incident("GET", "POST")
def roles(request: PersonRequest, incident: Incident) -> HttpResponse:
    """Join (``join``), take a seat (``take``), accept command (``accept``), or name somebody."""
    if role := request.POST.get("join"):
        join(incident, by=request.user, role=role)
        return accepted(request, incident, "You joined.")
    if role := request.POST.get("take"):
        assign_role(incident, by=request.user, role=role, person=request.user)
        return accepted(request, incident, f"You are {RosterRole(role).label.lower()} now.")
    if offer := offered_in(incident, request.POST.get("accept")):
        accept_role(offer, by=request.user)
        return accepted(request, incident, "You lead now.")
    if offer := offered_in(incident, request.POST.get("decline")):
        decline_role(offer, by=request.user)
        return accepted(request, incident, "Declined. Who offered it was told.")
    if request.POST.get("ask"):
        ask_commander(incident, by=request.user)
        return accepted(request, incident, "The commander was asked. They have two minutes.")
    role = request.GET.get("role", RosterRole.FIX_OWNER)
    known = {"role": role, "person": request.user.pk}
    if role == RosterRole.COMMANDER:
        room = load_room(incident.pk)
        if room is not None and room.commander is not None:
            known["note"] = hand_over_note(room)
    form = RoleForm(request.POST or None, zone=request.user.zone, initial=known)
    held = {seat.role: seat.person.name for seat in roster(incident)}
    form.stand_on(**{one.label: held.get(one, "nobody") for one in SINGLE_SEATS})
    return edit(
        request,
        incident,
        form,
        lambda values: assign_role(incident, by=request.user, **values),
        SEATS,
        said="Seat passed on.",
    )


class AskForm(EditForm):
    """What I ask for, and why."""

    places = {"reason_required": "reason"}
    what = forms.ChoiceField(
        label="What should be done", choices=[(act.value, RIGHTS[act].words) for act in WHAT]
    )
    to = line("What it should become", 60, help_text="Such as SEV1. Only where it matters.")
    reason = line("Why", 500, autofocus=True)


ASK = Editor("Ask who may", "Ask", "Whoever leads hears it at once and decides.")


@on_incident("GET", "POST")
def asks(request: PersonRequest, incident: Incident) -> HttpResponse:
    """Ask whoever leads for what is theirs to do."""
    form = AskForm(request.POST or None, initial={"what": request.GET.get("what", "severity")})
    return edit(
        request,
        incident,
        form,
        lambda values: ask_who_may(incident, by=request.user, **values),
        ASK,
        said="Asked. You see the answer on the board.",
    )
