"""Whoever is away counts for no seat, pair, solo or approval, and is shown so."""

import pytest

from incidents.asks.actions import ask_who_may
from incidents.record.models import Incident, RoleAssignment
from incidents.roster.actions import assign_role, join
from incidents.roster.command import ask_commander
from incidents.roster.permissions import Act, who_may
from incidents.roster.queries import is_solo, people_at_work, speaker_of, who_hears
from people.actions import deactivate_person
from people.models import User
from refusals.errors import Refused
from tests.conftest import Clock
from tests.incidents.cast import ready, start
from tests.matrix.hidden import signed_in

pytestmark = pytest.mark.django_db


def fall_silent(incident: Incident, person: User, by: User, clock: Clock) -> None:
    """``person`` was asked and did nothing for two minutes."""
    held = RoleAssignment.objects.active().filter(incident=incident, person=person)
    held.update(asked_at=clock.now, acted_at=None, asked_by=by)
    clock.advance(seconds=121)


def test_a_silent_commander_keeps_the_seat_and_the_deputy_may_too(
    incident: Incident, commander: User, responder: User, other_responder: User, clock: Clock
) -> None:
    assign_role(incident, by=commander, role="deputy", person=responder)
    join(incident, by=other_responder)
    ask_commander(incident, by=other_responder)
    assert who_may(incident, Act.RESOLVE) == [commander]
    clock.advance(seconds=121)
    assert who_may(incident, Act.RESOLVE) == [responder, commander]
    asked = ask_who_may(incident, by=other_responder, what="cancel", reason="It is a test.")
    assert asked == [responder]
    assert (speaker_of(incident), who_hears(incident, "commander")) == (None, [responder])
    page = signed_in(other_responder).get(f"/incidents/{incident.ref}/").content.decode()
    assert '<span class="warn">away</span>' in page


def test_a_silent_deputy_stands_in_for_nobody(
    incident: Incident, commander: User, responder: User, admin: User, clock: Clock
) -> None:
    assign_role(incident, by=commander, role="deputy", person=responder)
    deactivate_person(commander, by=admin)
    assert who_may(incident, Act.RESOLVE) == [responder]
    fall_silent(incident, responder, admin, clock)
    assert who_may(incident, Act.RESOLVE) == []


def test_who_is_away_makes_nobody_more_and_nobody_solo_but_who_is_here(
    incident: Incident, commander: User, responder: User, clock: Clock
) -> None:
    join(incident, by=responder)
    assert (people_at_work(incident), is_solo(incident)) == (2, False)
    fall_silent(incident, responder, commander, clock)
    assert (people_at_work(incident), is_solo(incident)) == (1, True)


def test_p15_who_is_away_is_no_pair(
    incident: Incident,
    commander: User,
    responder: User,
    other_responder: User,
    outsider: User,
    clock: Clock,
) -> None:
    for person in (responder, other_responder, outsider):
        join(incident, by=person)
    fall_silent(incident, other_responder, commander, clock)
    card = ready(incident, responder, "Restart", risk="risky", pair=other_responder)
    with pytest.raises(Refused, match=r"is away\. Name a pair") as refused:
        start(card, responder)
    assert refused.value.code == "pair_required"
    join(incident, by=other_responder)
    assert start(card, responder).column == "now"


def test_their_next_act_brings_them_back(
    incident: Incident, commander: User, responder: User, clock: Clock
) -> None:
    join(incident, by=responder)
    ask_who_may(incident, by=responder, what="severity", to="sev2", reason="It is less.")
    clock.advance(seconds=121)
    assert speaker_of(incident) is None
    join(incident, by=commander)
    assert speaker_of(incident) == commander
