"""The API's endpoints about invitations."""

from typing import Annotated

from ninja import Router, Status
from pydantic import Field

from api.schema import Answer, Body, Email
from incidents.invitations.actions import (
    MOST,
    accept_invitation,
    decline_invitation,
    invite,
    withdraw_invitation,
)
from incidents.invitations.queries import invited_to
from incidents.record.catalogue import find_service
from incidents.record.finding import incident_of, part_of
from incidents.record.models import RoleAssignment
from incidents.roster.answers import RoleAnswer, role_answer
from people.callers import HELPERS, RESPONDERS, ApiRequest
from people.queries import person_by_email

router = Router(auth=RESPONDERS, tags=["roster"])


class NewInvitations(Body):
    """Whom to invite, by address; a service's people; or both."""

    people: Annotated[list[Email], Field(max_length=MOST)] | None = None
    service: Annotated[str, Field(max_length=120)] | None = None


class Invitations(Answer):
    """Who is invited and not here yet."""

    invited: list[RoleAnswer]


class Decline(Body):
    """Why one cannot come."""

    note: Annotated[str, Field(max_length=1000)] | None = None


@router.post("/incidents/{ref}/invitations", response={200: Invitations, 201: Invitations})
def invite_people(request: ApiRequest, ref: str, body: NewInvitations) -> Status[Invitations]:
    """Invite people who are not here yet: 201, or 200 when nobody was new."""
    incident = incident_of(request, ref)
    people = [person_by_email(one, field="people") for one in body.people or []]
    service = None if body.service is None else find_service(body.service, field="service")
    new = invite(incident, by=request.auth, people=people, service=service)
    answer = Invitations(invited=[role_answer(one) for one in invited_to(incident)])
    return Status(201 if new else 200, answer)


@router.post("/invitations/{int:invitation_id}/accept", response=RoleAnswer, auth=HELPERS)
def accept(request: ApiRequest, invitation_id: int) -> RoleAnswer:
    """Come as I was invited. Any other act of mine on the incident says so too."""
    found = part_of(request, RoleAssignment.objects.all, invitation_id)
    return role_answer(accept_invitation(found.pk, by=request.auth))


@router.post("/invitations/{int:invitation_id}/decline", response=RoleAnswer, auth=HELPERS)
def decline(request: ApiRequest, invitation_id: int, body: Decline | None = None) -> RoleAnswer:
    """Say that I cannot come."""
    found = part_of(request, RoleAssignment.objects.all, invitation_id)
    note = (body.note if body else None) or ""
    return role_answer(decline_invitation(found.pk, by=request.auth, note=note))


@router.delete("/invitations/{int:invitation_id}", response={204: None})
def withdraw(request: ApiRequest, invitation_id: int) -> Status[None]:
    """Take an invitation back; of somebody who is here already nothing changes."""
    found = part_of(request, RoleAssignment.objects.all, invitation_id)
    withdraw_invitation(found.pk, by=request.auth)
    return Status(204, None)
