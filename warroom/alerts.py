"""The button beside an alert: it was only noise, or not (P56)."""

from django.http import HttpResponse

from alerts.actions import mark_noise
from incidents.record.models import Incident
from people.requests import PersonRequest
from refusals.errors import NotVisible
from warroom.answering import accepted, on_incident


@on_incident("POST")
def noise(request: PersonRequest, incident: Incident, alert_id: int) -> HttpResponse:
    """Mark it as noise (``is=noise``), or take that back."""
    if not incident.alerts.filter(pk=alert_id).exists():
        raise NotVisible
    is_noise = request.POST.get("is") == "noise"
    mark_noise(alert_id, by=request.user, is_noise=is_noise)
    said = "Marked: the review asks what becomes of it." if is_noise else "It counts again."
    return accepted(request, incident, said)
