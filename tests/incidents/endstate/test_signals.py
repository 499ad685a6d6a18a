"""Signals: what samples are taken, and what state follows from them at a moment."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from incidents.board.actions import move_card
from incidents.endstate.models import Sample, Signal
from incidents.endstate.queries import (
    has_required_signal,
    signal_as_dict,
    signal_with_state,
    signals_with_state,
    unmet_required_signals,
)
from incidents.endstate.signals import add_signal, change_signal, record_samples, remove_signal
from incidents.endstate.summing import follow, sum_up
from incidents.impact.actions import add_impact
from incidents.record.models import Incident, TimelineEntry
from people.models import User
from refusals.errors import Forbidden, Invalid, NotVisible, Refused
from tests.conftest import Clock
from tests.incidents.cast import ready

pytestmark = pytest.mark.django_db


@pytest.fixture
def signal(incident: Incident, commander: User) -> Signal:
    """API error rate ≤ 1 %, to hold for five minutes, stale after two."""
    return add_signal(
        incident,
        by=commander,
        name="API error rate",
        unit="%",
        comparator="<=",
        target=1,
        hold_s=300,
        stale_after_s=120,
    )


def ago(moment: datetime, *values: tuple[float, float]) -> list[tuple[float, datetime]]:
    """Samples from (seconds ago, value)."""
    return [(value, moment - timedelta(seconds=seconds)) for seconds, value in values]


def state(signal: Signal, moment: datetime) -> str:
    """The state as it is read afresh."""
    signal.refresh_from_db()
    return signal.state_at(moment).value


def push(signal: Signal, by: User, *samples: Any) -> tuple[int, int]:
    """Send samples as a tool does; how many were accepted and rejected."""
    taken = record_samples(signal.pk, by=by, samples=samples)
    return taken.accepted, taken.rejected


# States


def test_p22_without_a_sample_it_is_unknown(signal: Signal, clock: Clock) -> None:
    assert state(signal, clock.now) == "unknown"


def test_p22_a_sample_off_target_is_unmet(signal: Signal, commander: User, clock: Clock) -> None:
    push(signal, commander, (1.0001, None))
    assert state(signal, clock.now) == "unmet"


def test_p22_it_holds_and_then_is_met(signal: Signal, commander: User, clock: Clock) -> None:
    moment = clock.now
    push(signal, commander, *ago(moment, (300, 0.9), (200, 1.0), (100, 0.5), (0, 0.2)))
    assert state(signal, moment - timedelta(milliseconds=1)) == "holding"
    assert state(signal, moment) == "met"
    found = signal_with_state(signal, moment)
    assert (found.value, found.at, found.state, found.held_s) == (0.2, moment, "met", 300)


def test_p22_one_sample_off_target_in_the_window_starts_the_hold_again(
    signal: Signal, commander: User, clock: Clock
) -> None:
    moment = clock.now
    push(signal, commander, *ago(moment, (320, 0.9), (220, 2), (120, 0.5), (20, 0.2)))
    assert state(signal, moment) == "holding"
    assert signal_with_state(signal, moment).held_s == 120


def test_p22_a_window_with_a_gap_is_not_covered(
    signal: Signal, commander: User, clock: Clock
) -> None:
    moment = clock.now
    push(signal, commander, *ago(moment, (330, 0.9), (209, 0.5), (100, 0.5), (10, 0.2)))
    assert signal_with_state(Signal.objects.get(pk=signal.pk), moment).held_s == 209
    covered = push(signal, commander, *ago(moment, (320, 0.9)))
    assert covered == (1, 0)
    assert state(signal, moment) == "met"


def test_p22_without_new_samples_it_goes_stale(
    signal: Signal, commander: User, clock: Clock
) -> None:
    moment = clock.now
    push(signal, commander, (0.5, moment))
    assert state(signal, moment + timedelta(seconds=120)) == "holding"
    assert state(signal, moment + timedelta(seconds=121)) == "stale"
    changes_at = signal.next_change_after(moment)
    assert changes_at is not None
    assert state(signal, changes_at) != state(signal, moment)


def test_p22_hold_zero_is_met_at_once(signal: Signal, commander: User, clock: Clock) -> None:
    change_signal(signal.pk, by=commander, hold_s=0)
    push(signal, commander, (1, None))
    assert state(signal, clock.now) == "met"


@pytest.mark.parametrize(
    ("comparator", "meets", "misses"),
    [
        ("<=", [9, 10], [10.01]),
        ("<", [9.99], [10, 11]),
        ("=", [10, 10.000000000001], [9.99, 10.01]),
        (">=", [10, 11], [9.99]),
        (">", [10.01], [10, 9]),
    ],
)
def test_p22_the_comparator_decides(
    signal: Signal, comparator: str, meets: list[float], misses: list[float]
) -> None:
    signal.comparator, signal.target = comparator, 10
    assert [signal.is_satisfied_by(value) for value in (*meets, *misses)] == [True] * len(meets) + [
        False
    ] * len(misses)


@pytest.mark.parametrize("comparator", ["<=", "<", "=", ">=", ">"])
@given(
    samples=st.lists(
        st.tuples(st.integers(0, 900), st.sampled_from([0.0, 1.0, 2.0])), min_size=1, max_size=25
    ),
    cut=st.integers(0, 25),
)
@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_p22_in_whatever_order_samples_come_the_state_is_the_same(
    signal: Signal,
    commander: User,
    clock: Clock,
    comparator: str,
    samples: list[tuple[int, float]],
    cut: int,
) -> None:
    moment = clock.now
    Sample.objects.all().delete()
    fresh = Signal.objects.get(pk=signal.pk)
    fresh.comparator = comparator
    fresh.latest_at = fresh.latest_value = fresh.satisfied_since = fresh.first_at = None
    fresh.save()
    sent = ago(moment, *dict(samples).items())
    for part in (sent[:cut], sent[cut:]):
        push(signal, commander, *part)
    stored = Signal.objects.get(pk=signal.pk)
    expected = brute_force(stored, sent, moment)
    assert stored.state_at(moment).value == expected
    follow(fresh, sorted((at, value) for value, at in sent))
    assert fresh.state_at(moment).value == expected
    sum_up(stored)
    assert stored.state_at(moment).value == expected


def brute_force(signal: Signal, sent: list[tuple[float, datetime]], moment: datetime) -> str:
    """PRODUCT's words, read off all samples."""
    newest_first = sorted(((at, value) for value, at in sent), reverse=True)
    if moment - newest_first[0][0] > timedelta(seconds=120):
        return "stale"
    since, later = None, None
    for at, value in newest_first:
        is_gap = later is not None and later - at > timedelta(seconds=120)
        if is_gap or not signal.is_satisfied_by(value):
            break
        since = later = at
    if since is None:
        return "unmet"
    return "met" if moment - since >= timedelta(seconds=300) else "holding"


