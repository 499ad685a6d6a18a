"""Who is blocked: the running total, where it ends, and where it is read from."""

from datetime import timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client

from incidents.endstate.signals import add_signal, record_samples
from incidents.impact.actions import add_impact, change_impact, remove_impact
from incidents.impact.models import Impact
from incidents.impact.queries import impact_total, impacts_of, is_at_least
from incidents.lifecycle.actions import change_status
from incidents.lifecycle.times import correct_time
from incidents.record.models import Incident, TimelineEntry
from people.models import User
from refusals.errors import Forbidden, Invalid, NotVisible
from tests.conftest import Clock
from tests.incidents.cast import fresh

pytestmark = pytest.mark.django_db


def orders(incident: Incident, by: User, **more: Any) -> Impact:
    """Failed orders."""
    fields = {
        "journey": "Placing orders",
        "blocked": "every partner",
        "amount": 1950,
        "unit": "failed orders",
    }
    return add_impact(incident, by=by, **{**fields, **more})


def test_p04_the_total_runs_by_its_rate(incident: Incident, commander: User, clock: Clock) -> None:
    at = clock.now - timedelta(minutes=1)
    impact = orders(incident, commander, per_minute=450, at=at)
    assert impact_total(impact, incident, at) == 1950
    assert impact_total(impact, incident, at - timedelta(hours=1)) == 1950
    assert impact_total(impact, incident, at + timedelta(minutes=36, seconds=40)) == 18450
    assert impact_total(impact, incident, at + timedelta(seconds=1)) == 1958


def test_p04_the_rate_ends_at_mitigation(incident: Incident, commander: User, clock: Clock) -> None:
    at = clock.now
    impact = orders(incident, commander, per_minute=60, at=at)
    incident.impact_ended_at = at + timedelta(minutes=10)
    assert impact_total(impact, incident, at + timedelta(minutes=9)) == 2490
    assert impact_total(impact, incident, at + timedelta(hours=9)) == 2550
    incident.impact_ended_at = at - timedelta(minutes=10)
    assert impact_total(impact, incident, at + timedelta(hours=9)) == 1950


def test_p04_without_a_rate_the_number_stands(
    incident: Incident, commander: User, clock: Clock
) -> None:
    impact = orders(incident, commander, amount=Decimal("12.5"), unit="% of users")
    assert impact_total(impact, incident, clock.now + timedelta(days=3)) == Decimal("12.5")


def test_p04_the_total_is_read_from_a_signal(
    incident: Incident, commander: User, clock: Clock
) -> None:
    signal = add_signal(incident, by=commander, name="Queue", comparator="<=", target=20)
    impact = orders(incident, commander, amount=12, signal=signal)
    (found,) = impacts_of(incident)
    assert impact_total(found, incident, clock.now) == 12
    record_samples(signal.pk, by=commander, samples=[(340, None)])
    (found,) = impacts_of(incident)
    assert impact_total(found, incident, clock.now) == 340
    assert impact.signal == signal


def test_p04_a_corrected_mitigation_counts_what_was_measured_by_then(
    incident: Incident, commander: User, clock: Clock
) -> None:
    signal = add_signal(incident, by=commander, name="Queue", comparator="<=", target=20)
    orders(incident, commander, amount=12, signal=signal)
    first, second = (incident.declared_at + timedelta(minutes=minutes) for minutes in (5, 15))
    clock.advance(minutes=30)
    record_samples(signal.pk, by=commander, samples=[(500, first), (7, second)])
    change_status(incident, by=commander, to="monitoring")
    (found,) = impacts_of(fresh(incident))
    assert impact_total(found, fresh(incident), clock.now) == 7
    at = first + timedelta(minutes=1)
    correct_time(incident, by=commander, name="mitigated_at", at=at, reason="Seen on the graph.")
    (found,) = impacts_of(fresh(incident))
    assert impact_total(found, fresh(incident), clock.now) == 500


def test_p04_counted_from_detection_it_says_at_least(
    incident: Incident, commander: User, clock: Clock
) -> None:
    assert is_at_least(incident)
    incident.impact_started_at = clock.now
    assert not is_at_least(incident)


