"""A team, and what tests of cards look at."""

import pytest

from incidents.endstate.models import Signal
from incidents.endstate.signals import add_signal
from incidents.record.models import Incident, SeverityPolicy, TimelineEntry
from incidents.roster.actions import join
from people.models import User


@pytest.fixture
def team(incident: Incident, responder: User, other_responder: User) -> Incident:
    """The incident with two responders beside its commander."""
    join(incident, by=responder)
    join(incident, by=other_responder)
    return incident


@pytest.fixture
def lenient(team: Incident) -> Incident:
    """The same incident under a policy that lets soft rules pass."""
    SeverityPolicy.objects.filter(severity=team.severity).update(enforcement="warn")
    return team


def last(incident: Incident) -> TimelineEntry:
    """The newest line of the record."""
    return TimelineEntry.objects.filter(incident=incident).latest("seq")


def signal_of(incident: Incident, by: User) -> Signal:
    """A signal that cards can serve."""
    return add_signal(incident, by=by, name="API error rate", comparator="<=", target=1, unit="%")
