"""The editors of who is blocked."""

from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.http import HttpResponse

from incidents.endstate.models import Signal
from incidents.impact.actions import add_impact, change_impact, remove_impact
from incidents.impact.rules import LARGEST, PLACES
from incidents.record.models import Incident
from pages.editor import Editor
from pages.fields import MomentField, NumberField
from pages.forms import EditForm, line
from people.requests import PersonRequest
from warroom.answering import accepted, edit, on_incident
from warroom.finding import standing_or_left

BOUNDS: dict[str, Any] = {"places": PLACES, "least": Decimal(0), "most": LARGEST}


ORDER = (
    "journey",
    "blocked",
    "amount",
    "unit",
    "per_minute",
    "signal",
    "currency",
    "at",
    "cut_off",
    "cut_off_at",
    "story",
)


class ImpactForm(EditForm):
    """Who is blocked, with a number and a rate."""

    remembers = True
    halves = ("amount", "unit", "per_minute", "signal", "currency", "at", "cut_off", "cut_off_at")
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

    signal = forms.ModelChoiceField(
        Signal.objects.none(),
        label="Or read from",
        required=False,
        empty_label="no signal",
    )
    currency = line("Currency, for money", 3, placeholder="EUR")
    cut_off = line("It gets worse at", 120, placeholder="the 18:00 settlement")
    story = line(
        "One customer’s or team’s story",
        300,
        help_text="One sentence, optional. It never stands behind a share link.",
    )

    def __init__(self, *args: Any, incident: Incident, zone: ZoneInfo, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        standing = Signal.objects.standing().filter(incident=incident)
        self.fields["signal"].queryset = standing  # type: ignore[attr-defined]
        self.fields["at"] = MomentField(zone=zone, label="Counted at (empty: now)")
        self.fields["cut_off_at"] = MomentField(zone=zone, label="When that is")
        self.order_fields(ORDER)


@on_incident("GET", "POST")
def new_impact(request: PersonRequest, incident: Incident) -> HttpResponse:
    """Say who is blocked."""
    form = ImpactForm(request.POST or None, incident=incident, zone=request.user.zone)
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
    found, removed = standing_or_left(request, incident.impacts, impact_id)
    if request.POST.get("remove"):
        remove_impact(found.pk, by=request.user)
        return accepted(request, incident, "Removed.")
    names = (*ImpactForm.base_fields, "at", "cut_off_at")
    form = ImpactForm(
        request.POST or None,
        incident=incident,
        zone=request.user.zone,
        initial={name: getattr(found, name) for name in names},
    )
    form.settled = removed
    return edit(
        request,
        incident,
        form,
        lambda values: change_impact(found.pk, by=request.user, **values),
        Editor("Who is blocked", beside="warroom/shared/_remove.html"),
        said="Impact changed.",
    )
