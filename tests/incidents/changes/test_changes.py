"""Changes: written, approved, run and looked at; and the way back."""

from typing import Any

import pytest

from deadlines.actions import sweep
from deadlines.models import Deadline
from incidents.approvals.actions import approve_change, ask_approval, send_back
from incidents.board.actions import add_card, change_card, move_card
from incidents.cards.models import Card
from incidents.changes.actions import withdraw_change, write_change
from incidents.changes.models import Change
from incidents.endstate.models import Signal
from incidents.endstate.signals import add_signal
from incidents.hypotheses.actions import add_evidence, add_hypothesis
from incidents.lifecycle.actions import AllClear, change_status
from incidents.lifecycle.declaring import declare_incident
from incidents.lifecycle.details import change_incident
from incidents.lifecycle.merging import merge_incident
from incidents.line.actions import stop_line
from incidents.outcomes.actions import finish_change, roll_back, start_change
from incidents.outcomes.leading import allow_second_change, give_go
from incidents.record.models import Incident, SeverityPolicy
from incidents.record.timeline import verify
from incidents.roster.actions import assign_role, join, release_role
from notifications.models import Delivery
from people.actions import issue_token
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

pytestmark = pytest.mark.django_db


@pytest.fixture
def team(incident: Incident, responder: User, other_responder: User, outsider: User) -> Incident:
    """The incident with three responders beside its commander."""
    for person in (responder, other_responder, outsider):
        join(incident, by=person)
    return incident


@pytest.fixture
def lenient(team: Incident) -> Incident:
    """The same under a policy that lets soft rules pass."""
    SeverityPolicy.objects.filter(severity=team.severity).update(enforcement="warn")
    return team


def destructive(incident: Incident, owner: User, pair: User, title: str = "Drop it") -> Card:
    """A destructive card with its pair, in Next."""
    return ready(incident, owner, title, risk="destructive", pair=pair)


def running(card: Card, by: User) -> Change:
    """The change of a card that is moved to Now and started."""
    start(card, by)
    return start_change(card.changes.get(state__in=["draft", "approved"]).pk, by=by)


def now_of(change: Change) -> Change:
    """The change as it is stored."""
    return Change.objects.get(pk=change.pk)


# P35: written before Now


@pytest.mark.parametrize("risk", ["safe", "risky"])
def test_p35_a_safe_and_a_risky_card_say_what_they_expect_and_how_they_go_back(
    team: Incident, responder: User, other_responder: User, risk: str
) -> None:
    card = ready(team, responder, risk=risk, pair=other_responder)
    refused = refusal("change_required", move_card, card.pk, by=responder, to="now", version=1)
    assert refused.facts["missing"] == ["expectation", "rollback"]
    write_change(card.pk, by=responder, expectation="errors fall")
    refused = refusal("change_required", move_card, card.pk, by=responder, to="now", version=1)
    assert refused.facts["missing"] == ["rollback"]
    write_change(card.pk, by=responder, rollback="flag off, 10 s")
    assert start(card, responder).column == "now"


def test_p35_two_destructive_cards_with_a_pair_each_do_not_start_on_a_hunch(
    team: Incident, responder: User, other_responder: User
) -> None:
    card = destructive(team, responder, other_responder)
    refused = refusal("change_required", move_card, card.pk, by=responder, to="now", version=1)
    assert refused.facts["missing"] == [
        *("hypothesis", "expectation", "risk", "rollback", "reversible"),
    ]
    assert [one["code"] for one in refused.facts["also"]] == ["change_not_approved"]


def test_p35_what_only_looks_carries_none(team: Incident, responder: User) -> None:
    card = ready(team, responder)
    assert invalid(write_change, card.pk, by=responder, expectation="x") == ["risk"]
    assert start(card, responder).column == "now"


def test_p35_words_of_nothing_are_none(team: Incident, responder: User) -> None:
    card = ready(team, responder, risk="safe")
    write_change(card.pk, by=responder, expectation="\u200b", rollback="flag off")
    refused = refusal("change_required", move_card, card.pk, by=responder, to="now", version=1)
    assert refused.facts["missing"] == ["expectation"]


def test_p35_in_a_warning_policy_it_passes_with_a_mark_for_each_missing_answer(
    lenient: Incident, responder: User, other_responder: User
) -> None:
    card = destructive(lenient, responder, other_responder)
    moved = move_card(card.pk, by=responder, to="now", version=1)
    assert moved.marks == ["warn:change_required", "warn:change_not_approved"]
    change = write_change(card.pk, by=responder, expectation="it falls")
    begun = start_change(change.pk, by=responder)
    assert begun.marks == ["warn:change_required", "warn:change_not_approved"]


