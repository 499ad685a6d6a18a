"""Approvals: asked, given by somebody else, sent back, and fallen (P35, P37, P39)."""

import pytest

from deadlines.actions import sweep
from deadlines.models import Deadline
from incidents.approvals.actions import approve_change, ask_approval, send_back
from incidents.board.actions import change_card, move_card, swap_cards
from incidents.changes.actions import withdraw_change, write_change
from incidents.endstate.signals import add_signal
from incidents.hypotheses.actions import add_evidence
from incidents.lifecycle.declaring import declare_incident
from incidents.lifecycle.details import change_incident
from incidents.outcomes.actions import start_change
from incidents.record.models import Incident
from incidents.record.timeline import verify
from incidents.roster.actions import assign_role, join
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
from tests.incidents.changes.conftest import destructive, now_of

pytestmark = pytest.mark.django_db


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


def test_p35_parking_by_a_swap_withdraws_what_does_not_run_too(
    team: Incident, commander: User, responder: User, other_responder: User
) -> None:
    card = destructive(team, responder, other_responder)
    change = approved(card, responder, commander)
    running = move_card(card.pk, by=responder, to="now", version=1)
    swap_cards(running.pk, by=responder, start=ready(team, responder, "Look at it").pk)
    assert now_of(change).state == "withdrawn"


def test_p35_taking_it_back_twice_is_once(team: Incident, responder: User) -> None:
    change = written(ready(team, responder, risk="safe"), responder)
    assert withdraw_change(change.pk, by=responder).state == "withdrawn"
    before = fresh(team).last_seq
    withdraw_change(change.pk, by=responder)
    assert fresh(team).last_seq == before
