"""What runs and comes of it: starting, finishing by the signals, the go, and the way back."""

from typing import Any

import pytest

from incidents.approvals.actions import approve_change, ask_approval
from incidents.board.actions import add_card, move_card
from incidents.cards.models import Card
from incidents.changes.actions import write_change
from incidents.endstate.models import Signal
from incidents.endstate.signals import add_signal
from incidents.hypotheses.actions import add_hypothesis
from incidents.lifecycle.actions import AllClear, change_status
from incidents.lifecycle.declaring import declare_incident
from incidents.lifecycle.merging import merge_incident
from incidents.line.actions import stop_line
from incidents.outcomes.actions import finish_change, roll_back, start_change
from incidents.outcomes.leading import allow_second_change, give_go
from incidents.record.models import Incident
from incidents.record.timeline import verify
from incidents.roster.actions import join, release_role
from notifications.models import Delivery
from people.models import User
from tests.conftest import Clock
from tests.incidents.cast import (
    approved,
    fresh,
    invalid,
    last_words,
    measure,
    ready,
    refusal,
    start,
    written,
)
from tests.incidents.changes.conftest import destructive, now_of, running

pytestmark = pytest.mark.django_db


def test_a_change_runs_on_a_card_in_now_only(team: Incident, responder: User) -> None:
    change = written(ready(team, responder, risk="safe"), responder)
    refusal("invalid_transition", start_change, change.pk, by=responder)


def test_p10_the_commander_runs_no_change(team: Incident, commander: User, responder: User) -> None:
    card = start(ready(team, responder, risk="safe"), responder)
    change = card.changes.get()
    refusal("commander_cannot_own_work", start_change, change.pk, by=commander)
    assert start_change(change.pk, by=responder).state == "running"


def test_p32_one_drastic_change_is_in_flight_and_safe_ones_run_beside_it(
    team: Incident, commander: User, responder: User, other_responder: User, outsider: User
) -> None:
    first = running(ready(team, responder, "Fail over", risk="risky", pair=outsider), responder)
    join(team, by=make_responder("p4"))
    second = ready(team, other_responder, "Drop", risk="risky", pair=make_responder("p5"))
    start(second, other_responder)
    change = second.changes.get()
    refused = refusal("change_in_flight", start_change, change.pk, by=other_responder)
    assert refused.facts == {"change": first.pk, "card": first.card_id}
    refusal("only_commander", allow_second_change, team, by=responder, reason="Hurry")
    refusal("reason_required", allow_second_change, team, by=commander, reason="")
    allowed = allow_second_change(team, by=commander, reason="They share nothing.")
    assert allow_second_change(team, by=commander, reason="Again") == allowed
    begun = start_change(change.pk, by=other_responder)
    assert begun.marks == ["second_change"]
    assert begun.ran_beside == [
        {"change": first.pk, "card": first.card_id, "title": "Fail over", "risk": "risky"}
    ]
    allowed.refresh_from_db()
    assert allowed.used_by == begun


def make_responder(key: str) -> User:
    """One more person."""
    return User.objects.create_user(f"{key}@example.com", name=key.upper(), role="responder")


def test_p38_while_stopped_no_change_starts_but_a_way_back(
    team: Incident, commander: User, responder: User, other_responder: User
) -> None:
    waiting = start(ready(team, other_responder, "Cap", risk="safe"), other_responder)
    first = running(ready(team, responder, "Widen", risk="safe"), responder)
    stop_line(team, by=responder, reason="Errors rise")
    change = waiting.changes.get()
    refused = refusal("line_stopped", start_change, change.pk, by=other_responder)
    assert refused.facts["stopped"]["reason"] == "Errors rise"
    back = roll_back(first.pk, by=responder)
    assert (back.state, back.rolls_back_id, back.card_id) == ("running", first.pk, first.card_id)
    assert (now_of(first).state, now_of(first).outcome) == ("finished", "rolled_back")
    assert finish_change(back.pk, by=responder, outcome="as_expected").state == "finished"


