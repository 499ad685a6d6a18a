"""Stopping the line (P38): by anyone, by what was agreed, and what goes on meanwhile."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from clock.queries import now
from incidents.board.actions import add_card, change_card, move_card, swap_cards
from incidents.endstate.models import Signal
from incidents.endstate.signals import record_samples, remove_signal
from incidents.lifecycle.actions import change_status
from incidents.lifecycle.declaring import declare_incident
from incidents.line.actions import (
    add_stop_criterion,
    crossings,
    remove_stop_criterion,
    resume_line,
    stop_line,
)
from incidents.line.models import Stop, StopCriterion
from incidents.line.queries import stop_of
from incidents.outcomes.actions import finish_change, start_change
from incidents.record.models import Incident
from incidents.record.timeline import verify
from incidents.roster.actions import assign_role, join
from incidents.roster.command import ask_commander
from incidents.state.attention import attention_of
from incidents.updates.actions import AllClear
from notifications.models import Delivery
from people.models import User
from refusals.errors import Forbidden, Invalid, NotVisible, Refused
from tests.conftest import Clock
from tests.incidents.cast import fresh, last_words, measure, ready, start
from tests.outbox import why_stale

pytestmark = pytest.mark.django_db


def code_of(act: Any, *args: Any, **fields: Any) -> str:
    with pytest.raises(Refused) as refusal:
        act(*args, **fields)
    return refusal.value.code


def told(kind: str) -> list[str]:
    """Who got a message of that kind in the product."""
    rows = Delivery.objects.filter(kind=kind, channel="in_app").exclude(state="cancelled")
    return sorted(rows.values_list("person__name", flat=True))


# By people


def test_p38_anyone_on_the_roster_stops_with_a_reason(
    incident: Incident, responder: User, commander: User
) -> None:
    stop = stop_line(incident, by=responder, reason="  A second\nregion fails ")
    assert (stop.by, stop.reason) == (responder, "A second region fails")
    assert stop_of(incident) == stop
    assert last_words(incident, "line_stopped") == ["stopped the line: A second region fails"]
    assert incident.roles.active().filter(person=responder).exists()
    assert told("line_stopped") == [commander.name]
    assert verify(fresh(incident)) is None


def test_p38_a_stop_says_why(incident: Incident, responder: User) -> None:
    assert code_of(stop_line, incident, by=responder, reason=" ") == "reason_required"
    with pytest.raises(Invalid):
        stop_line(incident, by=responder, reason="x" * 501)
    assert stop_of(incident) is None


def test_p38_twice_is_once_and_another_reason_is_kept(
    incident: Incident, responder: User, other_responder: User
) -> None:
    stop = stop_line(incident, by=responder, reason="Errors rise")
    assert stop_line(incident, by=responder, reason="Errors rise") == stop
    assert last_words(incident, "line_stopped") == ["stopped the line: Errors rise"]
    assert stop_line(incident, by=other_responder, reason="Rows are gone") == stop
    assert last_words(incident, "line_stopped")[1:] == ["would stop the line too: Rows are gone"]
    assert Stop.objects.count() == 1


def test_p38_whoever_works_in_now_hears_of_it(
    incident: Incident, commander: User, responder: User, other_responder: User
) -> None:
    start(ready(incident, responder, risk="risky", pair=other_responder), responder)
    stop_line(incident, by=responder, reason="Errors rise")
    assert told("line_stopped") == sorted([commander.name, other_responder.name])


def test_p38_nothing_enters_now_but_what_only_looks(
    incident: Incident, commander: User, responder: User, other_responder: User
) -> None:
    join(incident, by=other_responder)
    risky = ready(incident, responder, risk="risky", pair=other_responder)
    unsaid = add_card(incident, by=responder, title="Restart", owner=responder, column="next")
    looking = ready(incident, other_responder, title="Read the log")
    stop_line(incident, by=responder, reason="Errors rise")
    for card in (risky, unsaid):
        with pytest.raises(Refused) as refusal:
            start(card, responder)
        assert refusal.value.code == "line_stopped"
        assert refusal.value.facts["stopped"]["reason"] == "Errors rise"
    assert (
        code_of(
            add_card,
            incident,
            by=responder,
            title="Fail over",
            column="now",
            owner=responder,
            pair=other_responder,
            risk="destructive",
            expected_proof="It works",
            serves="end_state",
        )
        == "line_stopped"
    )
    running = start(looking, other_responder)
    assert running.column == "now"
    changed = {"version": running.version, "risk": "safe"}
    assert code_of(change_card, looking.pk, by=other_responder, **changed) == "line_stopped"
    swap = {"by": commander, "start": risky.pk}
    assert code_of(swap_cards, looking.pk, **swap) == "line_stopped"


def test_p38_what_runs_may_finish_and_be_parked(incident: Incident, responder: User) -> None:
    card = start(ready(incident, responder, risk="safe"), responder)
    change = start_change(card.changes.get().pk, by=responder)
    stop_line(incident, by=responder, reason="Errors rise")
    finish_change(change.pk, by=responder, outcome="as_expected")
    done = move_card(card.pk, by=responder, to="done", proof="Seen.", version=card.version)
    assert done.column == "done"


def test_p38_the_commander_resumes_with_a_reason_and_an_acting_deputy_may(
    incident: Incident, commander: User, responder: User, other_responder: User, clock: Clock
) -> None:
    assign_role(incident, by=commander, role="deputy", person=other_responder)
    card = ready(incident, responder, risk="safe")
    stop_line(incident, by=responder, reason="Errors rise")
    for other in (responder, other_responder):
        assert code_of(resume_line, incident, by=other, reason="Fine") == "only_commander"
    assert code_of(resume_line, incident, by=commander, reason="") == "reason_required"
    stop = resume_line(incident, by=commander, reason="It was the probe")
    assert stop is not None
    assert (stop.resumed_by, stop.resumed_because) == (commander, "It was the probe")
    assert resume_line(incident, by=commander, reason="It was the probe") is None
    stop_line(incident, by=responder, reason="Errors rise again")
    ask_commander(incident, by=responder)
    clock.advance(minutes=2, seconds=1)
    assert code_of(resume_line, incident, by=responder, reason="Fine") == "only_commander"
    assert resume_line(incident, by=other_responder, reason="It was the probe") is not None
    assert last_words(incident, "line_resumed") == ["resumed the line: It was the probe"] * 2
    assert start(card, responder).column == "now"


def test_p38_with_a_silent_commander_and_no_deputy_anyone_resumes(
    incident: Incident, commander: User, responder: User, clock: Clock
) -> None:
    stop_line(incident, by=responder, reason="Errors rise")
    ask_commander(incident, by=responder)
    assert code_of(resume_line, incident, by=responder, reason="Fine") == "only_commander"
    clock.advance(minutes=2, seconds=1)
    assert resume_line(incident, by=responder, reason="It was the probe") is not None


def test_p38_without_anybody_in_command_anyone_resumes(responder: User, db: None) -> None:
    incident = declare_incident(by=None, title="An alert", severity="sev1")
    stop_line(incident, by=responder, reason="Errors rise")
    assert resume_line(incident, by=responder, reason="It was the probe") is not None


def test_p38_resuming_reaches_who_stopped_and_who_works(
    incident: Incident, commander: User, responder: User, other_responder: User
) -> None:
    start(ready(incident, other_responder, risk="read_only"), other_responder)
    stop_line(incident, by=responder, reason="Errors rise")
    waiting = Delivery.objects.get(kind="line_stopped", channel="email", person=commander)
    assert why_stale(waiting) is None
    resume_line(incident, by=commander, reason="It was the probe")
    assert told("line_resumed") == sorted([responder.name, other_responder.name])
    waiting.refresh_from_db()
    assert (waiting.state, waiting.cancelled_reason) == ("cancelled", "The line goes on.")
    assert why_stale(waiting) == "The line goes on."


def test_p38_an_ended_incident_is_not_stopped(
    incident: Incident, commander: User, responder: User
) -> None:
    stop_line(incident, by=responder, reason="Errors rise")
    change_status(
        incident,
        by=commander,
        to="resolved",
        all_clear=AllClear("It works.", statement="Three of four API calls fail."),
        override_reason="No signal yet.",
    )
    assert stop_of(incident) is None
    assert Stop.objects.get().resumed_because == "The incident was resolved."
    again = code_of(stop_line, incident, by=responder, reason="Errors rise")
    assert again == "invalid_transition"
    assert code_of(add_stop_criterion, incident, by=responder, text="x") == "invalid_transition"


def test_p38_who_may_not_be_here_may_not_stop(
    commander: User, outsider: User, stakeholder: User, incident: Incident
) -> None:
    with pytest.raises(Forbidden):
        stop_line(incident, by=stakeholder, reason="Errors rise")
    Incident.objects.filter(pk=incident.pk).update(private=True)
    with pytest.raises(NotVisible):
        stop_line(incident, by=outsider, reason="Errors rise")


def test_p38_the_database_holds_one_stop_at_a_time(incident: Incident, responder: User) -> None:
    stop_line(incident, by=responder, reason="Errors rise")
    with pytest.raises(IntegrityError), transaction.atomic():
        Stop.objects.create(incident=incident, at=now(), reason="Again")


# By what was agreed


def test_p38_a_criterion_is_written_beforehand(incident: Incident, responder: User) -> None:
    made = add_stop_criterion(incident, by=responder, text=" A second  region shows errors ")
    assert (made.text, made.signal, made.threshold) == ("A second region shows errors", None, None)
    assert last_words(incident, "stop_criterion_added") == [
        "agreed to stop when: A second region shows errors"
    ]
    remove_stop_criterion(made.pk, by=responder)
    remove_stop_criterion(made.pk, by=responder)
    assert not StopCriterion.objects.standing().exists()
    assert len(last_words(incident, "stop_criterion_removed")) == 1


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ({}, {"text"}),
        ({"text": "x" * 301}, {"text"}),
        ({"comparator": ">", "threshold": 1.0}, {"signal"}),
        ({"signal": 0, "comparator": ">", "threshold": 1.0}, {"signal"}),
        ({"signal": True, "comparator": "=>", "threshold": 1.0}, {"comparator"}),
        ({"signal": True, "comparator": ">"}, {"threshold"}),
        ({"signal": True, "comparator": ">", "threshold": float("nan")}, {"threshold"}),
        ({"signal": True}, {"comparator", "threshold"}),
    ],
)
def test_p38_half_a_criterion_is_none(
    incident: Incident, commander: User, rows_lost: Signal, given: dict[str, Any], names: set[str]
) -> None:
    if given.get("signal") is True:
        given = {**given, "signal": rows_lost.pk}
    with pytest.raises(Invalid) as invalid:
        add_stop_criterion(incident, by=commander, **given)
    assert set(invalid.value.errors) == names


def test_p38_a_crossing_stops_by_itself(
    incident: Incident, commander: User, rows_lost: Signal, criterion: StopCriterion
) -> None:
    assert criterion.text == "Rows lost > 0"
    measure(rows_lost, commander, 0, 0)
    assert stop_of(incident) is None
    measure(rows_lost, commander, 3)
    stop = stop_of(incident)
    assert stop is not None
    assert (stop.by, stop.criterion) == (None, criterion)
    assert stop.reason == "Rows lost > 0 (Rows lost at 3)"
    assert last_words(incident, "line_stopped") == [
        "The line stopped: Rows lost > 0 (Rows lost at 3)"
    ]
    assert told("line_stopped") == [commander.name]
    assert verify(fresh(incident)) is None


def test_p38_it_trips_once_per_crossing(
    incident: Incident, commander: User, rows_lost: Signal, criterion: StopCriterion, clock: Clock
) -> None:
    for value, stops in ((1, 1), (2, 1), (5, 1), (0, 1), (4, 2), (9, 2)):
        clock.advance(seconds=70)
        measure(rows_lost, commander, value)
        assert Stop.objects.count() == stops, value
        resume_line(incident, by=commander, reason="We know.")


def test_p38_a_crossing_within_one_batch_counts(
    incident: Incident, commander: User, rows_lost: Signal, criterion: StopCriterion
) -> None:
    measure(rows_lost, commander, 0, 7, 0)
    stop = stop_of(incident)
    assert stop is not None
    assert stop.reason.endswith("(Rows lost at 7)")
    (standing,) = attention_of(incident)[0].criteria
    assert not standing.is_over


def test_p38_what_comes_late_or_again_crosses_nothing(
    incident: Incident, commander: User, rows_lost: Signal, criterion: StopCriterion
) -> None:
    moment = now()
    record_samples(rows_lost.pk, by=commander, samples=[(0, moment)])
    late = [(9, moment - timedelta(seconds=30))]
    record_samples(rows_lost.pk, by=commander, samples=late)
    assert stop_of(incident) is None


def test_p38_what_is_beyond_already_waits_for_the_next_crossing(
    incident: Incident, commander: User, rows_lost: Signal, clock: Clock
) -> None:
    measure(rows_lost, commander, 4)
    add_stop_criterion(incident, by=commander, signal=rows_lost.pk, comparator=">", threshold=0)
    clock.advance(seconds=70)
    measure(rows_lost, commander, 5)
    assert stop_of(incident) is None
    clock.advance(seconds=70)
    measure(rows_lost, commander, 0, 5)
    assert stop_of(incident) is not None


def test_p38_stopped_already_the_crossing_is_on_the_record(
    incident: Incident,
    commander: User,
    responder: User,
    rows_lost: Signal,
    criterion: StopCriterion,
) -> None:
    stop_line(incident, by=responder, reason="Errors rise")
    measure(rows_lost, commander, 3)
    assert Stop.objects.count() == 1
    assert last_words(incident, "line_stopped")[1:] == [
        "This would stop the line too: Rows lost > 0 (Rows lost at 3)"
    ]


def test_p38_a_removed_criterion_and_an_ended_incident_trip_nothing(
    incident: Incident, commander: User, rows_lost: Signal, criterion: StopCriterion, clock: Clock
) -> None:
    remove_stop_criterion(criterion.pk, by=commander)
    measure(rows_lost, commander, 3)
    assert stop_of(incident) is None
    add_stop_criterion(incident, by=commander, signal=rows_lost.pk, comparator="=", threshold=7)
    change_status(incident, by=commander, to="cancelled", reason="No alarm.")
    clock.advance(seconds=70)
    measure(rows_lost, commander, 7)
    assert stop_of(incident) is None


def test_p38_a_signal_that_may_stop_the_line_stays(
    commander: User, rows_lost: Signal, criterion: StopCriterion
) -> None:
    with pytest.raises(Refused) as refusal:
        remove_signal(rows_lost.pk, by=commander)
    assert refusal.value.code == "in_use"
    assert "the stop criterion “Rows lost > 0”" in refusal.value.sentence


def test_p38_crossings_are_counted_from_where_it_stood() -> None:
    criterion = StopCriterion(comparator=">=", threshold=2.0)

    def seen(*values: float, before: float | None = None) -> list[float]:
        return [value for _, value in crossings([criterion], before, values)]

    assert seen(1.0, 1.9) == []
    assert seen(2.0) == [2.0]
    assert seen(3.0, 1.0) == [3.0]
    assert seen(3.0, before=2.5) == []
    assert seen(1.0, before=2.5) == []
    assert seen(1.0, 4.0, before=2.5) == [4.0]
