"""What is written on a change before its card enters Now (P35)."""

import pytest

from incidents.board.actions import change_card, move_card
from incidents.changes.actions import write_change
from incidents.changes.models import Change
from incidents.outcomes.actions import start_change
from incidents.record.models import Incident
from people.models import User
from tests.conftest import Clock
from tests.incidents.cast import (
    fresh,
    invalid,
    ready,
    refusal,
    start,
    written,
)
from tests.incidents.changes.conftest import destructive

pytestmark = pytest.mark.django_db


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
    assert 41 <= (first.written_in_s or 0) <= (second.written_in_s or 0) - 30 < 600
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
