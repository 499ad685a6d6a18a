"""What each column asks of a card: P10, P15, P23, P31, P32, P33, P38."""

from typing import Any

import pytest

from incidents.board.actions import add_card, change_card, move_card
from incidents.cards.models import Card
from incidents.endstate.actions import write_end_state
from incidents.line.actions import stop_line
from incidents.record.models import Incident
from incidents.roster.actions import assign_role, join
from incidents.roster.queries import is_solo
from people.models import User
from refusals.errors import Invalid
from tests.conftest import Clock
from tests.incidents.board.conftest import last, signal_of
from tests.incidents.cast import approved, ready, refusal, start
from warroom.room import load_room

pytestmark = pytest.mark.django_db


def test_p31_a_card_enters_now_with_owner_time_box_and_proof(
    team: Incident, responder: User, clock: Clock
) -> None:
    card = start(ready(team, responder), responder)
    assert (card.column, card.position, card.time_box_min, card.version) == ("now", 0, 15, 2)
    assert card.entered_now_at is not None and card.time_box_ends_at is not None
    assert (card.time_box_ends_at - card.entered_now_at).total_seconds() == 15 * 60
    entry = last(team)
    assert (entry.kind, entry.actor, entry.text) == (
        "card_moved",
        responder,
        "started “Cap the query”",
    )
    assert (entry.data["from"], entry.data["to"]) == ("next", "now")


def test_p31_now_names_everything_that_is_missing(team: Incident, responder: User) -> None:
    card = add_card(team, by=responder, title="Look around")
    refused = refusal("card_not_ready", start, card, responder)
    assert refused.facts == {"missing": ["owner", "expected_proof", "risk"]}
    assert refused.sentence == (
        "Before it enters Now it needs an owner, the proof you expect and its risk."
    )
    assert Card.objects.get(pk=card.pk).column == "next"


@pytest.mark.parametrize("minutes", [5, 60])
def test_p31_time_boxes_from_5_to_60_minutes_need_no_reason(
    team: Incident, responder: User, minutes: int
) -> None:
    assert start(ready(team, responder, time_box_min=minutes), responder).time_box_min == minutes


@pytest.mark.parametrize("minutes", [4, 0, 1441])
def test_p31_other_time_boxes_cannot_be_taken(
    team: Incident, responder: User, minutes: int
) -> None:
    with pytest.raises(Invalid) as caught:
        ready(team, responder, time_box_min=minutes)
    assert list(caught.value.errors) == ["time_box_min"]


def test_p31_more_than_60_minutes_needs_a_reason(team: Incident, responder: User) -> None:
    card = ready(team, responder, time_box_min=61)
    refused = refusal("card_not_ready", start, card, responder)
    assert refused.facts == {"missing": ["time_box_reason"]}
    change_card(card.pk, by=responder, version=1, time_box_reason="the copy runs an hour")
    assert start(card, responder).time_box_min == 61


def test_p31_the_proof_is_prefilled_from_the_served_signal(team: Incident, responder: User) -> None:
    signal = signal_of(team, responder)
    card = ready(team, responder, serves=signal.pk, expected_proof="")
    assert start(card, responder).expected_proof == "API error rate ≤ 1 % on the signal"


def test_p31_risk_is_unset_on_capture(team: Incident, responder: User) -> None:
    assert add_card(team, by=responder, title="Look around").risk == ""


def test_p31_in_now_what_now_asked_for_stays(team: Incident, responder: User) -> None:
    card = start(ready(team, responder), responder)
    refused = refusal(
        "card_not_ready", change_card, card.pk, by=responder, version=2, owner=None, risk=""
    )
    assert refused.facts == {"missing": ["owner", "risk"]}
    with pytest.raises(Invalid) as caught:
        change_card(card.pk, by=responder, version=2, time_box_min=30)
    assert list(caught.value.errors) == ["time_box_min"]


def test_p23_before_an_end_state_is_written_the_rule_sleeps(
    team: Incident, responder: User
) -> None:
    assert add_card(team, by=responder, title="Look around").column == "next"
    assert add_card(team, by=responder, title="And there", column="next").column == "next"


def test_p23_captured_without_serving_it_is_parked(team: Incident, responder: User) -> None:
    write_end_state(team, by=responder, text="Orders succeed.")
    assert add_card(team, by=responder, title="Repaint").column == "parked"
    assert add_card(team, by=responder, title="Fix", serves="end_state").column == "next"