def test_p35_raising_the_risk_of_a_card_in_now_takes_it_back_to_the_gate(
    team: Incident, responder: User, other_responder: User, outsider: User
) -> None:
    card = start(ready(team, responder, risk="safe", pair=other_responder), responder)
    refused = refusal(
        "change_required",
        change_card,
        card.pk,
        by=responder,
        version=card.version,
        risk="destructive",
    )
    assert refused.facts["missing"] == ["hypothesis", "risk"]
    looks = start(ready(team, outsider, "Read the log"), outsider)
    refusal(
        "change_required",
        change_card,
        looks.pk,
        by=outsider,
        version=looks.version,
        risk="safe",
    )


def test_p35_the_time_it_took_is_kept_and_shown(
    team: Incident, responder: User, clock: Clock
) -> None:
    card = ready(team, responder, risk="safe")
    opened = clock.now
    clock.advance(seconds=41)
    first = write_change(card.pk, by=responder, expectation="a", opened_at=opened)
    opened = clock.now
    clock.advance(seconds=30)
    second = write_change(card.pk, by=responder, rollback="b", opened_at=opened)
    assert 41 <= (first.written_in_s or 0) < 71 <= (second.written_in_s or 0)
    assert write_change(ready(team, responder, "B", risk="safe").pk, by=responder, risk="x")
    assert Change.objects.latest("pk").written_in_s is None


def test_the_same_words_again_change_nothing(team: Incident, responder: User) -> None:
    card = ready(team, responder, risk="safe")
    first = written(card, responder)
    before = fresh(team).last_seq
    second = written(card, responder)
    assert (second.pk, second.version, fresh(team).last_seq) == (first.pk, 1, before)


def test_a_stale_change_is_refused_with_the_current_one(
    team: Incident, responder: User, other_responder: User
) -> None:
    card = ready(team, responder, risk="safe")
    change = written(card, responder)
    written(card, other_responder, rollback="redeploy")
    refused = refusal(
        "stale", write_change, card.pk, by=responder, version=change.version, rollback="x"
    )
    assert refused.facts["current"]["rollback"] == "redeploy"


# P35: approved by somebody else


def test_p35_a_destructive_change_is_asked_approved_and_started(
    team: Incident, commander: User, responder: User, other_responder: User
) -> None:
    card = destructive(team, responder, other_responder)
    change = written(card, responder, hypothesis="Retries keep it busy", risk="some are lost")
    assert refusal(
        "change_not_approved", move_card, card.pk, by=responder, to="now", version=1
    ).facts == {"change": change.pk, "state": "draft"}
    asked = ask_approval(change.pk, by=responder)
    assert (asked.state, asked.asked_by) == ("asked", responder)
    assert refusal(
        "change_not_approved", move_card, card.pk, by=responder, to="now", version=1
    ).facts == {"change": change.pk, "state": "asked"}
    given = approve_change(change.pk, by=commander)
    assert (given.state, given.approved_by) == ("approved", commander)
    start(card, responder)
    begun = start_change(change.pk, by=responder)
    assert (begun.state, begun.started_by) == ("running", responder)
    assert last_words(team, "change_asked") == ["asked Maya Köhler to approve “Drop it”"]
    assert last_words(team, "change_approved") == ["approved “Drop it”"]
    assert last_words(team, "change_started") == ["started “Drop it”"]
    assert verify(fresh(team)) is None


def test_p35_asking_twice_and_approving_twice_is_once(
    team: Incident, commander: User, responder: User, other_responder: User
) -> None:
    change = approved(destructive(team, responder, other_responder), responder, commander)
    before = fresh(team).last_seq
    ask_approval(change.pk, by=responder)
    approve_change(change.pk, by=commander)
    assert fresh(team).last_seq == before
    assert Delivery.objects.filter(kind="change_approval", person=commander).exists()


def test_p35_nobody_approves_their_own(
    team: Incident, commander: User, responder: User, other_responder: User
) -> None:
    change = written(
        destructive(team, responder, other_responder), commander, hypothesis="H", risk="R"
    )
    ask_approval(change.pk, by=commander)
    refusal("self_approval", approve_change, change.pk, by=responder)
    assert refusal("only_commander", approve_change, change.pk, by=other_responder).facts == {
        "ask": "approve"
    }


