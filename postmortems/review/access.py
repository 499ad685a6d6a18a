"""How every action on a review begins: locked, allowed, and what it refuses when published."""

from datetime import datetime
from typing import Any

from clock.queries import now
from incidents.record.afterwards import LONGEST
from incidents.record.models import Incident
from incidents.roster.presence import enter
from people.models import User
from postmortems.review.models import Postmortem
from refusals import versions
from refusals.errors import Invalid, NotVisible, Refused


def enter_review(postmortem: Postmortem | int, *, by: User) -> tuple[Incident, Postmortem]:
    """Lock the incident of a review and answer both rows fresh.

    Raises ``NotVisible``, and ``Forbidden`` for a stakeholder. Inside a transaction only.
    """
    pk = postmortem if isinstance(postmortem, int) else postmortem.pk
    incident_id = Postmortem.objects.filter(pk=pk).values_list("incident_id", flat=True).first()
    if incident_id is None:
        raise NotVisible
    incident = enter(incident_id, by=by, joins=False)
    return incident, fresh_review(incident)


def fresh_review(incident: Incident) -> Postmortem:
    """The review of a locked incident, sharing the incident's object. One query."""
    found = Postmortem.objects.select_related("facilitator").filter(incident=incident).first()
    if found is None:
        raise NotVisible
    found.incident = incident
    return found


def refuse_when_published(postmortem: Postmortem) -> None:
    """What everybody has read is not rewritten."""
    if postmortem.is_published:
        raise Refused(
            "invalid_transition",
            "It is published, so its words stand. Add what was learned later as a note on the "
            "timeline or as an action item.",
        )


def check_agreed(postmortem: Postmortem) -> None:
    """Whys, grid and analysis open after the facts were agreed (``facts_not_agreed``)."""
    if not postmortem.has_agreed_facts:
        raise Refused(
            "facts_not_agreed",
            "Agree on the factual timeline first; whys, grid and analysis open after that.",
        )


def check_version(version: int | None, current: int, shown: dict[str, Any]) -> None:
    """Refuse an old version (``stale``) with what stands there now; without one, the last wins."""
    versions.check_version(
        version,
        current,
        "Somebody changed it while you were writing. Theirs is below yours; put both together.",
        shown,
    )


def future(field: str, moment: datetime) -> datetime:
    """``moment``, or ``Invalid`` when it has passed or is over five years ahead."""
    if moment <= now():
        raise Invalid({field: "Name a time that is still to come."})
    if moment - now() > LONGEST:
        raise Invalid({field: "That is over five years ahead."})
    return moment
