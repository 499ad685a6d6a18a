"""Who is on an incident now, in which role, and who hears when a seat is empty."""

from collections.abc import Iterable

from django.db.models import QuerySet

from clock.queries import now
from incidents.record.models import Incident, Kind, RoleAssignment, RosterRole
from incidents.record.queries import policy_of
from incidents.record.visibility import is_visible
from people.models import User
from prepared import prepared


def holder_of(incident: Incident, role: str) -> User | None:
    """Who holds a single seat now, or nobody. One query."""
    held = next((one for one in roster(incident) if one.role == role), None)
    return held.person if held else None


def commander_of(incident: Incident) -> User | None:
    """Who commands now, or nobody. One query."""
    return holder_of(incident, RosterRole.COMMANDER)


def is_solo(incident: Incident) -> bool:
    """Whether just one person is active on the roster, observers not counted. One query."""
    return people_at_work(incident) == 1


def people_at_work(incident: Incident) -> int:
    """How many people are there on the roster, observers and who is away not counted.

    One query, another where somebody was asked.
    """
    held = present(roster(incident))
    return len({one.person_id for one in held if one.role != RosterRole.OBSERVER})


def present(held: Iterable[RoleAssignment]) -> list[RoleAssignment]:
    """Those of ``held`` whose people are not away (docs/practices.md, *Active and away*).

    One query for the moment, where somebody was asked; else none.
    """
    held = list(held)
    if not any(one.is_asked for one in held):
        return held
    moment = now()
    away = {one.person_id for one in held if one.is_away_at(moment)}
    return [one for one in held if one.person_id not in away]


def speaker_of(incident: Incident, held: Iterable[RoleAssignment] | None = None) -> User | None:
    """Who owes the next update: communications, else the commander.

    One query, none where the roster is ``held`` at hand.
    """
    present_ones = present(roster(incident) if held is None else held)
    by_role = {one.role: one.person for one in present_ones}
    return by_role.get(RosterRole.COMMUNICATIONS) or by_role.get(RosterRole.COMMANDER)


def owes_word(incident: Incident, held: Iterable[RoleAssignment] | None = None) -> User | None:
    """Who owes the next update: whoever speaks, else the next in line.

    Three queries at most, one less where the roster is ``held`` at hand.
    """
    speaker = speaker_of(incident, held)
    if speaker is not None:
        return speaker
    return next(iter(who_hears(incident, RosterRole.COMMUNICATIONS)), None)


def roster(incident: Incident) -> list[RoleAssignment]:
    """Every active role with its person, in the order they were taken. One query."""
    return _roster(incident.pk)


@prepared
def _roster(incident: int) -> "QuerySet[RoleAssignment]":
    held = RoleAssignment.objects.active().filter(incident=incident)
    return held.select_related("person").order_by("started_at", "id")


def roles_of(person: User, incident: Incident) -> list[RoleAssignment]:
    """The roles somebody holds now, the person not loaded. One query."""
    return _roles_of(incident.pk, person.pk)


@prepared
def _roles_of(incident: int, person: int) -> "QuerySet[RoleAssignment]":
    return RoleAssignment.objects.active().filter(incident=incident, person=person)


def who_hears(incident: Incident, *roles: str) -> list[User]:
    """The holders of ``roles``; where a seat is empty, the next in line instead (one person each).

    The order: communications, commander, deputy, service owner, admins. Three queries at most.
    """
    holders = {one.role: one.person for one in present(roster(incident))}
    order = (RosterRole.COMMUNICATIONS, RosterRole.COMMANDER, RosterRole.DEPUTY)
    hearing: list[User] = []
    for role in roles:
        after = order[order.index(RosterRole(role)) :] if role in order else (role, *order)
        person = next((holders[one] for one in after if one in holders), None)
        for found in [person] if person else beyond_the_roster(incident):
            if found not in hearing:
                hearing.append(found)
    return hearing


def beyond_the_roster(incident: Incident) -> list[User]:
    """Who hears when nobody on the roster can: the services' owners, else the admins.

    Only people who may see the incident. Two queries at most.
    """
    owners = User.objects.active().filter(pk__in=incident.services.values("owner"))
    found = [one for one in owners if is_visible(one, incident.pk)]
    return found or list(User.objects.admins())


def people_on(incident: Incident) -> list[User]:
    """The active people of the roster who may own work. One query."""
    held = incident.roles.active().exclude(role=RosterRole.OBSERVER)
    return list(User.objects.filter(pk__in=held.values("person_id")))


def escalation_contacts(incident: Incident) -> list[User]:
    """Whom the policy names, as far as they may see it; a drill stays on its own roster."""
    if incident.kind == Kind.DRILL:
        return who_hears(incident, RosterRole.COMMANDER)
    policy = policy_of(incident.severity)
    contacts = list(policy.escalation_contacts.filter(is_active=True)) if policy else []
    seeing = [one for one in contacts if is_visible(one, incident.pk)]
    return seeing or beyond_the_roster(incident)