def test_p38_a_rollback_card_enters_now_while_stopped_without_hypothesis_pair_or_approval(
    team: Incident, commander: User, responder: User, other_responder: User
) -> None:
    card = destructive(team, responder, other_responder)
    change = approved(card, responder, commander)
    running(card, responder)
    finish_change(change.pk, by=responder, outcome="not_as_expected", note="rows are gone")
    done = Card.objects.get(pk=card.pk)
    move_card(done.pk, by=responder, to="done", proof="rows are gone", version=done.version)
    stop_line(team, by=responder, reason="Rows are gone")
    entered = add_card(
        team,
        by=responder,
        title="Put the copy back",
        column="now",
        owner=responder,
        serves="end_state",
        expected_proof="rows are back",
        risk="destructive",
        rolls_back=change.pk,
    )
    assert (entered.column, entered.marks) == ("now", ["way_back"])
    begun = start_change(entered.changes.get().pk, by=responder)
    assert (begun.state, begun.rolls_back) == ("running", change)


def test_p38_undoing_something_else_says_what_is_marked_and_keeps_its_approval(
    team: Incident, commander: User, responder: User, other_responder: User
) -> None:
    stop_line(team, by=responder, reason="Errors rise")
    card = ready(
        team,
        responder,
        "Roll v118 back",
        risk="destructive",
        pair=other_responder,
        undoes="deployment v118 of 02:28",
    )
    change = written(card, responder, hypothesis="v118 did it", risk="a minute of 503")
    assert change.undoes == "deployment v118 of 02:28"
    refusal("change_not_approved", move_card, card.pk, by=responder, to="now", version=1)
    ask_approval(change.pk, by=responder)
    approve_change(change.pk, by=commander)
    assert start(card, responder).marks == ["way_back"]
    assert start_change(change.pk, by=responder).marks == ["way_back"]


def test_p38_only_what_ran_here_is_undone_by_name(team: Incident, responder: User) -> None:
    never = written(ready(team, responder, risk="safe"), responder)
    assert invalid(ready, team, responder, "Back", rolls_back=never.pk) == ["rolls_back"]
    refusal("invalid_transition", roll_back, never.pk, by=responder)


def test_p38_rolling_back_a_finished_change_of_a_done_card_is_one_step(
    team: Incident, responder: User
) -> None:
    change = running(ready(team, responder, "Widen", risk="safe"), responder)
    finish_change(change.pk, by=responder, outcome="as_expected")
    card = Card.objects.get(pk=change.card_id)
    move_card(card.pk, by=responder, to="done", proof="wide", version=card.version)
    back = roll_back(change.pk, by=responder)
    assert (back.state, back.card.title, back.card.column) == (
        *("running", "Roll back: Widen", "now"),
    )
    assert roll_back(change.pk, by=responder).pk == back.pk


@pytest.fixture
def errors(team: Incident, commander: User) -> Signal:
    """API error rate <= 1 %."""
    return add_signal(
        team, by=commander, name="API error rate", comparator="<=", target=1, unit="%"
    )


def test_p36_starting_and_finishing_freeze_the_signals(
    team: Incident, errors: Signal, responder: User, clock: Clock
) -> None:
    measure(errors, responder, 74.0, 70.0)
    change = running(ready(team, responder, risk="safe", serves=errors.pk), responder)
    refused = refusal(
        "signals_not_seen", finish_change, change.pk, by=responder, outcome="as_expected"
    )
    assert [one["name"] for one in refused.facts["signals"]] == ["API error rate"]
    clock.advance(minutes=1)
    measure(errors, responder, 3.0)
    over = finish_change(change.pk, by=responder, outcome="as_expected", note="it fell")
    assert (over.state, over.outcome, over.note) == ("finished", "as_expected", "it fell")
    clock.advance(minutes=1)
    measure(errors, responder, 99.0)
    taken = over.snapshots.order_by("pk").values_list("moment", "name", "value", "state")
    assert list(taken) == [
        ("before", "API error rate", 70.0, "unmet"),
        ("after", "API error rate", 3.0, "unmet"),
    ]
    assert [len(one.points) for one in over.snapshots.order_by("pk")] == [1, 2]


