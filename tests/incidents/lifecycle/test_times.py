"""The stamps of an incident: only of what was reached, in an order that can be true (section 4)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from incidents.lifecycle.actions import change_status
from incidents.lifecycle.declaring import declare_incident
from incidents.lifecycle.details import change_incident
from incidents.lifecycle.notes import add_note
from incidents.lifecycle.times import IN_ORDER
from incidents.record.models import Incident
from people.models import User
from postmortems.insights.queries import load_insights
from postmortems.review.actions import hold_meeting, open_review, schedule_meeting
from postmortems.review.figures import spans_of
from refusals.errors import Invalid, Refused
from tests.conftest import Clock
from tests.incidents.cast import fresh, last_words, publish
from tests.incidents.lifecycle.test_lifecycle import resolve

MINUTE = timedelta(minutes=1)


def correct(incident: Incident, by: User, **times: datetime | None) -> Incident:
    """Several corrections in one call, each with a reason."""
    given = {name: {"at": at, "reason": "The graph."} for name, at in times.items()}
    return change_incident(incident, by=by, times=given)


def refused(incident: Incident, by: User, **times: datetime | None) -> dict[str, str]:
    """What is said to corrections that cannot be taken; the record stays as it was."""
    before = fresh(incident).last_seq
    with pytest.raises(Invalid) as caught:
        correct(incident, by, **times)
    assert fresh(incident).last_seq == before
    return caught.value.errors


@pytest.mark.parametrize("name", ["mitigated_at", "resolved_at", "closed_at"])
def test_a_state_that_was_not_reached_has_no_time(
    incident: Incident, commander: User, clock: Clock, name: str
) -> None:
    assert list(refused(incident, commander, **{name: clock.now})) == [f"times.{name}"]
    figures = load_insights(commander)
    assert (figures.total.incidents, figures.total.mttr.n) == (0, 0)


def test_an_alert_without_a_commander_was_not_acknowledged(
    db: None, admin: User, clock: Clock
) -> None:
    alone = declare_incident(by=None, title="Disk full", severity="sev3")
    assert list(refused(alone, admin, acknowledged_at=clock.now)) == ["times.acknowledged_at"]


@pytest.mark.parametrize(
    ("name", "year"),
    [("acknowledged_at", 2001), ("detected_at", 2001), ("impact_started_at", 2001)],
)
def test_an_absurd_time_is_refused(
    incident: Incident, commander: User, name: str, year: int
) -> None:
    errors = refused(incident, commander, **{name: datetime(year, 1, 1, tzinfo=UTC)})
    assert list(errors) == [f"times.{name}"]


def test_the_impact_does_not_begin_after_the_resolution(
    incident: Incident, commander: User, clock: Clock
) -> None:
    resolve(incident, commander)
    clock.advance(seconds=10)
    (said,) = refused(incident, commander, impact_started_at=clock.now).values()
    assert said.startswith("Then the mitigation (")
    assert "would lie before the start of impact (" in said
    assert load_insights(commander).total.mttr.n == 0


def test_nobody_acknowledges_what_was_not_detected(
    incident: Incident, commander: User, clock: Clock
) -> None:
    early = incident.declared_at - timedelta(seconds=5399)
    (said,) = refused(incident, commander, acknowledged_at=early).values()
    assert said.startswith("Then the acknowledgement (")
    assert "would lie before the detection (" in said


def test_yesterdays_incident_is_corrected_in_one_call(
    incident: Incident, commander: User, clock: Clock
) -> None:
    change_status(incident, by=commander, to="monitoring")
    resolve(incident, commander)
    start = clock.now - timedelta(days=1)
    times = {
        "impact_started_at": start,
        "detected_at": start + 5 * MINUTE,
        "declared_at": start + 10 * MINUTE,
        "acknowledged_at": start + 11 * MINUTE,
        "mitigated_at": start + 40 * MINUTE,
        "resolved_at": start + 60 * MINUTE,
    }
    changed = correct(incident, commander, **times)
    assert {name: getattr(changed, name) for name in times} == times
    assert changed.impact_ended_at == times["mitigated_at"]
    assert [span.seconds for span in spans_of(changed)] == [300, 360, 2400, 3600]


def test_the_order_in_the_call_makes_no_difference(
    incident: Incident, commander: User, clock: Clock
) -> None:
    change_status(incident, by=commander, to="monitoring")
    resolve(incident, commander)
    start = clock.now - timedelta(days=1)
    later_first = {
        "resolved_at": start + 60 * MINUTE,
        "mitigated_at": start + 40 * MINUTE,
        "declared_at": start,
    }
    changed = correct(incident, commander, **later_first)
    assert {name: getattr(changed, name) for name in later_first} == later_first


def test_what_was_inferred_follows_what_it_was_made_of(
    incident: Incident, commander: User, clock: Clock
) -> None:
    clock.advance(minutes=30)
    resolve(incident, commander)
    assert fresh(incident).time_sources["mitigated_at"] == {"source": "inferred"}
    earlier = clock.now - 20 * MINUTE
    changed = correct(incident, commander, resolved_at=earlier)
    assert (changed.resolved_at, changed.mitigated_at) == (earlier, earlier)
    assert changed.impact_ended_at == earlier
    assert changed.time_sources["mitigated_at"] == {"source": "inferred"}
    shown = f"{earlier:%-d %b %Y %H:%M} UTC"
    assert last_words(incident, "time_corrected") == [
        f"set the resolution to {shown}: The graph.",
        f"set the mitigation to {shown}, as the resolution did",
    ]


def test_detection_and_acknowledgement_follow_a_declaration_by_hand(
    incident: Incident, commander: User, clock: Clock
) -> None:
    earlier = incident.declared_at - timedelta(hours=1)
    changed = correct(incident, commander, declared_at=earlier)
    assert (changed.declared_at, changed.detected_at, changed.acknowledged_at) == (
        earlier,
        earlier,
        earlier,
    )


def test_a_detection_that_was_measured_follows_nothing(
    commander: User, clock: Clock, db: None
) -> None:
    began = clock.now - timedelta(minutes=30)
    incident = declare_incident(by=None, title="It fires", severity="sev1", detected_at=began)
    changed = correct(incident, commander, declared_at=incident.declared_at - 5 * MINUTE)
    assert (changed.detected_at, changed.declared_at > began) == (began, True)


def test_a_measured_mitigation_is_named_as_what_contradicts(
    incident: Incident, commander: User, clock: Clock
) -> None:
    clock.advance(minutes=30)
    change_status(incident, by=commander, to="monitoring")
    resolve(incident, commander)
    (said,) = refused(incident, commander, resolved_at=clock.now - 20 * MINUTE).values()
    assert said.startswith("Then the resolution (")
    assert "would lie before the mitigation (" in said


def test_a_reason_is_asked_for_each(incident: Incident, commander: User, clock: Clock) -> None:
    given = {"declared_at": {"at": clock.now - MINUTE, "reason": "\u200b"}}
    with pytest.raises(Refused) as caught:
        change_incident(incident, by=commander, times=given)
    assert caught.value.code == "reason_required"


NAMES = sorted({name for pair in IN_ORDER for name in pair} - {"closed_at"})


@given(
    shifts=st.dictionaries(
        st.sampled_from(NAMES), st.integers(-10_000, 10_000), min_size=1, max_size=4
    )
)
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_whatever_is_corrected_no_figure_is_negative(
    incident: Incident, commander: User, clock: Clock, shifts: dict[str, int]
) -> None:
    if incident.status != "resolved":
        incident.status = "resolved"
        clock.advance(hours=3)
        change_status(incident, by=commander, to="monitoring")
        resolve(incident, commander)
    base = fresh(incident).declared_at
    try:
        correct(
            fresh(incident),
            commander,
            **{name: base + timedelta(seconds=seconds) for name, seconds in shifts.items()},
        )
    except Invalid as invalid:
        assert all(name.startswith("times.") for name in invalid.errors)  # noqa: PT017 - or none
    found = fresh(incident)
    assert all(
        getattr(found, first) <= getattr(found, second)
        for first, second in IN_ORDER
        if getattr(found, first) and getattr(found, second)
    )
    spread = load_insights(commander).total
    assert min(spread.mttd.median_s or 0, spread.mttr.median_s or 0) >= 0


@pytest.mark.parametrize("seconds", [20, 290])
def test_a_clock_that_runs_ahead_is_not_the_future(
    incident: Incident, commander: User, clock: Clock, seconds: int
) -> None:
    ahead = clock.now + timedelta(seconds=seconds)
    entry = add_note(incident, by=commander, text="Seen.", at=ahead)
    declared = declare_incident(by=commander, title="Slow", severity="sev3", occurred_at=ahead)
    assert incident.declared_at < entry.at <= entry.recorded_at
    assert declared.declared_at <= clock.now
    with pytest.raises(Invalid):
        add_note(incident, by=commander, text="Later.", at=clock.now + timedelta(minutes=6))


def test_p42_a_promise_20_seconds_over_is_made_for_the_latest_time(
    incident: Incident, commander: User, clock: Clock
) -> None:
    wanted = clock.now + timedelta(minutes=15, seconds=20)
    first = publish(incident, commander, next_update_at=wanted)
    assert first.next_update_at == first.published_at + timedelta(minutes=15)
    assert publish(incident, commander, next_update_at=wanted) == first
    with pytest.raises(Refused) as caught:
        publish(
            incident,
            commander,
            status_text="Other.",
            next_update_at=clock.now + timedelta(minutes=15, seconds=45),
        )
    assert caught.value.code == "next_update_too_late"


@pytest.mark.parametrize("year", [2001, 2190])
def test_p50_a_review_meets_after_the_incident_and_within_a_year(
    incident: Incident, commander: User, year: int
) -> None:
    resolve(incident, commander)
    review = open_review(incident, by=commander)
    at = datetime(year, 1, 1, tzinfo=UTC)
    with pytest.raises(Invalid) as caught:
        schedule_meeting(review, by=commander, at=at)
    assert list(caught.value.errors) == ["meeting_at"]
    with pytest.raises(Invalid) as caught:
        hold_meeting(review, by=commander, at=at)
    assert list(caught.value.errors) == ["meeting_held_at"]
    review.refresh_from_db()
    assert review.meeting_held_at is None


def form_of(incident: Incident, by: User, name: str, typed: dict[str, Any]) -> Any:
    client = Client()
    client.force_login(by)
    return client.post(f"{incident.get_absolute_url()}{name}/", typed)


def test_the_page_refuses_the_year_26_as_the_api_does(incident: Incident, commander: User) -> None:
    typed = {"name": "impact_started_at", "at": "0026-03-13T03:15", "reason": "Typed."}
    answer = form_of(incident, commander, "times", typed)
    assert answer.status_code == 422
    assert "Times lie between the years 1970 and 2199." in answer.content.decode()
    assert fresh(incident).impact_started_at is None


def test_the_page_says_which_hour_does_not_exist(incident: Incident, commander: User) -> None:
    User.objects.filter(pk=commander.pk).update(time_zone="Europe/Berlin")
    answer = form_of(
        incident,
        commander,
        "notes",
        {
            "text": "Seen.",
            "kind": "note",
            "at": "2026-03-29T02:30",
        },
    )
    assert answer.status_code == 422
    assert "There is no 02:30 on that day" in answer.content.decode()
