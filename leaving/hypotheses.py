"""Hypotheses of people who leave: somebody else looks into them, or nobody until they are taken."""

from collections.abc import Iterable

from django.db.models import QuerySet

from incidents.hypotheses.models import Hypothesis, HypothesisState
from incidents.record.locking import lock_incident
from incidents.record.models import OPEN_STATUSES, Incident
from incidents.record.timeline import record
from incidents.record.visibility import is_visible
from people.leaving import Held, Holding, Passed, how_gone
from people.models import User


class HypothesesHeld(Holding):
    """What somebody looks into in an incident that goes on."""

    name = "Hypotheses"

    def held_by(self, person: User) -> list[Held]:
        """Each one that nobody ruled out. One query."""
        return [
            Held(f"“{one.text}” ({one.incident.ref})", one.incident.get_absolute_url())
            for one in _standing().filter(owner=person).select_related("incident")
        ]

    def holders(self) -> Iterable[int]:
        """Whoever looks into one."""
        return _standing().filter(owner__isnull=False).order_by().values_list("owner", flat=True)

    def hand_on(self, person: User, *, by: User | None, to: User | None) -> Iterable[Passed]:
        """To ``to``, else to nobody: it stands on the board until somebody takes it."""
        passed = []
        for standing in _standing().filter(owner=person).select_related("owner"):
            incident = lock_incident(standing.incident_id)
            able = to is not None and to.is_responder and is_visible(to, incident.pk)
            _pass(incident, standing, to if able else None, by=by, how=how_gone(person))
            if standing.owner is not None:
                what = f"the hypothesis “{standing.text}” ({incident.ref})"
                url = incident.get_absolute_url()
                passed.append(Passed(standing.owner, what, url, incident.pk))
        return passed


def let_go_of_hypotheses(incident: Incident, person: User) -> None:
    """Nobody looks into what somebody did who is on the roster no more, until it is taken.

    The caller holds the incident's lock. One query, more for each.
    """
    for standing in _standing().filter(incident=incident, owner=person).select_related("owner"):
        _pass(incident, standing, None, by=None, how="is gone")


def _pass(
    incident: Incident, standing: Hypothesis, to: User | None, *, by: User | None, how: str
) -> None:
    person, standing.owner = standing.owner, to
    standing.save(update_fields=["owner"])
    assert person is not None
    name = to.name if to is not None else "nobody"
    record(
        incident,
        "hypothesis_passed",
        by=by,
        text=f"{person.name} {how}; {name} looks into “{standing.text}” now",
        hypothesis=standing.pk,
        owner=standing.owner_id,
    )


def _standing() -> "QuerySet[Hypothesis]":
    rows = Hypothesis.objects.exclude(state=HypothesisState.RULED_OUT)
    return rows.filter(incident__status__in=OPEN_STATUSES).order_by("incident_id", "pk")


HOLDINGS = (HypothesesHeld(),)