# Samples


def test_p22_sent_twice_is_once(signal: Signal, commander: User, clock: Clock) -> None:
    samples = ago(clock.now, (10, 0.5), (5, 0.4))
    assert push(signal, commander, *samples) == (2, 0)
    assert push(signal, commander, *samples) == (2, 0)
    assert push(signal, commander, (9.9, samples[0][1])) == (1, 0)
    assert list(Sample.objects.order_by("at").values_list("value", flat=True)) == [9.9, 0.4]


def test_p22_what_cannot_be_a_sample_is_rejected_and_counted(
    signal: Signal, commander: User, clock: Clock
) -> None:
    moment = clock.now
    good = [(1, None), (2, moment - timedelta(days=30)), (3, moment + timedelta(minutes=4))]
    bad = [
        (float("nan"), None),
        (float("inf"), None),
        (-float("inf"), None),
        (10**400, None),
        ("much", None),
        (True, None),
        (None, None),
        (1, moment + timedelta(minutes=6)),
        (1, moment - timedelta(days=32)),
    ]
    assert push(signal, commander, *good, *bad) == (3, 9)
    assert sorted(Sample.objects.values_list("value", flat=True)) == [1, 2, 3]


def test_p22_only_bad_samples_change_nothing(signal: Signal, commander: User, clock: Clock) -> None:
    assert push(signal, commander, (float("nan"), None)) == (0, 1)
    signal.refresh_from_db()
    assert (signal.batches, Sample.objects.count()) == (0, 0)


