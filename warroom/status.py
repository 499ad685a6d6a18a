"""The editor that moves an incident along its life."""

from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.http import HttpResponse

from clock.queries import now
from incidents.endstate.sparklines import measured, signal_views
from incidents.lifecycle.actions import change_status
from incidents.record.models import OPEN_STATUSES, Incident, Status
from incidents.record.visibility import get_incident
from incidents.updates.actions import AllClear
from pages.editor import Editor
from pages.forms import EditForm, line, text
from people.requests import PersonRequest
from refusals.errors import Refused
from warroom.answering import answers_in, edit, on_incident

STATUS = "Status"
OPEN_ANDS = (*OPEN_STATUSES, Status.RESOLVED, Status.CANCELLED, Status.MERGED)


AFTERWARDS = (Status.CLOSED, *OPEN_STATUSES)


class StatusForm(EditForm):
    """The next step of the lifecycle; resolving carries its all-clear."""

    places = {
        "reason_required": "reason",
        "all_clear_required": "executive_summary",
        "summary_too_long": "executive_summary",
        "statement_required": "statement",
        "end_state_not_met": "override",
    }
    whens = {
        "reason": "open cancelled merged",
        "into": "merged",
        "executive_summary": "resolved",
        "statement": "resolved",
        "what_follows": "resolved",
        "watching": "resolved",
        "override": "resolved",
    }
    to = forms.ChoiceField(label="Status", widget=forms.Select(attrs={"autofocus": True}))
    reason = line("Why", 500, help_text="Needed for going back, reopening, cancelling and merging.")
    into = line("Merge into", 20, placeholder="INC-41")
    executive_summary = text(
        "All clear: what happened and that it is over",
        2000,
        help_text="Up to 280 characters, plain.",
    )
    what_follows = text("What follows", 2000)
    watching = line("Who watches tonight", 200)
    override = text(
        "If the end state is not met: resolve anyway, because the end state is not met, because",
        500,
        help_text="Only the commander. Every later page shows it.",
    )

    def __init__(self, *args: Any, incident: Incident, zone: ZoneInfo, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.ask_when(zone)
        if incident.statement_confirmed_at is None:
            self.fields["statement"] = text(
                "The miss, in plain words", 500, help_text="Confirm or reword it once."
            )
        self.questions_waiting = (
            list(incident.questions.waiting().select_related("by")) if incident.is_open else []
        )
        self.whens = dict(self.whens)
        for question in self.questions_waiting:
            name = f"answer_{question.pk}"
            self.fields[name] = line(f"{question.by.name}: “{question.text}”", 2000)
            self.whens[name] = "resolved"
        reachable = OPEN_ANDS if incident.is_open else AFTERWARDS
        self.fields["to"].choices = [  # type: ignore[attr-defined]
            (status.value, status.label) for status in reachable if status != incident.status
        ]

    def rests_on(self, name: str) -> bool:
        """What is left open counts where it ends."""
        return name == STATUS or self.cleaned_data["to"] in (Status.RESOLVED, Status.CLOSED)

    def refuse(self, refusal: Refused) -> None:
        """The refusal; where the signals say no, the click that keeps watching."""
        super().refuse(refusal)
        if refusal.code in ("end_state_not_met", "only_commander", "all_clear_required"):
            self.way_out = ("to", "monitoring", "Keep monitoring")


STEPS = [Status.INVESTIGATING, Status.IDENTIFIED, Status.MONITORING, Status.RESOLVED, Status.CLOSED]


@on_incident("GET", "POST")
def status(request: PersonRequest, incident: Incident) -> HttpResponse:
    """Change the status; the form offers the next step first, or ``to`` of the address."""
    asked = request.GET.get("to")
    known = {
        "to": asked if asked in Status.values else following(incident),
        "statement": incident.statement or incident.title,
    }
    zone = request.user.zone
    form = StatusForm(request.POST or None, incident=incident, zone=zone, initial=known)
    signals = signal_views(measured(incident.pk), now())
    waiting = list(incident.paused_work.waiting().select_related("owner"))
    owed = list(incident.obligations.owed().select_related("owner"))
    form.stand_on(
        **{
            STATUS: incident.get_status_display(),
            "Signals": "; ".join(f"{one.name}: {one.words}" for one in signals),
            "Paused": "; ".join(one.title for one in waiting),
            "Owed": "; ".join(one.name for one in owed),
            "Asked": "; ".join(one.text for one in form.questions_waiting),
        }
    )

    def act(values: dict[str, Any]) -> None:
        """One call; what only one of the ends carries is left out of the others."""
        to = values["to"]
        resolving = to == Status.RESOLVED
        all_clear = AllClear(
            executive_summary=values["executive_summary"],
            what_follows=values["what_follows"],
            watching=values["watching"],
            statement=values.get("statement", ""),
            answers=answers_in(values),
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
            occurred_at=values["occurred_at"],
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
            beside="warroom/endstate/_stands.html",
        ),
        said="Status changed.",
        signals=signals,
        waiting=waiting,
        owed=owed,
    )


def following(incident: Incident) -> str:
    """The step after the present one."""
    if incident.status not in STEPS:
        return Status.INVESTIGATING
    return STEPS[min(STEPS.index(Status(incident.status)) + 1, len(STEPS) - 1)]
