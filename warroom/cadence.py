"""The editor of how often stakeholders hear (P40)."""

from typing import Any

from django import forms
from django.http import HttpResponse

from clock.zones import zone_names
from incidents.lifecycle.details import change_incident
from incidents.record.models import Incident
from incidents.record.zones import zone_of
from incidents.roster.queries import people_on
from pages.editor import Editor
from pages.fields import offering
from pages.forms import EditForm, line
from people.models import User
from people.requests import PersonRequest
from warroom.answering import edit, on_incident

INTERVAL, RECOVERY = "interval", "recovery"


class CadenceForm(EditForm):
    """By the policy, or at set times with quiet hours."""

    remembers = True
    places = {"reason_required": "reason", "only_commander": "how"}
    halves = ("daily_at", "time_zone", "quiet_from", "quiet_until")
    how = forms.ChoiceField(
        label="Stakeholders hear",
        choices=[
            (INTERVAL, "as often as the severity asks"),
            (RECOVERY, "at set times: recovery takes days"),
        ],
        widget=forms.RadioSelect,
    )
    daily_at = line("Daily at", 120, placeholder="09:00, 17:00")
    time_zone = line("In the zone", 64)
    quiet_from = line("Quiet from", 8, placeholder="20:00")
    quiet_until = line("Quiet until", 8, placeholder="08:00")
    watching = forms.ModelChoiceField(
        User.objects.none(),
        label="On watch in quiet hours",
        required=False,
        empty_label="the commander",
        help_text="Nobody else is nudged then.",
    )
    reason = line("Why nobody needs to hear sooner", 500, help_text="Needed in the first 24 hours.")

    def __init__(self, *args: Any, incident: Incident, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = User.objects.filter(pk__in=[one.pk for one in people_on(incident)])
        choices = offering(people, incident.watching_id)
        self.fields["watching"].queryset = choices  # type: ignore[attr-defined]

    def clean_time_zone(self) -> str:
        """A real zone."""
        zone: str = self.cleaned_data["time_zone"]
        if zone and zone not in zone_names():
            raise forms.ValidationError("A time zone such as Europe/Berlin.")
        return zone


@on_incident("GET", "POST")
def cadence(request: PersonRequest, incident: Incident) -> HttpResponse:
    """Show how often stakeholders hear, or change it."""
    form = CadenceForm(request.POST or None, incident=incident, initial=known(incident))
    return edit(
        request,
        incident,
        form,
        lambda values: change_incident(incident, by=request.user, cadence=as_cadence(values)),
        Editor(
            "How often stakeholders hear",
            intro="The commander sets it. A promise given already is never put off by it.",
        ),
        said="Cadence set.",
    )


def known(incident: Incident) -> dict[str, Any]:
    """The fields as far as they can be known."""
    return {
        "how": RECOVERY if incident.is_in_recovery else INTERVAL,
        "daily_at": ", ".join(f"{one:%H:%M}" for one in incident.set_times) or "09:00",
        "time_zone": zone_of(incident).key,
        "quiet_from": f"{incident.quiet_from:%H:%M}" if incident.quiet_from else "",
        "quiet_until": f"{incident.quiet_until:%H:%M}" if incident.quiet_until else "",
        "watching": incident.watching_id,
    }


def as_cadence(values: dict[str, Any]) -> str | dict[str, Any]:
    """What the action takes."""
    if values["how"] == INTERVAL:
        return "interval"
    quiet = [values["quiet_from"] or None, values["quiet_until"] or None]
    return {
        "daily_at": [one for one in values["daily_at"].replace(",", " ").split() if one],
        "time_zone": values["time_zone"],
        "quiet": quiet if any(quiet) else None,
        "watching": values["watching"],
        "reason": values["reason"],
    }
