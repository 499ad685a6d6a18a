"""Hypotheses with their evidence (P16), expected back (P18), and passing a card on (P34)."""

from datetime import timedelta
from typing import Any

import pytest

from incidents.board.passing import pass_card_on
from incidents.endstate.signals import add_signal
from incidents.hypotheses.actions import add_evidence, add_hypothesis
from incidents.hypotheses.models import Hypothesis
from incidents.lifecycle.expected import expect_back
from incidents.record.models import Incident
from incidents.roster.actions import join
from incidents.state.attention import attention_of
from notifications.models import Delivery
from people.models import User
from refusals.errors import Forbidden, Invalid, NotVisible, Refused
from tests.conftest import Clock
from tests.incidents.cast import fresh, last_words, measure, ready, start
from tests.programs import Programs

pytestmark = pytest.mark.django_db


def code_of(act: Any, *args: Any, **kwargs: Any) -> str:
    """The code of a call's refusal."""
    with pytest.raises(Refused) as caught:
        act(*args, **kwargs)
    return caught.value.code


def test_p16_a_hypothesis_is_a_sentence_with_an_owner_and_said_once(
    incident: Incident, responder: User, other_responder: User
) -> None:
    thought = add_hypothesis(incident, by=responder, text=" One export  eats the memory ")
    assert (thought.text, thought.owner, thought.state) == (
        *("One export eats the memory", responder, "open"),
    )
    again = add_hypothesis(incident, by=other_responder, text="One export eats the memory")
    assert again == thought
    assert last_words(incident, "hypothesis_added") == ["thinks: One export eats the memory"]
    with pytest.raises(Invalid):
        add_hypothesis(incident, by=responder, text="\u200b")


def test_p16_evidence_moves_its_state_and_freezes_a_signal(
    incident: Incident, commander: User, responder: User
) -> None:
    signal = add_signal(incident, by=commander, name="CPU", comparator="<=", target=60, unit="%")
    measure(signal, commander, 71.0)
    thought = add_hypothesis(incident, by=responder, text="Retries keep it busy")
    shown = add_evidence(thought.pk, by=responder, state="supported", signal=signal.pk)
    measure(signal, commander, 20.0)
    shown.refresh_from_db()
    assert shown.measured is not None
    assert (shown.measured["name"], shown.measured["value"]) == ("CPU", 71.0)
    add_evidence(thought.pk, by=responder, text="It ran at 02:31", url="https://ci/7")
    add_evidence(thought.pk, by=responder, state="ruled_out", text="CPU fell, errors stayed")
    thought.refresh_from_db()
    assert thought.state == "ruled_out"
    assert [one.state for one in thought.evidence.order_by("pk")] == [
        *("supported", "supported", "ruled_out"),
    ]
    assert last_words(incident, "hypothesis_ruled_out") == [
        "ruled out “Retries keep it busy”: CPU fell, errors stayed"
    ]


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({}, "text"),
        ({"state": "ruled_out"}, "text"),
        ({"state": "true", "text": "x"}, "state"),
        ({"signal": 0}, "signal"),
        ({"card": 0}, "card"),
        ({"url": "javascript:alert(1)"}, "url"),
    ],
)
def test_p16_evidence_is_something(
    incident: Incident, responder: User, given: dict[str, Any], field: str
) -> None:
    thought = add_hypothesis(incident, by=responder, text="Retries")
    with pytest.raises(Invalid) as caught:
        add_evidence(thought.pk, by=responder, **given)
    assert list(caught.value.errors) == [field]


def test_p16_open_ones_come_first_with_all_their_evidence(
    incident: Incident, responder: User
) -> None:
    first = add_hypothesis(incident, by=responder, text="Retries")
    add_hypothesis(incident, by=responder, text="The export")
    add_evidence(first.pk, by=responder, state="ruled_out", text="CPU fell")
    found = attention_of(fresh(incident))[0].hypotheses
    assert [(one.number, one.text, one.state, len(one.evidence)) for one in found] == [
        (2, "The export", "open", 0),
        (1, "Retries", "ruled_out", 1),
    ]


