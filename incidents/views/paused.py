"""Side work that waits for the incident (P07)."""

from django.http import HttpResponse

from incidents.actions.paused import pause_work, settle_paused_work
from incidents.forms.paused import PauseForm, SettleForm
from incidents.models import Incident
from incidents.views.answering import Editor, PersonRequest, edit, on_incident
from refusals.errors import NotVisible

PAUSE = Editor(
    "Pause side work",
    "Pause",
    "Its owner is told. Before the incident closes each piece is resumed or dropped.",
)


@on_incident("GET", "POST")
def new_paused_work(request: PersonRequest, incident: Incident) -> HttpResponse:
    """Write down what waits."""
    form = PauseForm(request.POST or None, initial={"owner": request.user.pk})
    return edit(
        request,
        incident,
        form,
        lambda values: pause_work(incident, by=request.user, **values),
        PAUSE,
        said="Paused. Its owner knows.",
    )


@on_incident("GET", "POST")
def paused_work(request: PersonRequest, incident: Incident, work_id: int) -> HttpResponse:
    """Resume or drop one piece."""
    found = incident.paused_work.waiting().select_related("owner").filter(pk=work_id).first()
    if found is None:
        raise NotVisible
    form = SettleForm(request.POST or None)
    return edit(
        request,
        incident,
        form,
        lambda values: settle_paused_work(found.pk, by=request.user, **values),
        Editor(f"Paused: {found.title}", "Settle", f"{found.owner.name}: {found.why}"),
        said="Settled.",
    )
