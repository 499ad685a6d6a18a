"""Who spoke up during an incident, so that somebody thinks of thanking them (P60)."""

from collections.abc import Collection
from dataclasses import dataclass

from incidents.escalations.models import Escalation
from incidents.line.models import Stop
from incidents.record.models import Incident
from people.models import User


@dataclass(frozen=True)
class SpokeUp:
    """A person, and the first thing they spoke up about: what a thank-you begins with."""

    person: User
    words: str


def who_spoke_up(incident: Incident, thanked: Collection[int] = ()) -> list[SpokeUp]:
    """Whose escalation was heard, and who stopped the line; none of ``thanked`` (ids). Two queries.

    Each once, in the order they spoke.
    """
    heard = Escalation.objects.filter(incident=incident, acknowledged_at__isnull=False)
    stops = Stop.objects.filter(incident=incident, by__isnull=False)
    said = [
        (one.at, one.by, f"for asking early: {one.text}") for one in heard.select_related("by")
    ] + [
        (one.at, one.by, f"for stopping the line: {one.reason}")
        for one in stops.select_related("by")
        if one.by is not None
    ]
    found: dict[int, SpokeUp] = {}
    for _, person, words in sorted(said, key=lambda one: one[0]):
        if person.pk not in thanked and person.is_active:
            found.setdefault(person.pk, SpokeUp(person, words))
    return list(found.values())
