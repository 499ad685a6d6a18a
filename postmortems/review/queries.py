"""Finding a review, and who leads it by default."""

from django.db.models import F

from incidents.record.models import Incident, RoleAssignment, RosterRole
from incidents.record.visibility import get_incident, is_visible
from people.models import User
from postmortems.review.models import Postmortem
from refusals.errors import NotVisible


def get_postmortem(user: User, ref: str) -> Postmortem:
    """The review of the incident with that reference, its incident loaded. One or two queries.

    Raises ``NotVisible`` when there is none, or it is not for this person to see.
    """
    incident = get_incident(user, ref)
    found = (
        Postmortem.objects.visible_to(user)
        .filter(incident=incident)
        .select_related("incident", "facilitator", "published_by", "facts_agreed_by")
        .first()
    )
    if found is None:
        raise NotVisible
    return found


def last_holder(incident: Incident, role: str) -> User | None:
    """Who holds a seat, or held it last. One query."""
    held = RoleAssignment.objects.filter(
        incident=incident, role=role, accepted_at__isnull=False, person__is_active=True
    )
    order = F("ended_at").desc(nulls_first=True)
    assignment = held.select_related("person").order_by(order, "-id").first()
    return assignment.person if assignment else None


def choose_facilitator(incident: Incident) -> User | None:
    """Who runs the review unless somebody says otherwise: the commander, never the fix owner.

    When the commander fixed it too: deputy, communications, scribe, another responder of the
    roster, a service's owner, an administrator; who fixed it, when nobody else is left.
    """
    fixer = last_holder(incident, RosterRole.FIX_OWNER)
    for role in (
        RosterRole.COMMANDER,
        RosterRole.DEPUTY,
        RosterRole.COMMUNICATIONS,
        RosterRole.SCRIBE,
        RosterRole.RESPONDER,
    ):
        person = last_holder(incident, role)
        if person is not None and person != fixer and person.is_responder:
            return person
    owners = User.objects.responders().filter(pk__in=incident.services.values("owner"))
    others: list[User] = [*owners, *User.objects.admins()]
    for person in others:
        if person != fixer and is_visible(person, incident.pk):
            return person
    return fixer if fixer is not None and fixer.is_responder else None


def owners_above(incident: Incident, *besides: User | None) -> list[User]:
    """Who hears when a promise of the review stays broken: service owners, else administrators.

    Only active people who may see the incident, and none of ``besides`` unless nobody else is left.
    """
    asked = {person.pk for person in besides if person is not None}
    for people in (
        User.objects.active().filter(pk__in=incident.services.values("owner")),
        User.objects.admins(),
    ):
        seeing = [person for person in people if is_visible(person, incident.pk)]
        if left := [person for person in seeing if person.pk not in asked]:
            return left
    return []
