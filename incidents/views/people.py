"""The roster: joining, taking, naming, accepting, handing over."""

from django.http import HttpResponse

from incidents.actions.command import accept_command, ask_commander, assign_role, join
from incidents.forms.people import RoleForm
from incidents.models import Incident, RosterRole
from incidents.views.answering import Editor, PersonRequest, accepted, edit, on_incident

SEATS = Editor(
    "Seats",
    "Name",
    "One person per seat. A held seat passes on with a note; whoever gets command accepts it.",
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
    if request.POST.get("accept"):
        accept_command(incident, by=request.user)
        return accepted(request, incident, "You lead now.")
    if request.POST.get("ask"):
        ask_commander(incident, by=request.user)
        return accepted(request, incident, "The commander was asked. They have two minutes.")
    role = request.GET.get("role", RosterRole.FIX_OWNER)
    form = RoleForm(request.POST or None, initial={"role": role, "person": request.user.pk})
    return edit(
        request,
        incident,
        form,
        lambda values: assign_role(incident, by=request.user, **values),
        SEATS,
        said="Seat passed on.",
    )
