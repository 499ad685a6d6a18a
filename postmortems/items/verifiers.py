"""Who may verify an action item: somebody who never owned it and did not mark it done (P58)."""

from collections.abc import Iterator

from incidents.record.visibility import is_visible
from people.models import User
from postmortems.items.models import ActionItem


def has_had(item: ActionItem, person: User) -> bool:
    """Whether ``person`` ever owned the item or said that it is done. One query."""
    return item.done_by_id == person.pk or item.owners.filter(pk=person.pk).exists()


def verifier_of(item: ActionItem) -> User | None:
    """Who is asked to verify: the facilitator, who wrote the item, else anybody else who may.

    Only who never had it and may see the incident; ``None`` when nobody else is left.
    """
    had = {*item.owners.values_list("pk", flat=True), item.owner_id, item.done_by_id}
    return next(
        (
            person
            for person in _asked_in_turn(item)
            if person.pk not in had
            and person.is_responder
            and is_visible(person, item.postmortem.incident_id)
        ),
        None,
    )


def _asked_in_turn(item: ActionItem) -> Iterator[User]:
    for person in (item.postmortem.facilitator, item.created_by):
        if person is not None:
            yield person
    others = User.objects.responders()
    was_there = others.filter(assignments__incident=item.postmortem.incident_id).distinct()
    yield from was_there.order_by("name", "pk")
    yield from others.order_by("name", "pk")