def test_p04_it_is_recorded_changed_and_taken_out_on_the_timeline(
    incident: Incident, commander: User, clock: Clock
) -> None:
    impact = orders(incident, commander, per_minute=1)
    clock.advance(minutes=2)
    changed = change_impact(impact.pk, by=commander, per_minute=5)
    assert changed.amount == 1952
    assert change_impact(impact.pk, by=commander, per_minute=5) == changed
    remove_impact(impact.pk, by=commander)
    with pytest.raises(NotVisible):
        remove_impact(impact.pk, by=commander)
    lines = TimelineEntry.objects.filter(incident=incident, kind__startswith="impact")
    assert list(lines.values_list("kind", "text")) == [
        (
            "impact_recorded",
            (
                "recorded who is blocked: 1950 failed orders, 1 a minute. "
                "Placing orders, every partner"
            ),
        ),
        (
            "impact_changed",
            (
                "changed who is blocked: 1952 failed orders, 5 a minute. "
                "Placing orders, every partner"
            ),
        ),
        (
            "impact_removed",
            (
                "took out of the impact: 1952 failed orders, 5 a minute. "
                "Placing orders, every partner"
            ),
        ),
    ]
    assert impacts_of(incident) == []


@pytest.mark.parametrize(
    ("fields", "errors"),
    [
        ({"journey": " "}, ["journey"]),
        ({"blocked": "x" * 201}, ["blocked"]),
        ({"amount": -1}, ["amount"]),
        ({"amount": "NaN"}, ["amount"]),
        ({"amount": "1e16"}, ["amount"]),
        ({"amount": None}, ["amount"]),
        ({"per_minute": -1}, ["per_minute"]),
        ({"signal": 999_999}, ["signal"]),
    ],
)
def test_p04_what_cannot_be_counted_is_named_by_field(
    incident: Incident, commander: User, fields: dict[str, Any], errors: list[str]
) -> None:
    with pytest.raises(Invalid) as caught:
        orders(incident, commander, **fields)
    assert list(caught.value.errors) == errors


def test_p04_the_number_is_known_at_a_time_that_has_been(
    incident: Incident, commander: User, clock: Clock
) -> None:
    with pytest.raises(Invalid) as caught:
        orders(incident, commander, at=clock.now + timedelta(minutes=1))
    assert list(caught.value.errors) == ["at"]


def test_p04_a_rate_or_a_signal_never_both(incident: Incident, commander: User) -> None:
    signal = add_signal(incident, by=commander, name="Queue", comparator="<=", target=20)
    with pytest.raises(Invalid) as caught:
        orders(incident, commander, per_minute=1, signal=signal)
    assert list(caught.value.errors) == ["signal"]


def test_p04_who_may_not_record_it(incident: Incident, stakeholder: User, outsider: User) -> None:
    with pytest.raises(Forbidden):
        orders(incident, stakeholder)
    Incident.objects.filter(pk=incident.pk).update(private=True)
    for person in (stakeholder, outsider):
        with pytest.raises(NotVisible):
            orders(incident, person)


def test_p04_a_signal_a_story_and_a_cut_off_are_chosen_on_the_page(
    incident: Incident, commander: User, stakeholder: User, clock: Clock
) -> None:
    signal = add_signal(incident, by=commander, name="Blocked", comparator="<=", target=0)
    record_samples(signal.pk, by=commander, samples=[(12.0, None)])
    client = Client()
    client.force_login(commander)
    path = f"/incidents/{incident.ref}/impact/"
    data = {
        "journey": "Paying",
        "blocked": "buyers",
        "amount": "1",
        "unit": "lost sales",
        "signal": str(signal.pk),
        "story": "The bakery on Main Street cannot open.",
        "cut_off": "the 18:00 settlement",
        "cut_off_at": f"{clock.now + timedelta(hours=2):%Y-%m-%dT%H:%M}",
    }
    refused = client.post(path, data)
    assert (refused.status_code, "say which, such as EUR" in refused.content.decode()) == (
        422,
        True,
    )
    assert client.post(path, {**data, "currency": "eur"}).status_code == 302
    impact = incident.impacts.get()
    assert (impact.signal, impact.currency, impact.story) == (signal, "EUR", data["story"])
    client.force_login(stakeholder)
    for reader, address in (
        (commander, f"/incidents/{incident.ref}/"),
        (stakeholder, f"/stakeholders/{incident.ref}/"),
    ):
        client.force_login(reader)
        text = client.get(address).content.decode()
        for part in (
            "EUR lost sales",
            data["story"],
            data["cut_off"],
            "data-countdown",
            "at least",
        ):
            assert part in text
    client.force_login(commander)
    link = client.post(f"/api/v1/incidents/{incident.ref}/share-links", {}, "application/json")
    shown = Client().get(urlsplit(link.json()["url"]).path).content.decode()
    assert ("data-countdown" in shown, data["story"] in shown) == (True, False)