def test_p36_no_data_is_an_answer(team: Incident, errors: Signal, responder: User) -> None:
    other = add_signal(team, by=responder, name="Support queue", comparator="<=", target=20)
    change = running(ready(team, responder, risk="safe", serves=errors.pk), responder)
    refusal(
        "signals_not_seen",
        finish_change,
        change.pk,
        by=responder,
        outcome="as_expected",
        no_data=[other.pk],
    )
    said = {"by": responder, "outcome": "as_expected", "no_data": [other.pk + 1]}
    assert invalid(finish_change, change.pk, **said) == ["no_data"]
    over = finish_change(change.pk, by=responder, outcome="as_expected", no_data=[errors.pk])
    assert over.no_data == ["API error rate"]


def test_p36_the_outcome_is_said(team: Incident, responder: User) -> None:
    change = running(ready(team, responder, risk="safe"), responder)
    assert invalid(finish_change, change.pk, by=responder, outcome=None) == ["outcome"]
    over = finish_change(change.pk, by=responder, outcome="as_expected")
    before = fresh(team).last_seq
    assert finish_change(over.pk, by=responder, outcome="as_expected").pk == over.pk
    assert fresh(team).last_seq == before
    refusal("invalid_transition", finish_change, over.pk, by=responder, outcome="rolled_back")


def test_p36_after_a_surprise_the_next_change_needs_the_commanders_go(
    team: Incident, commander: User, responder: User, other_responder: User
) -> None:
    first = running(ready(team, responder, "Widen", risk="safe"), responder)
    finish_change(first.pk, by=responder, outcome="not_as_expected", note="errors rose")
    assert Delivery.objects.filter(kind="change_surprised", person=commander).exists()
    second = start(ready(team, other_responder, "Cap", risk="safe"), other_responder)
    change = second.changes.get()
    refused = refusal("go_required", start_change, change.pk, by=other_responder)
    assert refused.facts == {"change": first.pk, "outcome": "not_as_expected"}
    refusal("only_commander", give_go, team, by=responder, reason="Fine")
    refusal("reason_required", give_go, team, by=commander, reason="")
    go = give_go(team, by=commander, reason="Counted the rows")
    assert give_go(team, by=commander, reason="Again") == go
    assert last_words(team, "go_given") == ["gave the go for the next change: Counted the rows"]
    assert start_change(change.pk, by=other_responder).state == "running"


def test_p36_the_go_is_asked_after_a_hand_over_and_a_reopening_too(
    team: Incident, commander: User, responder: User
) -> None:
    first = running(ready(team, responder, "Widen", risk="safe"), responder)
    finish_change(first.pk, by=responder, outcome="rolled_back")
    change_status(
        team,
        by=commander,
        to="resolved",
        all_clear=AllClear(executive_summary="It works.", statement="Calls failed."),
        override_reason="The probe is slow.",
    )
    change_status(team, by=commander, to="investigating", reason="It is back.")
    join(team, by=responder)
    card = Card.objects.get(pk=first.card_id)
    change = written(card, responder)
    refusal("go_required", start_change, change.pk, by=responder)


def test_p36_without_a_surprise_nothing_waits_for_a_go(team: Incident, commander: User) -> None:
    refusal("invalid_transition", give_go, team, by=commander, reason="Go")


def test_p36_a_running_change_stays_its_cards_when_the_owner_leaves(
    team: Incident,
    responder: User,
    other_responder: User,
    commander: User,
    outsider: User,
    admin: User,
) -> None:
    card = ready(team, responder, risk="safe", pair=other_responder)
    change = running(card, responder)
    from_roster = team.roles.active().get(person=responder)
    release(from_roster.pk, responder)
    card.refresh_from_db()
    assert (card.owner, card.column, now_of(change).state) == (
        *(other_responder, "now", "running"),
    )
    over = finish_change(change.pk, by=outsider, outcome="as_expected")
    assert over.finished_by == outsider


def release(role_id: int, by: User) -> None:
    """Somebody leaves the roster."""
    release_role(role_id, by=by, note="Off to sleep.")