def test_p35_the_deputy_may_two_minutes_after_asking(
    team: Incident,
    commander: User,
    responder: User,
    other_responder: User,
    outsider: User,
    clock: Clock,
) -> None:
    assign_role(team, by=commander, role="deputy", person=outsider)
    change = written(
        destructive(team, responder, other_responder), responder, hypothesis="H", risk="R"
    )
    ask_approval(change.pk, by=responder)
    clock.advance(minutes=1, seconds=50)
    refusal("only_commander", approve_change, change.pk, by=outsider)
    clock.advance(seconds=11)
    sweep()
    assert Delivery.objects.filter(kind="change_approval", person=outsider, step="due").exists()
    assert approve_change(change.pk, by=outsider).approved_by == outsider
    assert not Deadline.objects.open().filter(kind="change_approval").exists()


def test_p35_the_commanders_own_card_is_approved_by_anybody_else(
    incident: Incident, commander: User, responder: User
) -> None:
    card = ready(incident, commander, "Drop it", risk="destructive")
    change = written(card, commander, hypothesis="H", risk="R")
    join(incident, by=responder)
    ask_approval(change.pk, by=commander)
    refusal("self_approval", approve_change, change.pk, by=commander)
    assert approve_change(change.pk, by=responder).approved_by == responder


def test_p35_alone_one_approves_for_oneself_marked(incident: Incident, commander: User) -> None:
    card = ready(incident, commander, "Drop it", risk="destructive")
    change = approved(card, commander, commander)
    assert change.marks == ["solo"]
    moved = start(card, commander)
    assert (moved.column, moved.marks) == ("now", ["solo"])
    assert start_change(change.pk, by=commander).state == "running"


def test_p15_with_two_the_commanders_approval_is_the_second_pair_of_eyes(
    incident: Incident, commander: User, responder: User
) -> None:
    join(incident, by=responder)
    card = ready(incident, responder, risk="risky")
    written(card, responder)
    refusal("change_not_approved", start, card, responder)
    ask_approval(card.changes.get().pk, by=responder)
    approve_change(card.changes.get().pk, by=commander)
    assert start(card, responder).marks == ["two_people"]


def test_p37_no_token_of_any_kind_approves(
    team: Incident, commander: User, responder: User, other_responder: User
) -> None:
    change = written(
        destructive(team, responder, other_responder), responder, hypothesis="H", risk="R"
    )
    ask_approval(change.pk, by=responder)
    token, _ = issue_token(commander, name="mine")
    commander.token = token
    refusal("token_cannot_approve", approve_change, change.pk, by=commander)
    commander.token = None
    assert approve_change(change.pk, by=commander).state == "approved"


def test_p35_an_approval_by_voice_names_both(
    team: Incident, commander: User, responder: User, other_responder: User, outsider: User
) -> None:
    change = written(
        destructive(team, responder, other_responder), responder, hypothesis="H", risk="R"
    )
    ask_approval(change.pk, by=responder)
    refusal("only_commander", approve_change, change.pk, by=outsider, recorded_by_voice_of=outsider)
    refusal("self_approval", approve_change, change.pk, by=outsider, recorded_by_voice_of=responder)
    given = approve_change(change.pk, by=outsider, recorded_by_voice_of=commander)
    assert (given.approved_by, given.approval_recorded_by) == (commander, outsider)
    assert given.marks == ["by_voice"]
    assert last_words(team, "change_approved") == [
        "approved “Drop it”, by the voice of Maya Köhler"
    ]
    assert Delivery.objects.filter(kind="change_approved", person=commander).exists()


def test_p39_what_cannot_be_undone_is_approved_by_typing_the_reference(
    team: Incident, commander: User, responder: User, other_responder: User
) -> None:
    change = written(
        destructive(team, responder, other_responder),
        responder,
        hypothesis="H",
        risk="R",
        reversible=False,
        rollback="it can’t; by hand from the list",
    )
    ask_approval(change.pk, by=responder)
    for typed in ("", "INC-0", team.title):
        assert invalid(approve_change, change.pk, by=commander, confirm=typed) == ["confirm"]
    assert approve_change(change.pk, by=commander, confirm=team.ref).state == "approved"


def test_p39_in_a_warning_policy_the_reference_is_let_pass_marked(
    lenient: Incident, commander: User, responder: User, other_responder: User
) -> None:
    change = approved(
        destructive(lenient, responder, other_responder), responder, commander, reversible=False
    )
    assert change.marks == ["warn:confirm"]


