"""A team, and changes in the shapes that tests start from."""

import pytest

from incidents.cards.models import Card
from incidents.changes.models import Change
from incidents.outcomes.actions import start_change
from incidents.record.models import Incident, SeverityPolicy
from incidents.roster.actions import join
from people.models import User
from tests.incidents.cast import (
    ready,
    start,
)


@pytest.fixture
def team(incident: Incident, responder: User, other_responder: User, outsider: User) -> Incident:
    """The incident with three responders beside its commander."""
    for person in (responder, other_responder, outsider):
        join(incident, by=person)
    return incident


@pytest.fixture
def lenient(team: Incident) -> Incident:
    """The same under a policy that lets soft rules pass."""
    SeverityPolicy.objects.filter(severity=team.severity).update(enforcement="warn")
    return team


def destructive(incident: Incident, owner: User, pair: User, title: str = "Drop it") -> Card:
    """A destructive card with its pair, in Next."""
    return ready(incident, owner, title, risk="destructive", pair=pair)


def running(card: Card, by: User) -> Change:
    """The change of a card that is moved to Now and started."""
    start(card, by)
    return start_change(card.changes.get(state__in=["draft", "approved"]).pk, by=by)


def now_of(change: Change) -> Change:
    """The change as it is stored."""
    return Change.objects.get(pk=change.pk)
