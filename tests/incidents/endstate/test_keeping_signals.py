"""Adding, changing and removing a signal, and what rests on one (P22, P24)."""

from typing import Any

import pytest

from incidents.board.actions import move_card
from incidents.endstate.models import Signal
from incidents.endstate.queries import (
    has_required_signal,
    signal_as_dict,
    signals_with_state,
    unmet_required_signals,
)
from incidents.endstate.signals import add_signal, change_signal, record_samples, remove_signal
from incidents.impact.actions import add_impact
from incidents.record.models import Incident, TimelineEntry
from incidents.record.visibility import get_incident
from people.models import User
from refusals.errors import Invalid, NotVisible, Refused
from tests.conftest import Clock
from tests.incidents.cast import ready
from tests.incidents.endstate.conftest import ago, push, state
from warroom.live import WAR_ROOM, grown_to
from warroom.room import load_room

pytestmark = pytest.mark.django_db


def test_p22_a_signal_is_added_changed_and_removed_on_the_timeline(
    signal: Signal, incident: Incident, commander: User
) -> None:
    change_signal(signal.pk, by=commander, target=5)
    change_signal(signal.pk, by=commander, target=5.0, name="API error rate")
    remove_signal(signal.pk, by=commander)
    lines = TimelineEntry.objects.filter(incident=incident, kind__startswith="signal")
    assert list(lines.values_list("text", flat=True)) == [
        "tied a signal to the end state: API error rate ≤ 1 %",
        "changed the signal API error rate: API error rate ≤ 1 % is now API error rate ≤ 5 %",
        "removed the signal API error rate ≤ 5 %",
    ]
    with pytest.raises(NotVisible):
        change_signal(signal.pk, by=commander, target=6)


def test_what_pages_go_by_grows_when_a_signal_is_removed_after_one_batch(
    signal: Signal, incident: Incident, commander: User, clock: Clock
) -> None:
    """The batches of a removed signal are counted no longer, so the record takes them over."""
    push(signal, commander, *ago(clock.now, (0, 4)))
    before = WAR_ROOM.versions([incident.pk])[incident.pk]
    remove_signal(signal.pk, by=commander)
    after = WAR_ROOM.versions([incident.pk])[incident.pk]
    assert after == before + 1
    assert grown_to(get_incident(commander, incident.ref)) == after
    room = load_room(incident.pk)
    assert room is not None
    assert room.version == after


def test_p22_another_target_holds_the_samples_against_it_at_once(
    signal: Signal, commander: User, clock: Clock
) -> None:
    moment = clock.now
    push(signal, commander, *ago(moment, (310, 4), (200, 4), (100, 4), (0, 4)))
    assert state(signal, moment) == "unmet"
    change_signal(signal.pk, by=commander, target=5)
    assert state(signal, moment) == "met"


def test_p22_the_staleness_limit_outlasts_the_hold_by_default(
    incident: Incident, commander: User
) -> None:
    fields: dict[str, Any] = {"by": commander, "name": "CPU", "comparator": "<", "target": 60}
    assert add_signal(incident, **fields, hold_s=0).stale_after_s == 300
    assert add_signal(incident, **fields, hold_s=600).stale_after_s == 660


@pytest.mark.parametrize(
    ("fields", "errors"),
    [
        ({"name": " "}, ["name"]),
        ({"name": "x" * 121}, ["name"]),
        ({"comparator": "=="}, ["comparator"]),
        ({"target": float("nan")}, ["target"]),
        ({"target": "low"}, ["target"]),
        ({"hold_s": -1}, ["hold_s"]),
        ({"stale_after_s": 0}, ["stale_after_s"]),
        ({"unit": "x" * 31, "query": "x" * 2001}, ["unit", "query"]),
    ],
)
def test_p22_what_a_signal_cannot_be_is_named_by_field(
    incident: Incident, commander: User, fields: dict[str, Any], errors: list[str]
) -> None:
    given = {"name": "CPU", "comparator": "<=", "target": 60, **fields}
    with pytest.raises(Invalid) as caught:
        add_signal(incident, by=commander, **given)
    assert list(caught.value.errors) == errors


def test_p22_a_signal_that_a_card_serves_stays(
    signal: Signal, incident: Incident, commander: User
) -> None:
    card = ready(incident, commander, serves=signal.pk)
    with pytest.raises(Refused) as caught:
        remove_signal(signal.pk, by=commander)
    assert (caught.value.code, caught.value.facts) == (
        "in_use",
        {"used_by": ["“Cap the query”"]},
    )
    move_card(card.pk, by=commander, to="done", proof="seen", version=1)
    remove_signal(signal.pk, by=commander)
    assert signals_with_state(incident, incident.declared_at) == []


def test_p22_a_signal_that_the_impact_is_read_from_stays(
    signal: Signal, incident: Incident, commander: User
) -> None:
    add_impact(
        incident,
        by=commander,
        journey="Orders",
        blocked="all",
        amount=1,
        unit="orders",
        signal=signal,
    )
    with pytest.raises(Refused) as caught:
        remove_signal(signal.pk, by=commander)
    assert caught.value.code == "in_use"


def test_p24_required_signals_that_are_not_met_are_named(
    signal: Signal, incident: Incident, commander: User, clock: Clock
) -> None:
    add_signal(incident, by=commander, name="Queue", comparator="<=", target=20, required=False)
    assert has_required_signal(incident)
    (unmet,) = unmet_required_signals(incident, clock.now)
    assert signal_as_dict(unmet) == {
        "id": signal.pk,
        "name": "API error rate",
        "unit": "%",
        "comparator": "<=",
        "target": 1.0,
        "required": True,
        "hold_s": 300,
        "value": None,
        "at": None,
        "state": "unknown",
        "held_s": 0,
    }
    change_signal(signal.pk, by=commander, hold_s=0)
    record_samples(signal.pk, by=commander, samples=[(0.2, None)], by_hand=True)
    assert unmet_required_signals(incident, clock.now) == []


def test_p24_states_are_one_query_for_3_signals_and_for_30(
    incident: Incident, commander: User, clock: Clock, django_assert_num_queries: Any
) -> None:
    for number in range(30):
        added = add_signal(incident, by=commander, name=f"S{number}", comparator="<=", target=1)
        push(added, commander, (1, None))
        if number in (2, 29):
            moment = clock.now
            with django_assert_num_queries(1):
                found = signals_with_state(incident, moment)
            assert [one.state.value for one in found] == ["holding"] * (number + 1)
