"""P40, P42, P45: recovery at set times, quiet hours, and tomorrow at nine."""

from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client

from clock.queries import now
from deadlines.actions import sweep
from deadlines.office_hours import local_moment
from incidents.cadence.intervals import latest_next_update, offers
from incidents.lifecycle.actions import AllClear, change_status
from incidents.lifecycle.declaring import declare_incident
from incidents.lifecycle.details import change_incident
from incidents.record.models import Incident, Service
from incidents.record.queries import policy_of
from incidents.record.zones import is_quiet, zone_of
from incidents.roster.actions import assign_role, join
from notifications.models import Delivery
from people.models import User
from refusals.errors import Invalid, Refused
from tests.conftest import Clock
from tests.incidents.cast import fresh, last_words, publish

pytestmark = pytest.mark.django_db

BERLIN = ZoneInfo("Europe/Berlin")
DAILY: dict[str, Any] = {
    "daily_at": ["17:00", "09:00"],
    "time_zone": "Europe/Berlin",
    "reason": "The vendor repairs it; that takes days.",
}


def at_hour(clock: Clock, hour: int, zone: ZoneInfo = BERLIN) -> None:
    """Move to the next time the wall clock shows that hour."""
    clock.advance(seconds=(local_moment(zone, now(), time(hour)) - now()).total_seconds())


def test_p40_recovery_is_the_commanders_and_needs_a_reason_on_the_first_day(
    incident: Incident, responder: User, commander: User, clock: Clock
) -> None:
    join(incident, by=responder)
    for by, cadence, code in (
        (responder, DAILY, "only_commander"),
        (commander, {**DAILY, "reason": " "}, "reason_required"),
    ):
        with pytest.raises(Refused) as caught:
            change_incident(incident, by=by, cadence=cadence)
        assert caught.value.code == code
    clock.advance(hours=25)
    changed = change_incident(incident, by=commander, cadence={**DAILY, "reason": None})
    assert changed.is_in_recovery


def test_p40_who_cannot_see_or_act_does_not_watch(
    incident: Incident, commander: User, stakeholder: User, outsider: User, responder: User
) -> None:
    join(incident, by=responder)
    Incident.objects.filter(pk=incident.pk).update(private=True)
    for person in (stakeholder, outsider):
        with pytest.raises(Invalid) as caught:
            change_incident(incident, by=commander, cadence={**DAILY, "watching": person})
        assert list(caught.value.errors) == ["cadence.watching"]
    watched = change_incident(incident, by=commander, cadence={**DAILY, "watching": responder})
    assert watched.watching == responder


def test_p40_set_times_are_kept_in_order_and_the_next_is_the_limit(
    incident: Incident, commander: User, clock: Clock
) -> None:
    at_hour(clock, 10)
    incident = declare_incident(by=commander, title="It is dead", severity="sev1")
    changed = change_incident(incident, by=commander, cadence=DAILY)
    assert changed.cadence == {"daily_at": ["09:00", "17:00"], "time_zone": "Europe/Berlin"}
    (said,) = last_words(incident, "cadence_changed")
    assert said == (
        "set recovery cadence: daily at 09:00 and 17:00 Europe/Berlin: "
        "The vendor repairs it; that takes days."
    )
    five = local_moment(BERLIN, now(), time(17))
    assert latest_next_update(changed, now()) == five
    with pytest.raises(Refused) as caught:
        publish(incident, commander, next_update_at=five + timedelta(minutes=5))
    assert caught.value.code == "next_update_too_late"
    publish(incident, commander, next_update_at=five)
    assert fresh(incident).next_update_at == five
    change_status(
        incident, by=commander, to="resolved", all_clear=AllClear("Back."), override_reason="Seen."
    )
    change_status(incident, by=commander, to="investigating", reason="It came back.")
    assert fresh(incident).next_update_at == five


def test_p40_a_promise_given_is_never_put_off_by_the_cadence(
    incident: Incident, commander: User
) -> None:
    before = incident.next_update_at
    changed = change_incident(incident, by=commander, cadence=DAILY)
    assert before is not None
    assert changed.next_update_at is not None
    assert changed.next_update_at <= before


def test_p40_the_zone_is_the_first_service_owners_else_the_declarers(
    commander: User, responder: User
) -> None:
    User.objects.filter(pk=commander.pk).update(time_zone="America/New_York")
    User.objects.filter(pk=responder.pk).update(time_zone="Asia/Tokyo")
    commander.refresh_from_db()
    responder.refresh_from_db()
    alone = declare_incident(by=commander, title="Alone", severity="sev1")
    Service.objects.create(name="Search", slug="search", owner=responder)
    owned = declare_incident(by=commander, title="Owned", severity="sev1", services=["search"])
    assert [zone_of(one).key for one in (alone, owned)] == ["America/New_York", "Asia/Tokyo"]
    daily = {"daily_at": "09:00", "reason": "Days."}
    changed = change_incident(owned, by=commander, cadence=daily)
    assert changed.cadence == {"daily_at": "09:00", "time_zone": "Asia/Tokyo"}


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"daily_at": "25:00"}, "cadence.daily_at"),
        ({"daily_at": []}, "cadence.daily_at"),
        ({"daily_at": "09:00:30"}, "cadence.daily_at"),
        ({"daily_at": "09:00+02:00"}, "cadence.daily_at"),
        ({"daily_at": "09"}, "cadence.daily_at"),
        ({"daily_at": "٠٩:٠٠"}, "cadence.daily_at"),
        ({"quiet": ["20:00", "08:00:01"]}, "cadence.quiet"),
        ({"time_zone": "Mars"}, "cadence.time_zone"),
        ({"quiet": ["20:00", "20:00"]}, "cadence.quiet"),
        ({"quiet": ["20:00", None]}, "cadence.quiet"),
    ],
)
def test_p40_what_no_clock_shows_is_refused_by_its_name(
    incident: Incident, commander: User, fields: dict[str, Any], named: str
) -> None:
    with pytest.raises(Invalid) as caught:
        change_incident(incident, by=commander, cadence={**DAILY, **fields})
    assert list(caught.value.errors) == [named]
    assert not fresh(incident).is_in_recovery