def test_p36_an_incident_does_not_end_while_a_change_runs(
    team: Incident, commander: User, responder: User
) -> None:
    change = running(ready(team, responder, risk="safe"), responder)
    other = declare_incident(by=responder, title="The same", severity="sev1")
    clear = AllClear(executive_summary="It works.", statement="Calls failed.")
    refused = refusal(
        "change_unfinished",
        change_status,
        team,
        by=commander,
        to="resolved",
        all_clear=clear,
        override_reason="The probe is slow.",
    )
    assert [one["id"] for one in refused.facts["changes"]] == [change.pk]
    refusal("change_unfinished", change_status, team, by=commander, to="cancelled", reason="Wrong")
    refusal("change_unfinished", merge_incident, team, by=commander, into=other, reason="One")


def test_what_never_ran_is_withdrawn_at_the_end(
    team: Incident, commander: User, responder: User
) -> None:
    change = written(ready(team, responder, risk="safe"), responder)
    change_status(team, by=commander, to="cancelled", reason="The probe was wrong.")
    assert now_of(change).state == "withdrawn"
    assert verify(fresh(team)) is None


def test_p33_done_waits_for_its_change(team: Incident, responder: User) -> None:
    card = start(ready(team, responder, risk="safe"), responder)
    change = card.changes.get()
    done: dict[str, Any] = {
        "by": responder,
        "to": "done",
        "proof": "12 → 3 %",
        "version": card.version,
    }
    refusal("change_unfinished", move_card, card.pk, **done)
    start_change(change.pk, by=responder)
    refusal("change_unfinished", move_card, card.pk, **done)
    finish_change(change.pk, by=responder, outcome="as_expected")
    assert move_card(card.pk, **done).column == "done"


def test_what_runs_is_not_reworded_but_what_is_missing_may_be_filled_in(
    lenient: Incident, responder: User, other_responder: User
) -> None:
    card = ready(lenient, responder, risk="safe")
    move_card(card.pk, by=responder, to="now", version=1)
    change = write_change(card.pk, by=responder, expectation="it falls")
    start_change(change.pk, by=responder)
    refusal("invalid_transition", write_change, card.pk, by=responder, expectation="it rises")
    assert write_change(card.pk, by=responder, rollback="flag off").rollback == "flag off"


def test_a_change_is_recorded_afterwards_with_its_real_times(
    team: Incident, responder: User, clock: Clock
) -> None:
    began = clock.now
    clock.advance(minutes=20)
    ended = clock.now
    clock.advance(minutes=5)
    card = add_card(
        team,
        by=responder,
        title="Restarted the pods",
        column="done",
        owner=responder,
        risk="destructive",
        proof="they answered at 02:51",
    )
    change = write_change(card.pk, by=responder, expectation="pods answer")
    start_change(change.pk, by=responder, occurred_at=began)
    assert invalid(
        finish_change,
        change.pk,
        by=responder,
        outcome="as_expected",
        occurred_at=team.declared_at,
    ) == ["occurred_at"]
    over = finish_change(change.pk, by=responder, outcome="as_expected", occurred_at=ended)
    assert (over.started_at, over.finished_at, over.afterwards) == (began, ended, True)
    entries = team.entries.filter(kind__in=["change_started", "change_finished"])
    assert [one.afterwards for one in entries.order_by("seq")] == [True, True]


def test_p16_an_outcome_and_a_proof_become_evidence(
    team: Incident, responder: User, other_responder: User
) -> None:
    thought = add_hypothesis(team, by=responder, text="Retries keep it busy")
    card = ready(team, responder, risk="safe", tests=thought.pk)
    change = running(card, responder)
    finish_change(change.pk, by=responder, outcome="as_expected", note="CPU fell")
    card.refresh_from_db()
    move_card(card.pk, by=responder, to="done", proof="CPU 98 → 71 %", version=card.version)
    assert list(thought.evidence.order_by("pk").values_list("text", "card", "change")) == [
        ("“Cap the query” went as expected: CPU fell", None, change.pk),
        ("CPU 98 → 71 %", card.pk, None),
    ]
    assert verify(fresh(team)) is None