def test_p35_it_is_sent_back_with_a_reason(
    team: Incident, commander: User, responder: User, other_responder: User
) -> None:
    change = written(
        destructive(team, responder, other_responder), responder, hypothesis="H", risk="R"
    )
    ask_approval(change.pk, by=responder)
    refusal("reason_required", send_back, change.pk, by=commander, reason=" ")
    back = send_back(change.pk, by=commander, reason="How many rows?")
    assert (back.state, back.look_again) == (
        "draft",
        "Sent back by Maya Köhler: How many rows?",
    )
    assert Delivery.objects.filter(kind="change_sent_back", person=responder).count() > 0
    refusal("invalid_transition", approve_change, change.pk, by=commander)


# P35: when an approval falls


def test_p35_approval_falls_when_the_words_change(
    team: Incident, commander: User, responder: User, other_responder: User
) -> None:
    card = destructive(team, responder, other_responder)
    change = approved(card, responder, commander)
    again = write_change(card.pk, by=responder, rollback="put the copy back")
    assert (again.pk, again.state, again.approved_by) == (change.pk, "draft", None)
    assert again.look_again == "Reworded by Tunde Okafor"
    refusal("change_not_approved", move_card, card.pk, by=responder, to="now", version=1)
    ask_approval(change.pk, by=responder)
    approve_change(change.pk, by=commander)
    change_card(card.pk, by=responder, version=1, title="Drop all of it")
    assert (now_of(change).state, last_words(team, "approval_fell")) == (
        "draft",
        ["The approval of “Drop all of it” fell: The card was changed by Tunde Okafor"],
    )


def test_p35_approval_falls_when_its_hypothesis_is_ruled_out(
    team: Incident, commander: User, responder: User, other_responder: User
) -> None:
    card = destructive(team, responder, other_responder)
    change = approved(card, responder, commander)
    assert change.hypothesis is not None
    add_evidence(change.hypothesis.pk, by=responder, state="ruled_out", text="memory is flat")
    assert now_of(change).state == "draft"
    refused = refusal("change_required", ask_approval, change.pk, by=responder)
    assert refused.facts["missing"] == ["hypothesis"]
    assert verify(fresh(team)) is None


def test_p35_approval_falls_when_the_severity_rises_and_is_asked_again(
    commander: User, responder: User, other_responder: User, outsider: User
) -> None:
    incident = declare_incident(by=commander, title="Calls fail", severity="sev2")
    for one in (responder, other_responder, outsider):
        join(incident, by=one)
    change = approved(destructive(incident, responder, other_responder), responder, commander)
    change_incident(incident, by=commander, severity="sev3")
    assert now_of(change).state == "approved"
    change_incident(incident, by=commander, severity="sev1")
    assert (now_of(change).state, now_of(change).look_again) == (
        "asked",
        "The severity rose to SEV1",
    )
    assert verify(fresh(incident)) is None


def test_p35_approval_stands_when_samples_move_and_falls_with_a_new_owner_who_gave_it(
    team: Incident,
    commander: User,
    responder: User,
    other_responder: User,
    outsider: User,
    clock: Clock,
) -> None:
    assign_role(team, by=commander, role="deputy", person=outsider)
    signal = add_signal(team, by=commander, name="Errors", comparator="<=", target=1)
    card = destructive(team, responder, other_responder)
    change = written(card, responder, hypothesis="H", risk="R")
    ask_approval(change.pk, by=responder)
    clock.advance(minutes=2, seconds=1)
    approve_change(change.pk, by=outsider)
    measure(signal, responder, 80.0)
    assert now_of(change).state == "approved"
    change_card(card.pk, by=responder, version=1, owner=outsider)
    refusal("change_not_approved", move_card, card.pk, by=responder, to="now", version=2)


def test_p35_parking_withdraws_what_does_not_run(
    team: Incident, commander: User, responder: User, other_responder: User
) -> None:
    card = destructive(team, responder, other_responder)
    change = approved(card, responder, commander)
    move_card(card.pk, by=responder, to="parked", version=1)
    assert now_of(change).state == "withdrawn"
    refusal("invalid_transition", approve_change, change.pk, by=commander)
    refusal("invalid_transition", start_change, change.pk, by=responder)
    move_card(card.pk, by=responder, to="next", version=2)
    assert written(card, responder).pk != change.pk


def test_p35_taking_it_back_twice_is_once(team: Incident, responder: User) -> None:
    change = written(ready(team, responder, risk="safe"), responder)
    assert withdraw_change(change.pk, by=responder).state == "withdrawn"
    before = fresh(team).last_seq
    withdraw_change(change.pk, by=responder)
    assert fresh(team).last_seq == before


# P32, P36, P38: starting


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


# P36: the signals before and after


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


# Recorded afterwards


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


# P16


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