def told() -> list[tuple[str, str]]:
    """Who is told of the update at once, and who later, with the state of the row."""
    rows = Delivery.objects.filter(kind="update", channel="in_app", step="due")
    return sorted((one.person.get_short_name(), one.state) for one in rows if one.person)


@pytest.mark.parametrize(("watching", "hears"), [(False, "Maya"), (True, "Tunde")])
def test_p40_in_quiet_hours_only_whoever_watches_is_nudged(
    commander: User,
    responder: User,
    other_responder: User,
    clock: Clock,
    watching: bool,
    hears: str,
) -> None:
    at_hour(clock, 22)
    incident = declare_incident(by=commander, title="It is dead", severity="sev1")
    join(incident, by=responder)
    assign_role(incident, by=commander, role="communications", person=other_responder)
    quiet = {**DAILY, "quiet": ["20:00", "08:00"]}
    if watching:
        quiet["watching"] = responder
    change_incident(incident, by=commander, cadence=quiet)
    assert is_quiet(fresh(incident), now())
    clock.advance(minutes=16)
    sweep()
    assert told() == [(hears, "sent")]


def test_p40_what_is_due_to_others_in_quiet_hours_comes_when_they_end(
    commander: User, responder: User, clock: Clock
) -> None:
    at_hour(clock, 22)
    incident = declare_incident(by=commander, title="It is dead", severity="sev1")
    join(incident, by=responder)
    change_incident(
        incident,
        by=commander,
        cadence={**DAILY, "quiet": ["20:00", "08:00"], "watching": responder},
    )
    clock.advance(minutes=3)
    sweep()
    row = Delivery.objects.get(kind="war_room_link", channel="in_app")
    assert (row.person, row.state) == (commander, "pending")
    assert row.due_at == local_moment(BERLIN, now(), time(8))


def test_p40_the_page_sets_recovery(incident: Incident, commander: User, responder: User) -> None:
    join(incident, by=responder)
    client = Client()
    client.force_login(commander)
    path = f"/incidents/{incident.ref}/cadence/"
    wanted = {
        "how": "recovery",
        "daily_at": "09:00, 17:00",
        "time_zone": "Europe/Berlin",
        "quiet_from": "20:00",
        "quiet_until": "08:00",
        "watching": str(responder.pk),
    }
    refused = client.post(path, wanted)
    assert (
        refused.status_code,
        "Set times are for what takes days" in refused.content.decode(),
    ) == (
        409,
        True,
    )
    assert client.post(path, {**wanted, "reason": "The vendor works."}).status_code == 302
    assert fresh(incident).cadence == {
        "daily_at": ["09:00", "17:00"],
        "time_zone": "Europe/Berlin",
        "quiet": ["20:00", "08:00"],
        "watching": responder.email,
    }
    shown = client.get(path).content.decode()
    assert 'value="09:00, 17:00"' in shown
    composer = client.get(f"/incidents/{incident.ref}/updates/").content.decode()
    assert "Europe/Berlin, the next set time" in composer
    assert client.post(path, {"how": "interval"}).status_code == 302
    assert fresh(incident).cadence == "interval"


@pytest.mark.parametrize(
    ("severity", "minute", "latest", "first"),
    [
        ("sev3", 18 * 60 + 59, 19 * 60 + 59, "in 60 min, the SEV3 limit"),
        ("sev3", 19 * 60, 33 * 60, "tomorrow at nine"),
        ("sev3", 60, 9 * 60, "today at nine"),
        ("sev3", 7 * 60 + 59, 9 * 60, "today at nine"),
        ("sev3", 8 * 60, 9 * 60, "in 60 min, the SEV3 limit"),
        ("sev4", 18 * 60, 33 * 60, "tomorrow at nine"),
        ("sev1", 23 * 60, 23 * 60 + 15, "in 15 min, the SEV1 limit"),
    ],
)
def test_p42_small_incidents_may_promise_tomorrow_at_nine(
    commander: User, severity: str, minute: int, latest: int, first: str
) -> None:
    incident = declare_incident(by=commander, title="It is slow", severity=severity)
    day = datetime(2026, 3, 2, tzinfo=UTC)
    at = day + timedelta(minutes=minute)
    assert latest_next_update(incident, at) == day + timedelta(minutes=latest)
    assert offers(incident, at, policy_of(severity))[0].words == first


def test_p42_tomorrow_at_nine_is_offered_first_and_taken(commander: User, clock: Clock) -> None:
    at_hour(clock, 22, ZoneInfo("UTC"))
    incident = declare_incident(by=commander, title="It is slow", severity="sev3")
    client = Client()
    client.force_login(commander)
    nine = local_moment(ZoneInfo("UTC"), now(), time(9))
    page = client.get(f"/incidents/{incident.ref}/updates/").content.decode()
    assert f'<option value="{nine.isoformat()}" selected>tomorrow at nine</option>' in page
    client.post(
        f"/incidents/{incident.ref}/updates/",
        {
            "statement": "Pages are slow",
            "status_text": "We look",
            "hypothesis": "A query",
            "current_action": "Sleeping on it",
            "next_in": nine.isoformat(),
        },
    )
    assert fresh(incident).next_update_at == nine
