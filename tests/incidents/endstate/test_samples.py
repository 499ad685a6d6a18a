"""Samples of clocks that run fast, of one moment, and of any size; what impacts read from them."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from incidents.endstate.models import Sample, Signal
from incidents.endstate.queries import signal_with_state
from incidents.endstate.signals import add_signal, record_samples
from incidents.impact.actions import add_impact, change_impact
from incidents.impact.models import Impact
from incidents.impact.queries import impact_total, impacts_of
from incidents.lifecycle.actions import change_status
from incidents.lifecycle.details import change_incident
from incidents.line.actions import add_stop_criterion
from incidents.line.queries import stop_of
from incidents.record.models import Incident
from people.models import User
from refusals.errors import Invalid
from stakeholders.queries import load_page
from tests.conftest import Clock
from tests.incidents.cast import fresh, publish
from tests.incidents.lifecycle.test_lifecycle import resolve
from warroom.room import load_room


@pytest.fixture
def cpu(incident: Incident, commander: User) -> Signal:
    """CPU ≤ 50 %, met at once."""
    return add_signal(
        incident, by=commander, name="CPU", unit="%", comparator="<=", target=50, hold_s=0
    )


def send(signal: Signal, by: User, *samples: Any) -> tuple[int, int, int]:
    return record_samples(signal.pk, by=by, samples=samples)


def test_p22_a_sample_4_9_minutes_ahead_hides_nothing(
    incident: Incident, commander: User, cpu: Signal, clock: Clock
) -> None:
    add_stop_criterion(incident, by=commander, signal=cpu.pk, comparator=">", threshold=50.0)
    send(cpu, commander, (0.1, clock.now + timedelta(minutes=4.9)))
    send(cpu, commander, (99, None))
    cpu.refresh_from_db()
    found = signal_with_state(cpu, clock.now)
    stop = stop_of(incident)
    assert (found.value, found.state.value) == (99, "unmet")
    assert stop is not None
    assert stop.reason == "CPU > 50 % (CPU at 99 %)"


def test_p22_a_sample_ahead_counts_as_of_its_arrival_in_its_order(
    commander: User, cpu: Signal, clock: Clock
) -> None:
    moment = clock.now
    ahead = [(float(second), moment + timedelta(seconds=60 + second)) for second in (3, 1, 2)]
    assert send(cpu, commander, *ahead) == (3, 0, 0)
    rows = list(Sample.objects.order_by("at"))
    assert [row.value for row in rows] == [1, 2, 3]
    assert all(moment <= row.at <= row.received_at for row in rows)
    assert [row.said_at for row in rows] == [at for _, at in sorted(ahead)]


def test_p22_a_sample_ahead_sent_again_is_the_same(
    commander: User, cpu: Signal, clock: Clock
) -> None:
    ahead = (1.0, clock.now + timedelta(minutes=2))
    assert send(cpu, commander, ahead) == (1, 0, 0)
    (before,) = Sample.objects.values_list("at", "value")
    clock.advance(seconds=5)
    assert send(cpu, commander, ahead) == (1, 0, 0)
    assert list(Sample.objects.values_list("at", "value")) == [before]


def test_p22_two_samples_of_one_moment_are_counted_and_the_last_stands(
    commander: User, cpu: Signal, clock: Clock
) -> None:
    at = clock.now - timedelta(seconds=5)
    assert send(cpu, commander, (1.0, at), (2.0, at)) == (2, 0, 1)
    assert send(cpu, commander, (2.0, at)) == (1, 0, 0)
    assert send(cpu, commander, (70.0, at)) == (1, 0, 1)
    cpu.refresh_from_db()
    assert list(Sample.objects.values_list("value", flat=True)) == [70.0]
    assert (cpu.latest_value, cpu.satisfied_since) == (70.0, None)


def test_p22_another_value_for_the_newest_moment_stops_the_line(
    incident: Incident, commander: User, cpu: Signal, clock: Clock
) -> None:
    add_stop_criterion(incident, by=commander, signal=cpu.pk, comparator=">", threshold=50.0)
    at = clock.now - timedelta(seconds=5)
    send(cpu, commander, (1.0, at))
    send(cpu, commander, (99.0, at))
    assert stop_of(incident) is not None


def test_p22_what_comes_late_is_drawn_and_is_no_state_no_crossing_and_no_impact(
    incident: Incident, commander: User, cpu: Signal, clock: Clock
) -> None:
    add_stop_criterion(incident, by=commander, signal=cpu.pk, comparator=">", threshold=50.0)
    add_impact(incident, by=commander, journey="Pay", blocked="All", amount=1, unit="%", signal=cpu)
    send(cpu, commander, (10, None))
    send(cpu, commander, (99, clock.now - timedelta(minutes=1)))
    cpu.refresh_from_db()
    (impact,) = impacts_of(incident)
    assert (cpu.latest_value, stop_of(incident)) == (10, None)
    assert impact_total(impact, incident, clock.now) == 10
    assert Sample.objects.count() == 2


@pytest.fixture
def read_off(incident: Incident, commander: User) -> Impact:
    """Buyers blocked, read from a signal."""
    signal = add_signal(incident, by=commander, name="Blocked", comparator="<=", target=0)
    return add_impact(
        incident,
        by=commander,
        journey="Checkout",
        blocked="buyers",
        amount=1,
        unit="buyers",
        signal=signal,
    )


def shown(incident: Incident, clock: Clock) -> list[Decimal]:
    """The total in the war room, on the executive page and in the facts."""
    room, page = load_room(incident.pk), load_page(incident.pk)
    assert room is not None
    assert page is not None
    (impact,) = impacts_of(fresh(incident))
    return [
        room.impacts[0].amount,
        page.blocked[0].total,
        impact_total(impact, fresh(incident), clock.now),
    ]


def test_p04_an_impact_read_from_a_signal_freezes_at_mitigation(
    incident: Incident, commander: User, read_off: Impact, clock: Clock
) -> None:
    assert read_off.signal is not None
    send(read_off.signal, commander, (500, None))
    change_status(incident, by=commander, to="monitoring")
    clock.advance(minutes=1)
    send(read_off.signal, commander, (7, None))
    assert shown(incident, clock) == [500, 500, 500]
    resolve(incident, commander)
    assert shown(incident, clock) == [500, 500, 500]


def test_p04_it_runs_on_once_work_goes_back(
    incident: Incident, commander: User, read_off: Impact, clock: Clock
) -> None:
    assert read_off.signal is not None
    send(read_off.signal, commander, (500, None))
    change_status(incident, by=commander, to="monitoring")
    change_status(incident, by=commander, to="identified", reason="It is back.")
    send(read_off.signal, commander, (600, None))
    assert shown(incident, clock) == [600, 600, 600]


def test_p04_a_corrected_mitigation_freezes_what_was_measured_until_then(
    incident: Incident, commander: User, read_off: Impact, clock: Clock
) -> None:
    assert read_off.signal is not None
    clock.advance(minutes=10)
    send(read_off.signal, commander, (500, clock.now - timedelta(minutes=5)), (20, None))
    change_status(incident, by=commander, to="monitoring")
    earlier = {"at": clock.now - timedelta(minutes=4), "reason": "The graph."}
    change_incident(fresh(incident), by=commander, times={"mitigated_at": earlier})
    assert shown(incident, clock) == [500, 500, 500]


def test_p04_nobody_is_blocked_fewer_than_0_times(
    incident: Incident, commander: User, read_off: Impact, clock: Clock
) -> None:
    assert read_off.signal is not None
    send(read_off.signal, commander, (-5, None))
    assert shown(incident, clock) == [0, 0, 0]


@pytest.mark.parametrize("value", [1e28, 9.9e299, -9.9e299, 5e-324, 123456789012345680.0])
def test_p04_every_value_that_is_taken_can_be_shown(
    incident: Incident, commander: User, read_off: Impact, stakeholder: User, value: float
) -> None:
    assert read_off.signal is not None
    assert send(read_off.signal, commander, (value, None)) == (1, 0, 0)
    for person, address in (
        (commander, incident.get_absolute_url()),
        (stakeholder, f"/stakeholders/{incident.ref}/"),
        (commander, f"/api/v1/incidents/{incident.ref}"),
        (commander, f"/api/v1/stakeholders/{incident.ref}"),
    ):
        client = Client()
        client.force_login(person)
        answer = client.get(address)
        assert (address, answer.status_code) == (address, 200)
        assert "0" * 20 not in answer.content.decode().replace("\u202f", "")
    publish(incident, commander)
    assert resolve(incident, commander).status == "resolved"


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -1.7e308])
def test_p04_one_line_that_cannot_be_read_takes_no_page(
    incident: Incident, commander: User, read_off: Impact, stakeholder: User, value: float
) -> None:
    """What no call takes, written past them all."""
    assert read_off.signal is not None
    Signal.objects.filter(pk=read_off.signal.pk).update(latest_value=value)
    for person, address in (
        (commander, incident.get_absolute_url()),
        (stakeholder, f"/stakeholders/{incident.ref}/"),
        (commander, f"/api/v1/incidents/{incident.ref}"),
        (commander, f"/api/v1/stakeholders/{incident.ref}"),
    ):
        client = Client()
        client.force_login(person)
        assert (address, client.get(address).status_code) == (address, 200)


@given(value=st.floats(allow_nan=True, allow_infinity=True))
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_p22_no_number_takes_a_page_down(
    incident: Incident, commander: User, read_off: Impact, clock: Clock, value: float
) -> None:
    assert read_off.signal is not None
    send(read_off.signal, commander, (value, None))
    assert all(one.is_finite() for one in shown(incident, clock))


@pytest.mark.parametrize(
    ("field", "value"), [("amount", 0.004), ("per_minute", 0.001), ("amount", "1_000")]
)
def test_p04_a_number_that_cannot_be_kept_is_refused_by_its_name(
    incident: Incident, commander: User, field: str, value: Any
) -> None:
    fields = {"journey": "Pay", "blocked": "All", "amount": 1, "unit": "x", field: value}
    with pytest.raises(Invalid) as caught:
        add_impact(incident, by=commander, **fields)
    assert list(caught.value.errors) == [field]


def test_p04_an_untouched_save_changes_nothing(
    incident: Incident, commander: User, clock: Clock
) -> None:
    at = clock.now.replace(microsecond=123456) - timedelta(minutes=1)
    impact = add_impact(
        incident, by=commander, journey="Pay", blocked="All", amount=12.5, unit="x", at=at
    )
    count = incident.entries.count()
    client = Client()
    client.force_login(commander)
    address = f"{incident.get_absolute_url()}impact/{impact.pk}/"
    typed = {
        "journey": "Pay",
        "blocked": "All",
        "amount": "12.5",
        "unit": "x",
        "per_minute": "",
        "at": at.astimezone(commander.zone).strftime("%Y-%m-%dT%H:%M:%S"),
    }
    assert client.post(address, typed).status_code == 302
    impact.refresh_from_db()
    assert (impact.at, impact.amount, incident.entries.count()) == (at, Decimal("12.50"), count)
    change_impact(impact.pk, by=commander, amount=13)
    assert incident.entries.count() == count + 1


@pytest.mark.parametrize(
    ("typed", "status", "amount"),
    [
        ("1,5", 302, "1.50"),
        ("1.5", 302, "1.50"),
        ("18 450", 302, "18450.00"),
        ("0.004", 422, None),
        ("1.500", 422, None),
        ("1,500", 422, None),
        ("1_000", 422, None),
        ("²", 422, None),
    ],
)
def test_p04_an_amount_is_never_changed_unseen(
    incident: Incident, commander: User, typed: str, status: int, amount: str | None
) -> None:
    client = Client()
    client.force_login(commander)
    fields = {"journey": "Pay", "blocked": "All", "amount": typed, "unit": "x"}
    answer = client.post(f"{incident.get_absolute_url()}impact/", fields)
    kept = Impact.objects.values_list("amount", flat=True).first()
    assert (answer.status_code, None if kept is None else str(kept)) == (status, amount)
