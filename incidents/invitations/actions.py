"""Inviting people to an incident: a role that is offered, and taken by acting (P08).

An invitation lets them see a private incident. Who responds is invited as responder, a stakeholder
as helper.
"""

from collections.abc import Iterable

from django.db import transaction

from clock.queries import now
from incidents.invitations.messages import InvitationDeclined, Invited
from incidents.invitations.queries import people_of
from incidents.record.models import SINGLE_SEATS, Incident, RoleAssignment, RosterRole, Service
from incidents.record.timeline import record
from incidents.roster.permissions import Act, check_may
from incidents.roster.presence import enter
from pages.texts import read_text
from people.models import User
from refusals.errors import Forbidden, Invalid, NotVisible, Refused

MOST = 100


@transaction.atomic
def invite(
    incident: Incident, *, by: User, people: Iterable[User] = (), service: Service | None = None
) -> list[RoleAssignment]:
    """Invite ``people``, and those of ``service``, who are not here yet; answers the invitations.

    Only the new ones: who is on the roster, or invited already, is not invited twice. They hear of
    it and join by acting. A stakeholder comes as helper; to a private incident only the commander
    or an administrator invites one (``only_commander``), by name. Refuses people who left, more
    than ``MOST``, nobody at all (``Invalid``) and an ended incident (``invalid_transition``).
    """
    incident = enter(incident, by=by)
    if not incident.is_open:
        raise Refused("invalid_transition", "It has ended. Reopen it to bring people back.")
    named = list(dict.fromkeys(people))
    _check_named(incident, named, by=by, is_all=service is None)
    coming = dict.fromkeys([*named, *(people_of(service, incident) if service else ())])
    here = RoleAssignment.objects.filter(incident=incident, ended_at__isnull=True)
    known = set(here.values_list("person", flat=True))
    moment = now()
    new = [
        RoleAssignment.objects.create(
            incident=incident,
            role=RosterRole.RESPONDER if person.is_responder else RosterRole.HELPER,
            person=person,
            assigned_by=by,
            started_at=moment,
        )
        for person in coming
        if person.pk not in known
    ]
    if not new:
        return []
    names = [one.person.name for one in new]
    said = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
    record(
        incident,
        "invited",
        by=by,
        text=f"invited {said}" + (f", for {service.name}" if service else ""),
        people=[one.person_id for one in new],
        service=service.slug if service else None,
    )
    Invited.tell(incident, new, by=by)
    return new


def _check_named(incident: Incident, named: list[User], *, by: User, is_all: bool) -> None:
    if not named and is_all:
        raise Invalid({"people": "Say whom to invite, or the people of which service."})
    if len(named) > MOST:
        raise Invalid({"people": f"At most {MOST} at once."})
    for person in named:
        if not person.is_active:
            raise Invalid({"people": f"{person.name} does not take part in incidents here."})
    if incident.private and any(not person.is_responder for person in named):
        check_may(incident, by, Act.INVITE)


@transaction.atomic
def accept_invitation(invitation_id: int, *, by: User) -> RoleAssignment:
    """Come as one was invited, as any act on the incident does too; twice is once.

    Refuses another's invitation and a program (``Forbidden``), which joins no roster, and one that
    ended (``invalid_transition``).
    """
    found = _own(invitation_id, by=by)
    if by.is_program:
        raise Forbidden("A program joins no roster. Its person comes to the page.")
    enter(found.incident_id, by=by, helpers=True)
    invitation = _fresh(invitation_id)
    if invitation.ended_at is not None:
        raise Refused("invalid_transition", "That invitation does not stand any more.")
    return invitation


@transaction.atomic
def decline_invitation(invitation_id: int, *, by: User, note: str = "") -> RoleAssignment:
    """Say that one cannot come; whoever invited hears it. Twice is once.

    Refuses another's invitation (``Forbidden``) and who is here (``invalid_transition``).
    """
    note = read_text("note", note, 1000)
    found = _own(invitation_id, by=by)
    incident = enter(found.incident_id, by=by, joins=False, helpers=True)
    invitation = _fresh(invitation_id)
    if invitation.ended_at is not None:
        return invitation
    if invitation.accepted_at is not None:
        raise Refused("invalid_transition", "You are here. Leave the roster when you have to.")
    why = f": {note}" if note else ""
    _end(incident, invitation, "invitation_declined", f"cannot come{why}", by=by)
    InvitationDeclined.tell(incident, invitation, note=note)
    return invitation


@transaction.atomic
def withdraw_invitation(invitation_id: int, *, by: User) -> RoleAssignment:
    """Take an invitation back; of who is here, and twice, nothing changes.

    To a private incident whoever leads or an administrator does (``only_commander``).
    """
    found = _invitation(invitation_id)
    incident = enter(found.incident_id, by=by)
    invitation = _fresh(invitation_id)
    if invitation.ended_at is not None or invitation.accepted_at is not None:
        return invitation
    if incident.private:
        check_may(incident, by, Act.REMOVE)
    _end(incident, invitation, "invitation_withdrawn", f"uninvited {invitation.person.name}", by=by)
    return invitation


def _invitation(invitation_id: int) -> RoleAssignment:
    found = RoleAssignment.objects.exclude(role__in=SINGLE_SEATS).filter(pk=invitation_id).first()
    if found is None:
        raise NotVisible
    return found


def _own(invitation_id: int, *, by: User) -> RoleAssignment:
    """The invitation, if it is the caller's to answer."""
    found = _invitation(invitation_id)
    if found.person_id != by.pk:
        raise Forbidden("It was offered to somebody else; only they can answer.")
    return found


def _fresh(invitation_id: int) -> RoleAssignment:
    """It, as it is under the incident's lock."""
    return RoleAssignment.objects.select_related("person", "assigned_by").get(pk=invitation_id)


def _end(incident: Incident, invitation: RoleAssignment, kind: str, text: str, *, by: User) -> None:
    invitation.ended_at = now()
    invitation.save(update_fields=["ended_at"])
    record(incident, kind, by=by, text=text, person=invitation.person_id)