@pytest.mark.parametrize("column", ["next", "now"])
def test_p23_asked_into_next_or_now_it_is_refused(
    team: Incident, responder: User, column: str
) -> None:
    write_end_state(team, by=responder, text="Orders succeed.")
    refusal("card_serves_nothing", add_card, team, by=responder, title="Paint", column=column)
    card = add_card(team, by=responder, title="Paint")
    refusal("card_serves_nothing", move_card, card.pk, by=responder, to=column, version=1)
    assert Card.objects.get(pk=card.pk).column == "parked"


def test_p23_under_a_warning_policy_it_passes_marked(lenient: Incident, responder: User) -> None:
    write_end_state(lenient, by=responder, text="Orders succeed.")
    card = add_card(lenient, by=responder, title="Paint", column="next")
    assert card.marks == ["warn:card_serves_nothing"]
    assert last(lenient).text == "added “Paint” to Next (let pass: card serves nothing)"
    assert last(lenient).data["marks"] == ["warn:card_serves_nothing"]
    served = change_card(card.pk, by=responder, version=1, serves="end_state")
    assert served.marks == []


def test_p23_each_card_is_asked_once_an_end_state_is_written(
    team: Incident, responder: User
) -> None:
    first = add_card(team, by=responder, title="Look around")
    ready(team, responder)
    write_end_state(team, by=responder, text="Orders succeed.")
    assert last(team).data["cards_asked"] == [first.pk]
    room = load_room(team.pk)
    assert room is not None
    assert [view.id for view in room.context["unserving"]] == [first.pk]


def test_p23_taking_away_what_it_serves_is_refused_in_next(team: Incident, responder: User) -> None:
    write_end_state(team, by=responder, text="Orders succeed.")
    card = ready(team, responder)
    refusal("card_serves_nothing", change_card, card.pk, by=responder, version=1, serves=None)


def test_p32_one_card_in_now_per_owner(team: Incident, responder: User) -> None:
    running = start(ready(team, responder, "First"), responder)
    second = ready(team, responder, "Second")
    refused = refusal("owner_busy", start, second, responder)
    assert refused.facts == {"busy_with": {"id": running.pk, "title": "First", "version": 2}}
    assert refused.sentence == (
        "Tunde Okafor already works on “First”. Swap the two, or name another owner."
    )


def test_p32_under_a_warning_policy_a_second_card_is_marked(
    lenient: Incident, responder: User
) -> None:
    start(ready(lenient, responder, "First"), responder)
    assert start(ready(lenient, responder, "Second"), responder).marks == ["warn:owner_busy"]


def test_p32_giving_a_running_card_to_a_busy_person_is_refused(
    team: Incident, responder: User, other_responder: User
) -> None:
    start(ready(team, responder, "First"), responder)
    other = start(ready(team, other_responder, "Second"), other_responder)
    refusal("owner_busy", change_card, other.pk, by=responder, version=2, owner=responder)


def test_p10_the_commander_cannot_own_a_card_in_now(
    team: Incident, commander: User, responder: User
) -> None:
    card = ready(team, commander)
    refused = refusal("commander_cannot_own_work", start, card, commander)
    assert refused.sentence == (
        "Maya Köhler leads and cannot work in Now, as owner or as pair. "
        "Name somebody else, or hand over command."
    )
    running = start(ready(team, responder, "Other"), responder)
    refusal(
        "commander_cannot_own_work",
        change_card,
        running.pk,
        by=responder,
        version=2,
        owner=commander,
    )


def test_p10_alone_the_commander_may_and_it_is_marked(
    incident: Incident, commander: User, responder: User
) -> None:
    assert is_solo(incident)
    assert start(ready(incident, commander), commander).marks == ["solo"]
    join(incident, by=responder)
    refusal("commander_cannot_own_work", start, ready(incident, commander, "More"), commander)


def test_p10_under_a_warning_policy_it_passes_marked(lenient: Incident, commander: User) -> None:
    assert start(ready(lenient, commander), commander).marks == ["warn:commander_cannot_own_work"]


def test_p10_naming_an_owner_ends_solo(
    incident: Incident, commander: User, responder: User
) -> None:
    card = ready(incident, commander, owner=responder)
    assert is_solo(incident)
    assert start(card, commander).marks == []
    assert not is_solo(incident)


