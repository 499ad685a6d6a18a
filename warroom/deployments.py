"""The buttons of what changed just before: this one, and the card that undoes it (P17)."""

from django.http import HttpResponse

from incidents.board.actions import add_card
from incidents.cards.models import Column
from incidents.deployments.models import Suspect
from incidents.deployments.suspecting import suspect_deployment, way_back_of
from incidents.record.models import Incident
from people.requests import PersonRequest
from refusals.errors import NotVisible
from warroom.answering import accepted, on_incident
from warroom.moving import serves_value
from warroom.prefilled import likely_serves
from warroom.room import room_of


@on_incident("POST")
def suspect(request: PersonRequest, incident: Incident, deployment_id: int) -> HttpResponse:
    """Take this deployment for the cause."""
    suspect_deployment(incident, deployment_id, by=request.user)
    return accepted(request, incident, "Taken for the cause: a hypothesis is open.")


@on_incident("POST")
def way_back(request: PersonRequest, incident: Incident, deployment_id: int) -> HttpResponse:
    """Put the card that rolls the suspected deployment back into Next, once."""
    found = (
        Suspect.objects.filter(incident=incident, deployment=deployment_id)
        .select_related("deployment__service")
        .first()
    )
    if found is None:
        raise NotVisible
    card = way_back_of(found)
    standing = incident.cards.filter(undoes=card.undoes).exclude(column=Column.DONE)
    if standing.exists():
        return accepted(request, incident, "It is on the board already.")
    add_card(
        incident,
        by=request.user,
        title=card.title,
        undoes=card.undoes,
        tests=card.tests,
        column=Column.NEXT,
        serves=serves_value(likely_serves(room_of(incident))),
    )
    return accepted(request, incident, "The card is in Next. Say how risky it is before it starts.")