def test_p16_who_may_not(incident: Incident, stakeholder: User, commander: User) -> None:
    with pytest.raises(Forbidden):
        add_hypothesis(incident, by=stakeholder, text="Retries")
    with pytest.raises(NotVisible):
        add_evidence(999_999, by=commander, text="x")
    assert not Hypothesis.objects.exists()


# P18


def test_p18_the_commander_says_when_it_is_expected_back_and_moves_it_with_a_reason(
    incident: Incident, commander: User, responder: User, clock: Clock
) -> None:
    join(incident, by=responder)
    assert code_of(expect_back, incident, by=responder, at=None) == "only_commander"
    said = expect_back(incident, by=commander, at=None)
    assert (said.expected_back_at, said.expected_back_moved) == (None, 0)
    at = clock.now + timedelta(hours=1)
    assert code_of(expect_back, incident, by=commander, at=at) == "reason_required"
    moved = expect_back(incident, by=commander, at=at, reason="The copy takes an hour")
    assert (moved.expected_back_at, moved.expected_back_moved) == (at, 1)
    before = fresh(incident).last_seq
    expect_back(incident, by=commander, at=at)
    assert fresh(incident).last_seq == before
    assert len(last_words(incident, "expected_back_said")) == 1
    assert last_words(incident, "expected_back_moved")[0].endswith("The copy takes an hour")


def test_p18_a_past_time_is_not_expected(incident: Incident, commander: User, clock: Clock) -> None:
    with pytest.raises(Invalid) as caught:
        expect_back(incident, by=commander, at=clock.now - timedelta(seconds=1))
    assert list(caught.value.errors) == ["at"]


# P34


def test_p34_a_card_is_passed_on_with_a_note(
    incident: Incident, responder: User, other_responder: User
) -> None:
    join(incident, by=other_responder)
    card = start(ready(incident, responder), responder)
    assert code_of(pass_card_on, card.pk, by=responder, owner=other_responder, note=" ") == (
        "note_required"
    )
    passed = pass_card_on(
        card.pk, by=responder, owner=other_responder, note="The flag is set, look at the graph"
    )
    assert (passed.owner, passed.column, passed.time_box_ends_at) == (
        *(other_responder, "now", card.time_box_ends_at),
    )
    assert last_words(incident, "card_passed_on") == [
        "passed “Cap the query” on to Ravi Patel: The flag is set, look at the graph"
    ]
    assert Delivery.objects.filter(kind="card_passed_on", person=other_responder).exists()
    before = fresh(incident).last_seq
    pass_card_on(card.pk, by=responder, owner=other_responder, note="Again")
    assert fresh(incident).last_seq == before


def test_p34_the_pair_may_take_it_over(
    incident: Incident, responder: User, other_responder: User
) -> None:
    card = start(ready(incident, responder, pair=other_responder), responder)
    passed = pass_card_on(card.pk, by=responder, owner=other_responder, note="Yours")
    assert (passed.owner, passed.pair) == (other_responder, None)


def test_p34_only_what_is_in_now_is_passed_on(
    incident: Incident, responder: User, other_responder: User
) -> None:
    card = ready(incident, responder)
    with pytest.raises(Invalid):
        pass_card_on(card.pk, by=responder, owner=other_responder, note="Yours")


def test_p34_a_busy_person_takes_no_second_card(
    incident: Incident, responder: User, other_responder: User
) -> None:
    start(ready(incident, other_responder, "Other"), other_responder)
    card = start(ready(incident, responder), responder)
    assert (
        code_of(pass_card_on, card.pk, by=responder, owner=other_responder, note="Yours")
        == "owner_busy"
    )


def test_p16_somebody_else_looks_into_it_over_the_api(
    incident: Incident,
    commander: User,
    other_responder: User,
    stakeholder: User,
    program: Programs,
) -> None:
    mine = add_hypothesis(incident, by=commander, text="The pool is too small")
    path = f"hypotheses/{mine.pk}/take"
    assert program(other_responder).post(path, {}).json()["owner"] == other_responder.email
    named = program(commander).post(path, {"owner": commander.email}).json()
    assert named["owner"] == commander.email
    for who in (stakeholder.email, "nobody@example.com"):
        refused = program(commander).post(path, {"owner": who})
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "owner")
