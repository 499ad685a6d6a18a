"""Seats of people who leave: they count as empty and pass on.

What is whose then: docs/practices.md, *People who leave*.
"""

from collections.abc import Iterable

from clock.queries import now
from deadlines.actions import owe, release_deadline
from incidents.record.locking import lock_incident
from incidents.record.models import (
    GUESTS,
    PATIENCE,
    SINGLE_SEATS,
    Incident,
    RoleAssignment,
    RosterRole,
    Service,
    SeverityPolicy,
)
from incidents.record.timeline import record
from incidents.roster.deadlines import CommandAcceptance, NoCommander
from incidents.roster.owed import ask_for_fix_owner
from incidents.roster.queries import who_hears
from incidents.roster.speaking import speaker_changed
from leaving.messages import PersonLeft
from people.leaving import Held, Holding, Passed, how_gone
from people.models import User


class Seats(Holding):
    """Roles on incidents that go on, and command that was offered."""

    name = "Seats"

    def held_by(self, person: User) -> list[Held]:
        """Each role with its incident. One query."""
        held = RoleAssignment.objects.filter(person=person, ended_at__isnull=True)
        return [
            Held(f"{one.get_role_display()} of {one.incident}", one.incident.get_absolute_url())
            for one in held.select_related("incident").order_by("incident_id", "id")
        ]

    def holders(self) -> Iterable[int]:
        """Whoever has a role that a stakeholder may not have."""
        held = RoleAssignment.objects.filter(ended_at__isnull=True)
        return held.exclude(role__in=GUESTS, person__is_active=True).values_list(
            "person", flat=True
        )

    def hand_on(self, person: User, *, by: User | None, to: User | None) -> Iterable[Passed]:
        """End every role; the seats are empty, and whoever comes next by the ladder hears it."""
        held = RoleAssignment.objects.filter(person=person, ended_at__isnull=True)
        for pk in sorted(set(held.values_list("incident_id", flat=True))):
            _leave(lock_incident(pk), person)
        return ()


def _leave(incident: Incident, person: User) -> None:
    moment = now()
    rows = list(
        RoleAssignment.objects.filter(incident=incident, person=person, ended_at__isnull=True)
    )
    for one in rows:
        one.ended_at = moment
        one.save(update_fields=["ended_at"])
    roles = {one.role for one in rows if one.accepted_at is not None}
    seats = [one.get_role_display().lower() for one in rows if one.role in SINGLE_SEATS]
    empty = f"; nobody is {' or '.join(seats)} now" if seats else ""
    if any(one.accepted_at is None and one.role == RosterRole.COMMANDER for one in rows):
        release_deadline(
            CommandAcceptance.name, incident, reason="Whom it was offered to has left."
        )
    record(
        incident,
        "left",
        by=None,
        text=f"{person.name} {how_gone(person)}{empty}",
        person=person.pk,
        roles=sorted(roles),
    )
    if not incident.is_open:
        return
    if RosterRole.COMMANDER in roles:
        owe(incident, NoCommander.name, incident, moment + PATIENCE)
    if roles & {RosterRole.COMMANDER, RosterRole.COMMUNICATIONS, RosterRole.DEPUTY}:
        speaker_changed(incident)
    if RosterRole.FIX_OWNER in roles:
        ask_for_fix_owner(incident, since=moment)
    if seats:
        hearing = who_hears(incident, RosterRole.COMMANDER)
        PersonLeft.tell(incident, [one for one in hearing if one != person], person, seats)


class ServicesOwned(Holding):
    """Services, and the place as an escalation contact."""

    name = "Services"

    def held_by(self, person: User) -> list[Held]:
        """Each service, and each severity whose broken promises they hear of. Two queries."""
        owned = [Held(f"owner of {one.name}") for one in Service.objects.filter(owner=person)]
        hears = SeverityPolicy.objects.filter(escalation_contacts=person)
        return owned + [
            Held(f"escalation contact of {one.get_severity_display()}") for one in hears
        ]

    def holders(self) -> Iterable[int]:
        """Whoever owns a service."""
        return Service.objects.filter(owner__isnull=False).values_list("owner", flat=True)

    def hand_on(self, person: User, *, by: User | None, to: User | None) -> Iterable[Passed]:
        """The services to ``to``, else to an administrator; nobody else is made a contact."""
        heirs = [to] if to is not None and to.is_responder else list(User.objects.admins())
        heir = next((one for one in heirs if one != person), None)
        owned = list(Service.objects.filter(owner=person))
        Service.objects.filter(owner=person).update(owner=heir)
        for service in Service.objects.filter(people=person):
            service.people.remove(person)
        for policy in SeverityPolicy.objects.filter(escalation_contacts=person):
            policy.escalation_contacts.remove(person)
            if heir is not None and not policy.escalation_contacts.exists():
                policy.escalation_contacts.add(heir)
        return [Passed(heir, f"the service {one.name}") for one in owned if heir is not None]


HOLDINGS = (Seats(), ServicesOwned())
