"""The API's endpoints about who does what."""

from typing import Annotated

from ninja import Router, Status
from pydantic import Field

from api.schema import Body, Email, Moment, OneOf
from incidents.record.finding import incident_of, part_of
from incidents.record.models import RoleAssignment, RosterRole
from incidents.roster.actions import assign_role, release_role
from incidents.roster.answers import RoleAnswer, role_answer
from incidents.roster.command import accept_command, accept_role, ask_commander, decline_role
from people.callers import HELPERS, RESPONDERS, ApiRequest
from people.queries import person_by_email
from refusals.errors import NotVisible

router = Router(auth=RESPONDERS, tags=["roster"])

Note = Annotated[str, Field(max_length=1000)]


class NewRole(Body):
    """A role for somebody, me when nobody is named; a held seat passes on with a note."""

    role: Annotated[str, OneOf(RosterRole)]
    person: Email | None = None
    note: Note | None = None
    occurred_at: Moment | None = None


class Release(Body):
    """Why, or what the next one should know."""

    note: Note | None = None


@router.post("/incidents/{ref}/roles", response={200: RoleAnswer, 201: RoleAnswer, 202: RoleAnswer})
def name_role(request: ApiRequest, ref: str, body: NewRole) -> Status[RoleAnswer]:
    """Name somebody to a role: 201, or 200 when they hold it already and nothing changes.

    Held command is offered to somebody else: 202, and it passes when they accept.
    """
    incident = incident_of(request, ref)
    person = person_by_email(body.person) if body.person else request.auth
    held = set(incident.roles.active().filter(role=body.role).values_list("pk", flat=True))
    role = assign_role(
        incident,
        by=request.auth,
        role=body.role,
        person=person,
        note=body.note or "",
        occurred_at=body.occurred_at,
    )
    if role.accepted_at is None:
        return Status(202, role_answer(role))
    return Status(200 if role.pk in held else 201, role_answer(role))


@router.post("/roles/{int:role_id}/accept", response=RoleAnswer)
def accept_offer(request: ApiRequest, role_id: int) -> RoleAnswer:
    """Take the seat that was offered to me."""
    offer = part_of(request, RoleAssignment.objects.all, role_id)
    return role_answer(accept_role(offer.pk, by=request.auth))


@router.post("/roles/{int:role_id}/decline", response=RoleAnswer)
def decline_offer(request: ApiRequest, role_id: int, body: Release | None = None) -> RoleAnswer:
    """Decline the seat that was offered to me."""
    offer = part_of(request, RoleAssignment.objects.all, role_id)
    note = (body.note if body else None) or ""
    return role_answer(decline_role(offer.pk, by=request.auth, note=note))


@router.delete("/incidents/{ref}/roles/{int:role_id}", response={204: None}, auth=HELPERS)
def end_role(
    request: ApiRequest,
    ref: str,
    role_id: int,
    body: Release | None = None,
    note: Note | None = None,
) -> Status[None]:
    """Release a role, the ``note`` in the body or the query. Command is handed over instead."""
    incident = incident_of(request, ref)
    if not incident.roles.filter(pk=role_id).exists():
        raise NotVisible
    release_role(role_id, by=request.auth, note=(body and body.note) or note or "")
    return Status(204, None)


@router.post("/incidents/{ref}/command/ask", response=RoleAnswer)
def ask(request: ApiRequest, ref: str) -> RoleAnswer:
    """Ask the commander to act or hand over; two minutes later command may be taken over."""
    incident = incident_of(request, ref)
    return role_answer(ask_commander(incident, by=request.auth))


@router.post("/incidents/{ref}/command/accept", response=RoleAnswer)
def accept(request: ApiRequest, ref: str) -> RoleAnswer:
    """Accept the command that was handed to me."""
    incident = incident_of(request, ref)
    return role_answer(accept_command(incident, by=request.auth))
