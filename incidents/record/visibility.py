"""The way to an incident: by its reference or its id, through what the person may see."""

from functools import cache

from django.db.models import QuerySet

from incidents.record.models import Incident
from incidents.record.references import number_of
from people.models import User
from prepared import Prepared, prepared
from refusals.errors import NotVisible


def get_incident(user: User, ref: str) -> Incident:
    """The incident with that reference; unknown and not visible: ``NotVisible``. One query."""
    number = number_of(ref)
    if number is None:
        raise NotVisible
    incident = _visible(user.role).first(user.pk, number) if user.is_active else None
    if incident is None:
        raise NotVisible
    return incident


def is_visible(user: User, incident_id: int) -> bool:
    """Whether the person may know of that incident: ``visible_to`` for one. One query."""
    return user.is_active and bool(_seen(user.role)(user.pk, incident_id))


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
        """The incident of that number, if that person may see it."""
        return Incident.objects.visible_to(User(pk=person, role=role)).filter(number=number)

    return numbered
