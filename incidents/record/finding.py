"""Finding what an address names, only when its incident is visible to the caller.

Unknown and hidden are the same ``NotVisible``.
"""

from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar

from django.db.models import Model, QuerySet

from api.mentions import note_about
from incidents.record.models import Incident
from incidents.record.visibility import check_may_enter, get_incident
from people.callers import ApiRequest, what_was_asked
from people.models import User
from people.queries import person_by_email
from prepared import Prepared, prepared
from refusals.errors import NotVisible

M = TypeVar("M", bound=Model)


def incident_of(request: ApiRequest, ref: str) -> Incident:
    """The incident with that reference. One query, another for a helper's call."""
    incident = get_incident(request.auth, ref)
    _check_helper(request, incident.pk)
    return incident


def part_of(request: ApiRequest, parts: Callable[[], QuerySet[M]], part_id: int) -> M:
    """One of an incident's parts (a card, a signal) by id, its ``incident`` loaded. One query.

    ``parts`` answers which ones there are; it is asked once.
    """
    person = request.auth
    part = _part(parts, person.role).first(person.pk, part_id) if person.is_active else None
    if part is None:
        raise NotVisible
    note_about(part.incident_id)
    _check_helper(request, part.incident_id)
    return part  # type: ignore[no-any-return]


def _check_helper(request: ApiRequest, incident_id: int) -> None:
    """A stakeholder whom the call let in because they help somewhere must help here."""
    if what_was_asked(request).get("responders_only"):
        check_may_enter(request.auth, incident_id)


@cache
def _part(parts: Callable[[], QuerySet[M]], role: str) -> Prepared[[int, int], M]:
    """How people of that role find one of these parts."""

    @prepared
    def found(person: int, part: int) -> "QuerySet[M]":
        visible = Incident.objects.visible_to(User(pk=person, role=role))
        return parts().select_related("incident").filter(pk=part, incident__in=visible).order_by()  # type: ignore[no-any-return]

    return found


def people_in(given: dict[str, Any], *fields: str) -> dict[str, Any]:
    """``given`` with the addresses in ``fields`` replaced by the people they name."""
    people: dict[str, User | None] = {
        field: person_by_email(given[field], field=field) if given[field] else None
        for field in fields
        if field in given
    }
    return {**given, **people}