def test_p22_ten_thousand_at_once_and_not_one_more(
    signal: Signal, commander: User, clock: Clock
) -> None:
    moment = clock.now
    samples = ago(moment, *((second / 10, 0.5) for second in range(10_000)))
    assert push(signal, commander, *samples) == (10_000, 0)
    with pytest.raises(Invalid) as caught:
        push(signal, commander, *samples, (1, None))
    assert caught.value.errors == {"samples": "At most 10,000 samples a call. Send several calls."}
    assert Sample.objects.count() == 10_000


def test_p22_a_batch_takes_the_same_queries_for_1_sample_and_for_1000(
    signal: Signal, commander: User, clock: Clock, django_assert_max_num_queries: Any
) -> None:
    push(signal, commander, (5, None))
    moment = clock.now
    for seconds in ([1.0], [0.5 - number / 2000 for number in range(1000)]):
        with django_assert_max_num_queries(8):
            push(signal, commander, *ago(moment, *((one, 5) for one in seconds)))


def test_p22_pushed_samples_write_no_timeline_and_join_nobody(
    signal: Signal, incident: Incident, outsider: User, clock: Clock
) -> None:
    push(signal, outsider, (5, None))
    before = TimelineEntry.objects.filter(incident=incident).count()
    incident.refresh_from_db()
    version = incident.version
    for value in (6, 7, 8):
        push(signal, outsider, (value, None))
    incident.refresh_from_db()
    signal.refresh_from_db()
    assert TimelineEntry.objects.filter(incident=incident).count() == before
    assert (incident.version, signal.batches) == (version, 4)
    assert not incident.roles.filter(person=outsider).exists()


def test_p22_the_timeline_hears_when_it_is_met_and_when_no_longer(
    signal: Signal, incident: Incident, commander: User, clock: Clock
) -> None:
    push(signal, commander, (12.4, None))
    clock.advance(minutes=2)
    push(signal, commander, *ago(clock.now, (60, 0.5), (0, 0.5)))
    for _ in range(4):
        clock.advance(minutes=1, seconds=30)
        push(signal, commander, (0.4, None))
    push(signal, commander, (3, None))
    clock.advance(minutes=2)
    push(signal, commander, (4, None))
    told = TimelineEntry.objects.filter(incident=incident, kind="signal_state_changed")
    assert not told.exclude(actor=None).exists()
    assert list(told.values_list("text", flat=True)) == [
        "API error rate is not met: 12.4 %, needs ≤ 1 %",
        "API error rate is met: 0.4 %, needs ≤ 1 %",
        "API error rate is no longer met: 3 %, needs ≤ 1 %",
    ]


def test_p22_by_hand_is_recorded_with_who_read_it(
    signal: Signal, incident: Incident, responder: User, clock: Clock
) -> None:
    record_samples(signal.pk, by=responder, samples=[(0.7, None)], by_hand=True)
    sample = Sample.objects.get()
    assert (sample.by_hand, sample.by, sample.value) == (True, responder, 0.7)
    entry = TimelineEntry.objects.get(incident=incident, kind="sample_recorded")
    assert (entry.actor, entry.text) == (responder, "read API error rate by hand: 0.7 %")
    assert incident.roles.filter(person=responder, ended_at=None).exists()


def test_p22_who_may_not_send(
    signal: Signal, incident: Incident, stakeholder: User, outsider: User
) -> None:
    with pytest.raises(Forbidden):
        push(signal, stakeholder, (1, None))
    Incident.objects.filter(pk=incident.pk).update(private=True)
    for person in (stakeholder, outsider):
        with pytest.raises(NotVisible):
            push(signal, person, (1, None))


# Adding, changing, removing


def test_p22_a_signal_is_added_changed_and_removed_on_the_timeline(
    signal: Signal, incident: Incident, commander: User
) -> None:
    change_signal(signal.pk, by=commander, target=5)
    change_signal(signal.pk, by=commander, target=5.0, name="API error rate")
    remove_signal(signal.pk, by=commander)
    lines = TimelineEntry.objects.filter(incident=incident, kind__startswith="signal")
    assert list(lines.values_list("text", flat=True)) == [
        "tied a signal to the end state: API error rate <= 1 %",
        "changed the signal API error rate: API error rate <= 1 % is now API error rate <= 5 %",
        "removed the signal API error rate <= 5 %",
    ]
    with pytest.raises(NotVisible):
        change_signal(signal.pk, by=commander, target=6)


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


# P24


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
