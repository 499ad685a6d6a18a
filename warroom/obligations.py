"""The editors that start a legal clock and settle it (P66)."""

from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.http import HttpResponse

from clock.queries import now
from clock.written import written
from incidents.obligations.actions import decline_obligation, file_obligation, start_obligation
from incidents.obligations.models import Obligation, ObligationTemplate
from incidents.record.models import Incident
from pages.editor import Editor
from pages.fields import MomentField
from pages.forms import EditForm, line
from people.models import User
from people.requests import PersonRequest
from refusals.errors import NotVisible
from warroom.answering import edit, on_incident

FILED, DECLINED = "filed", "declined"


class ObligationForm(EditForm):
    """A template, or a name with a due time; since when it counts, and whose it is."""

    halves = ("aware_at", "due_at")
    template = forms.ModelChoiceField(
        ObligationTemplate.objects.none(),
        label="Template",
        required=False,
        empty_label="None: I say when it is due",
    )
    name = line("What has to be filed", 120, help_text="Empty: the template’s name.")
    owner = forms.ModelChoiceField(User.objects.none(), label="Who files it", empty_label=None)

    def __init__(self, *args: Any, zone: ZoneInfo, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["template"].queryset = ObligationTemplate.objects.all()  # type: ignore[attr-defined]
        self.fields["owner"].queryset = User.objects.responders()  # type: ignore[attr-defined]
        self.fields["aware_at"] = MomentField(zone=zone, label="We are aware since", required=True)
        self.fields["due_at"] = MomentField(
            zone=zone, label="Due at", required=False, help_text="Empty: the template’s times."
        )
        self.order_fields(["template", "name", "aware_at", "due_at", "owner"])


class SettlementForm(EditForm):
    """Filed with its reference, or not applying with a reason."""

    places = {"proof_required": "reference", "reason_required": "reason"}
    whens = {"reference": FILED, "at": FILED, "reason": DECLINED}
    to = forms.ChoiceField(
        label="It",
        choices=[(FILED, "was filed"), (DECLINED, "does not apply")],
        widget=forms.RadioSelect,
        initial=FILED,
    )
    reference = line("Reference of the filing", 300, help_text="The proof: a number, a link.")
    reason = line("Why it does not apply", 500)

    def __init__(self, *args: Any, zone: ZoneInfo, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["at"] = MomentField(
            zone=zone, label="Filed at", required=False, help_text="Empty: just now."
        )
        self.order_fields(["to", "reference", "at", "reason"])


START = Editor(
    "A legal clock",
    "Start the clock",
    "What the law asks for your lawyers know; the clock is kept here. It runs at any hour, and on "
    "after the incident is over.",
)


@on_incident("GET", "POST")
def new_obligation(request: PersonRequest, incident: Incident) -> HttpResponse:
    """Write down what has to be filed."""
    aware = incident.detected_at or incident.declared_at
    initial = {"owner": request.user.pk, "aware_at": min(aware, now())}
    form = ObligationForm(request.POST or None, zone=request.user.zone, initial=initial)
    return edit(
        request,
        incident,
        form,
        lambda values: start_obligation(incident, by=request.user, **values),
        START,
        said="The clock runs. Who files it knows.",
    )


@on_incident("GET", "POST")
def obligation(request: PersonRequest, incident: Incident, obligation_id: int) -> HttpResponse:
    """Settle one."""
    rows = incident.obligations.select_related("owner", "settled_by")
    found = rows.filter(pk=obligation_id).first()
    if found is None:
        raise NotVisible
    form = SettlementForm(request.POST or None, zone=request.user.zone)
    form.settled = _became(found)

    def act(values: dict[str, Any]) -> None:
        if values["to"] == FILED:
            file_obligation(
                found.pk, by=request.user, reference=values["reference"], at=values["at"]
            )
        else:
            decline_obligation(found.pk, by=request.user, reason=values["reason"])

    due = f"{found.owner.name} files it by {written(found.due_at)}."
    return edit(request, incident, form, act, Editor(found.name, "Settle", due), said="Settled.")


def _became(found: Obligation) -> str:
    """What became of one that is settled, in a sentence."""
    if found.is_owed:
        return ""
    who = found.settled_by.name if found.settled_by else "Somebody"
    if found.filed_at is not None:
        return f"{who} filed it at {written(found.filed_at)}: {found.reference}"
    return f"{who} said that it does not apply: {found.declined_because}"
