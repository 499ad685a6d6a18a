"""The way to an incident through what a person may see, and the way back: whom it may be told."""

from collections.abc import Collection, Sequence
from functools import cache

from django.db.models import OuterRef, QuerySet, Subquery

from api.mentions import note_about
from incidents.record.models import GROWN, Incident, RoleAssignment, RosterRole
from incidents.record.references import number_of
from notifications.about import About
from notifications.verdicts import Verdict, drop
from people.models import User
from prepared import Prepared, prepared
from refusals.errors import Forbidden, NotVisible


def get_incident(user: User, ref: str) -> Incident:
    """The incident with that reference; unknown and not visible: ``NotVisible``. One query."""
    number = number_of(ref)
    if number is None:
        raise NotVisible
    incident = _visible(user.role).first(user.pk, number) if user.is_active else None
    if incident is None:
        raise NotVisible
    note_about(incident.pk)
    return incident


def is_visible(user: User, incident_id: int) -> bool:
    """Whether the person may know of that incident: ``visible_to`` for one. One query."""
    return user.is_active and bool(_seen(user.role)(user.pk, incident_id))


def helps(user: User, incident_id: int) -> bool:
    """Whether a stakeholder is invited as helper, or is or was one until it ended. One query.

    Always false of who responds: they need no invitation.
    """
    if user.is_responder or not user.is_active:
        return False
    held = RoleAssignment.objects.of_the_roster().filter(role=RosterRole.HELPER, person=user)
    return held.filter(incident=incident_id).exists()


def helps_anywhere(user: User) -> bool:
    """Whether a stakeholder helps on some incident now, or is invited to. One query."""
    held = RoleAssignment.objects.filter(role=RosterRole.HELPER, person=user)
    return user.is_active and held.filter(ended_at__isnull=True).exists()


def check_may_enter(user: User, incident_id: int) -> None:
    """Refuse (``Forbidden``) the war room to who neither responds nor helps there.

    No query for who responds, else one.
    """
    if not user.is_responder and not helps(user, incident_id):
        raise Forbidden("The war room is for responders. Your page is under Stakeholders.")


def which_are_visible(user: User, incidents: Collection[int]) -> set[int]:
    """Which of these incidents, by primary key, the person may know of. One query."""
    seen = Incident.objects.visible_to(user).filter(pk__in=incidents)
    return set(seen.order_by().values_list("pk", flat=True))


def check_visible(user: User, incidents: Collection[int]) -> None:
    """Raise ``NotVisible`` where one of them is not the person's to know of. One query."""
    if which_are_visible(user, incidents) < set(incidents):
        raise NotVisible


def who_sees(people: Sequence[User], incident: Incident) -> set[int]:
    """Which of ``people`` may know of an incident at hand: ``visible_to`` the other way round.

    Primary keys. No query where nobody needs the roster for it, else one.
    """
    seeing = {person.pk for person in people if incident.is_public_to(person)}
    asked = [person.pk for person in people if person.is_active and person.pk not in seeing]
    if asked:
        held = RoleAssignment.objects.of_the_roster().filter(incident=incident, person__in=asked)
        seeing |= set(held.order_by().values_list("person", flat=True))
    return seeing


def verdict_on_seeing(people: Sequence[User], about: About) -> dict[int, Verdict]:
    """Nothing is told about an incident to those who may not see it: privacy, and who left it.

    An incident at hand costs what ``who_sees`` does; one known by its key a query a person.
    """
    if isinstance(about, Incident):
        seeing = who_sees(people, about)
    else:
        seeing = {person.pk for person in people if is_visible(person, about.pk)}
    blind = drop("They may not see the incident any more.")
    return {person.pk: blind for person in people if person.pk not in seeing}


@cache
def _seen(role: str) -> Prepared[[int, int], int]:
    """The incident's id, if somebody of that role may know of it."""

    @prepared
    def seen(person: int, incident: int) -> "QuerySet[Incident, int]":
        rows = Incident.objects.visible_to(User(pk=person, role=role)).filter(pk=incident)
        return rows.order_by().values_list("pk", flat=True)

    return seen


@cache
def _visible(role: str) -> Prepared[[int, int], Incident]:
    """How people of that role find an incident; every page of one begins with it."""

    @prepared
    def numbered(person: int, number: int) -> "QuerySet[Incident]":
        """The incident of that number, if that person may see it, with what it has ``grown`` to."""
        seen = Incident.objects.visible_to(User(pk=person, role=role)).filter(number=number)
        this = Incident.objects.filter(pk=OuterRef("pk")).order_by()
        return seen.annotate(grown=Subquery(this.annotate(grown=GROWN).values("grown")))

    return numbered
