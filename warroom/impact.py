"""The editors of who is blocked."""

from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpResponse

from incidents.impact.actions import add_impact, change_impact, remove_impact
from incidents.impact.rules import LARGEST, PLACES
from incidents.record.models import Incident
from pages.editor import Editor
from pages.fields import MomentField, NumberField
from pages.forms import EditForm, line
from people.requests import PersonRequest
from refusals.errors import NotVisible
from warroom.answering import accepted, edit, on_incident

BOUNDS: dict[str, Any] = {"places": PLACES, "least": Decimal(0), "most": LARGEST}


class ImpactForm(EditForm):
    """Who is blocked, with a number and a rate."""

    halves = ("amount", "unit", "per_minute", "at")
    journey = line(
        "The journey that is interrupted",
        200,
        required=True,
        autofocus=True,
        placeholder="Order placement through the public API",
    )
    blocked = line("Who is blocked", 200, required=True, placeholder="every partner integration")
    amount = NumberField(label="How many", **BOUNDS)
    unit = line("Of what", 60, required=True, placeholder="failed orders")
    per_minute = NumberField(label="More every minute", required=False, **BOUNDS)

    def __init__(self, *args: Any, zone: ZoneInfo, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["at"] = MomentField(zone=zone, label="Counted at (empty: now)")


@on_incident("GET", "POST")
def new_impact(request: PersonRequest, incident: Incident) -> HttpResponse:
    """Say who is blocked."""
    form = ImpactForm(request.POST or None, zone=request.user.zone)
    return edit(
        request,
        incident,
        form,
        lambda values: add_impact(incident, by=request.user, **values),
        Editor("Who is blocked"),
        said="Impact recorded.",
    )


@on_incident("GET", "POST")
def impact(request: PersonRequest, incident: Incident, impact_id: int) -> HttpResponse:
    """Change or remove one impact."""
    found = incident.impacts.standing().filter(pk=impact_id).first()
    if found is None:
        raise NotVisible
    if request.POST.get("remove"):
        remove_impact(found.pk, by=request.user)
        return accepted(request, incident, "Removed.")
    initial = {name: getattr(found, name) for name in (*ImpactForm.base_fields, "at")}
    form = ImpactForm(request.POST or None, zone=request.user.zone, initial=initial)
    return edit(
        request,
        incident,
        form,
        lambda values: change_impact(found.pk, by=request.user, **values),
        Editor("Who is blocked", beside="warroom/shared/_remove.html"),
        said="Impact changed.",
    )
