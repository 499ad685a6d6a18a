"""Moving along the lifecycle: the next step, going back, resolving with its all-clear."""

from typing import Any

from django.http import HttpResponse

from incidents.actions.lifecycle import change_status
from incidents.actions.updates import AllClear
from incidents.forms.updates import StatusForm
from incidents.models import Incident, Status
from incidents.queries.incidents import get_incident
from incidents.views.answering import Editor, PersonRequest, edit, on_incident

STEPS = [Status.INVESTIGATING, Status.IDENTIFIED, Status.MONITORING, Status.RESOLVED, Status.CLOSED]


@on_incident("GET", "POST")
def status(request: PersonRequest, incident: Incident) -> HttpResponse:
    """Change the status; the form offers the next step first."""
    form = StatusForm(request.POST or None, incident=incident, initial={"to": following(incident)})

    def act(values: dict[str, Any]) -> None:
        """One call; what only one of the ends carries is left out of the others."""
        to = values["to"]
        resolving = to == Status.RESOLVED
        all_clear = AllClear(
            executive_summary=values["executive_summary"],
            what_follows=values["what_follows"],
            watching=values["watching"],
        )
        merging = to == Status.MERGED and values["into"]
        change_status(
            incident,
            by=request.user,
            to=to,
            reason=values["reason"],
            into=get_incident(request.user, values["into"]) if merging else None,
            all_clear=all_clear if resolving and values["executive_summary"] else None,
            override_reason=values["override"] if resolving else "",
        )

    return edit(
        request,
        incident,
        form,
        act,
        Editor(
            "Status",
            "Change",
            "Resolving sends the all-clear, ends the promises and lets people sleep.",
            beside="incidents/warroom/_waiting.html",
        ),
        said="Status changed.",
        waiting=incident.paused_work.waiting().select_related("owner"),
    )


def following(incident: Incident) -> str:
    """The step after the present one."""
    if incident.status not in STEPS:
        return Status.INVESTIGATING
    return STEPS[min(STEPS.index(Status(incident.status)) + 1, len(STEPS) - 1)]