def test_p10_whoever_owns_a_card_in_now_is_not_named_commander(
    team: Incident, commander: User, responder: User
) -> None:
    card = start(ready(team, responder), responder)
    fields: dict[str, Any] = {"role": "commander", "person": responder, "note": "All is said."}
    refused = refusal("commander_cannot_own_work", assign_role, team, by=commander, **fields)
    assert refused.facts == {"card": {"id": card.pk, "title": "Cap the query", "version": 2}}
    move_card(card.pk, by=responder, to="parked", version=2)
    assert assign_role(team, by=commander, **fields).person == responder


@pytest.mark.parametrize("risk", ["risky", "destructive"])
def test_p15_a_risky_step_needs_a_pair(
    team: Incident, commander: User, responder: User, other_responder: User, risk: str
) -> None:
    card = ready(team, responder, risk=risk)
    approved(card, responder, commander)
    assert refusal("pair_required", start, card, responder).facts == {"risk": risk}
    change_card(card.pk, by=responder, version=1, pair=other_responder)
    assert start(card, responder).pair == other_responder


def test_p15_the_second_person_is_not_taken_off_a_running_card(
    team: Incident, responder: User, other_responder: User
) -> None:
    running = start(ready(team, responder, risk="risky", pair=other_responder), responder)
    fields = {"by": responder, "version": running.version, "pair": None}
    refused = refusal("pair_required", change_card, running.pk, **fields)
    assert refused.facts == {"risk": "risky"}
    assert Card.objects.get(pk=running.pk).pair == other_responder


@pytest.mark.parametrize("risk", ["safe", "read_only"])
def test_p15_other_steps_need_none(team: Incident, responder: User, risk: str) -> None:
    assert start(ready(team, responder, risk=risk), responder).pair is None


def test_p15_solo_is_exempt_and_marked(incident: Incident, commander: User) -> None:
    assert start(ready(incident, commander, risk="risky"), commander).marks == ["solo"]


def test_p15_under_a_warning_policy_it_passes_marked(lenient: Incident, responder: User) -> None:
    card = start(ready(lenient, responder, risk="risky"), responder)
    assert card.marks == ["warn:pair_required"]


def test_p15_nobody_pairs_with_themselves(team: Incident, responder: User) -> None:
    with pytest.raises(Invalid) as caught:
        ready(team, responder, pair=responder)
    assert list(caught.value.errors) == ["pair"]


def test_p10_the_commander_is_no_pair_either(
    team: Incident, commander: User, responder: User
) -> None:
    refusal("commander_cannot_own_work", start, ready(team, responder, pair=commander), responder)


def test_p10_whoever_pairs_in_now_is_not_named_commander(
    team: Incident, commander: User, responder: User, other_responder: User
) -> None:
    start(ready(team, responder, pair=other_responder), responder)
    refused = refusal(
        "commander_cannot_own_work",
        assign_role,
        team,
        by=commander,
        role="commander",
        person=other_responder,
        note="Over to you.",
    )
    assert refused.sentence.startswith(other_responder.name)


def test_p32_a_pair_counts_as_busy(team: Incident, responder: User, other_responder: User) -> None:
    start(ready(team, responder, pair=other_responder), responder)
    refusal("owner_busy", start, ready(team, other_responder, "Second"), other_responder)


def test_p15_a_pair_is_free_and_does_not_lead(
    team: Incident, commander: User, responder: User, other_responder: User
) -> None:
    start(ready(team, other_responder, "Running"), other_responder)
    busy = ready(team, responder, risk="risky", pair=other_responder)
    assert refusal("pair_required", start, busy, responder).facts == {"risk": "risky"}


def test_p15_with_two_people_nobody_else_can_be_named_and_it_is_marked(
    incident: Incident, commander: User, responder: User
) -> None:
    join(incident, by=responder)
    card = ready(incident, responder, risk="risky")
    approved(card, responder, commander)
    assert start(card, responder).marks == ["two_people"]


def test_what_else_would_refuse_is_said_at_once(
    team: Incident, commander: User, responder: User
) -> None:
    card = add_card(team, by=responder, title="Fail over", owner=commander, serves="end_state")
    refused = refusal("card_not_ready", start, card, responder)
    assert [one["code"] for one in refused.facts["also"]] == ["commander_cannot_own_work"]


def test_p38_a_read_only_card_stays_what_it_is_while_stopped(
    team: Incident, responder: User
) -> None:
    card = start(ready(team, responder, risk="read_only"), responder)
    stop_line(team, by=responder, reason="Look first")
    refusal(
        "line_stopped", change_card, card.pk, by=responder, version=2, title="Reboot the primary"
    )
