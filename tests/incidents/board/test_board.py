"""Cards: what each column asks, one thing at a time, and the order of a column."""

from datetime import timedelta
from typing import Any

import pytest

from deadlines.actions import sweep
from deadlines.models import Deadline
from incidents.board.actions import add_card, change_card, extend_time_box, move_card, swap_cards
from incidents.cards.models import Card
from incidents.cards.queries import board
from incidents.endstate.actions import write_end_state
from incidents.endstate.models import Signal
from incidents.endstate.signals import add_signal
from incidents.line.actions import stop_line
from incidents.record.models import Incident, SeverityPolicy, TimelineEntry
from incidents.roster.actions import assign_role, join
from incidents.roster.queries import is_solo
from notifications.models import Delivery
from people.models import User
from refusals.errors import Forbidden, Invalid, NotVisible
from tests.conftest import Clock
from tests.incidents.cast import approved, ready, refusal, start, written
from warroom.room import load_room

pytestmark = pytest.mark.django_db


@pytest.fixture
def team(incident: Incident, responder: User, other_responder: User) -> Incident:
    """The incident with two responders beside its commander."""
    join(incident, by=responder)
    join(incident, by=other_responder)
    return incident


@pytest.fixture
def lenient(team: Incident) -> Incident:
    """The same incident under a policy that lets soft rules pass."""
    SeverityPolicy.objects.filter(severity=team.severity).update(enforcement="warn")
    return team


def last(incident: Incident) -> TimelineEntry:
    """The newest line of the record."""
    return TimelineEntry.objects.filter(incident=incident).latest("seq")


def signal_of(incident: Incident, by: User) -> Signal:
    """A signal that cards can serve."""
    return add_signal(incident, by=by, name="API error rate", comparator="<=", target=1, unit="%")


# P31


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
    assert start(card, responder).expected_proof == "API error rate <= 1 % on the signal"


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


# P33


@pytest.mark.parametrize("policy", ["enforce", "warn"])
def test_p33_done_needs_proof(team: Incident, responder: User, policy: str) -> None:
    SeverityPolicy.objects.filter(severity=team.severity).update(enforcement=policy)
    card = start(ready(team, responder), responder)
    refusal("proof_required", move_card, card.pk, by=responder, to="done", version=2, proof="  ")
    done = move_card(card.pk, by=responder, to="done", version=2, proof="error rate 0.8 %")
    assert (done.column, done.proof, done.time_box_ends_at) == ("done", "error rate 0.8 %", None)
    assert done.done_at is not None
    assert (last(team).kind, last(team).text) == (
        "card_done",
        "finished “Cap the query”: error rate 0.8 %",
    )


def test_p33_a_card_that_comes_back_needs_a_new_proof(team: Incident, responder: User) -> None:
    card = ready(team, responder)
    move_card(card.pk, by=responder, to="done", version=1, proof="seen")
    back = move_card(card.pk, by=responder, to="next", version=2)
    assert (back.proof, back.done_at) == ("", None)
    refusal("proof_required", move_card, card.pk, by=responder, to="done", version=3)


# P23


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


# P32


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


def test_p32_swap_parks_one_and_starts_the_other_in_one_step(
    team: Incident, responder: User
) -> None:
    first = start(ready(team, responder, "First"), responder)
    second = ready(team, responder, "Second", owner=None)
    before = team.entries.count()
    started = swap_cards(first.pk, by=responder, start=second.pk)
    first.refresh_from_db()
    assert (first.column, first.time_box_ends_at, first.version) == ("parked", None, 3)
    assert (started.pk, started.column, started.position) == (second.pk, "now", 0)
    assert started.owner == responder
    assert team.entries.count() == before + 1
    assert last(team).text == "parked “First” and started “Second”"
    assert swap_cards(first.pk, by=responder, start=second.pk) == started
    assert team.entries.count() == before + 1


def test_p32_a_refused_swap_moves_neither(team: Incident, responder: User) -> None:
    first = start(ready(team, responder, "First"), responder)
    second = ready(team, responder, "Second", risk="")
    refusal("card_not_ready", swap_cards, first.pk, by=responder, start=second.pk)
    assert list(Card.objects.order_by("pk").values_list("column", flat=True)) == ["now", "next"]


def test_p32_a_swap_needs_another_card_of_the_incident(team: Incident, responder: User) -> None:
    first = start(ready(team, responder, "First"), responder)
    for other in (first.pk, 999_999):
        with pytest.raises(Invalid) as caught:
            swap_cards(first.pk, by=responder, start=other)
        assert list(caught.value.errors) == ["with"]


# P10


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


# P15


@pytest.mark.parametrize("risk", ["risky", "destructive"])
def test_p15_a_risky_step_needs_a_pair(
    team: Incident, commander: User, responder: User, other_responder: User, risk: str
) -> None:
    card = ready(team, responder, risk=risk)
    approved(card, responder, commander)
    assert refusal("pair_required", start, card, responder).facts == {"risk": risk}
    change_card(card.pk, by=responder, version=1, pair=other_responder)
    assert start(card, responder).pair == other_responder


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


# P34


def test_p34_at_the_end_of_the_time_box_owner_and_commander_are_told(
    team: Incident, commander: User, responder: User, clock: Clock
) -> None:
    card = start(ready(team, responder), responder)
    deadline = Deadline.objects.get(kind="time_box", subject_id=card.pk)
    assert (deadline.due_at, deadline.owner) == (card.time_box_ends_at, responder)
    clock.advance(minutes=14, seconds=59)
    clock.advance(seconds=2)
    sweep()
    told = Delivery.objects.filter(source=deadline.source, channel="in_app")
    assert {delivery.person for delivery in told} == {responder, commander}
    assert TimelineEntry.objects.filter(incident=team, kind="time_box_ended").count() == 1
    sweep()
    assert TimelineEntry.objects.filter(incident=team, kind="time_box_ended").count() == 1


def test_p34_extending_moves_the_end_and_needs_a_reason(
    team: Incident, responder: User, clock: Clock
) -> None:
    card = start(ready(team, responder), responder)
    ends_at = card.time_box_ends_at
    assert ends_at is not None
    refusal("reason_required", extend_time_box, card.pk, by=responder, minutes=10, reason=" ")
    longer = extend_time_box(card.pk, by=responder, minutes=10, reason="the copy still runs")
    assert longer.time_box_ends_at is not None
    assert (longer.time_box_ends_at - ends_at).total_seconds() == 600
    assert longer.time_box_min == 25
    deadline = Deadline.objects.get(kind="time_box", subject_id=card.pk)
    assert deadline.due_at == longer.time_box_ends_at
    assert last(team).text == "extended “Cap the query” by 10 min: the copy still runs"


def test_p34_in_overtime_the_extension_counts_from_now(
    team: Incident, responder: User, clock: Clock
) -> None:
    card = start(ready(team, responder), responder)
    clock.advance(minutes=30)
    before = clock.now
    longer = extend_time_box(card.pk, by=responder, minutes=5, reason="nearly there")
    assert longer.time_box_ends_at is not None
    assert before <= longer.time_box_ends_at - timedelta(minutes=5) <= clock.now


@pytest.mark.parametrize("minutes", [4, 61])
def test_p34_extensions_have_5_to_60_minutes(team: Incident, responder: User, minutes: int) -> None:
    card = start(ready(team, responder), responder)
    with pytest.raises(Invalid) as caught:
        extend_time_box(card.pk, by=responder, minutes=minutes, reason="more")
    assert list(caught.value.errors) == ["minutes"]


@pytest.mark.parametrize(
    ("to", "state"), [("done", "kept"), ("next", "released"), ("parked", "released")]
)
def test_p34_leaving_now_settles_the_deadline(
    team: Incident, responder: User, to: str, state: str
) -> None:
    card = start(ready(team, responder), responder)
    move_card(card.pk, by=responder, to=to, version=2, proof="seen")
    assert Deadline.objects.get(kind="time_box", subject_id=card.pk).state == state


# P30: order, versions, who may


def test_p30_cards_go_to_the_end_or_to_their_place(team: Incident, responder: User) -> None:
    a, b, c = (add_card(team, by=responder, title=title) for title in "abc")
    move_card(c.pk, by=responder, to="next", position=0, version=1)
    assert titles(team, "next") == "cab"
    move_card(a.pk, by=responder, to="parked", version=1)
    move_card(b.pk, by=responder, to="parked", position=0, version=1)
    move_card(c.pk, by=responder, to="parked", position=99, version=2)
    assert (titles(team, "next"), titles(team, "parked")) == ("", "bac")
    assert sorted(Card.objects.values_list("position", flat=True)) == [0, 1, 2]


def titles(incident: Incident, column: str) -> str:
    """The titles of a column in their order."""
    cards = Card.objects.filter(incident=incident, column=column).order_by("position")
    return "".join(cards.values_list("title", flat=True))


def test_p30_moving_a_card_where_it_is_does_nothing(team: Incident, responder: User) -> None:
    card = add_card(team, by=responder, title="a")
    before = team.entries.count()
    for position in (None, 0, 7):
        moved = move_card(card.pk, by=responder, to="next", position=position, version=1)
        assert moved.version == 1
    assert team.entries.count() == before


def test_p30_a_stale_version_is_refused_with_the_current_card(
    team: Incident, responder: User, other_responder: User
) -> None:
    card = ready(team, responder)
    change_card(card.pk, by=other_responder, version=1, title="Cap it at 5 000")
    for act, fields in (
        (change_card, {"title": "Mine"}),
        (move_card, {"to": "parked"}),
        (extend_time_box, {"minutes": 5, "reason": "more"}),
    ):
        refused = refusal("stale", act, card.pk, by=responder, version=1, **fields)
        assert refused.facts["current"] == {
            "id": card.pk,
            "title": "Cap it at 5 000",
            "column": "next",
            "position": 0,
            "owner": "tunde@example.com",
            "pair": None,
            "time_box_min": None,
            "time_box_reason": "",
            "time_box_ends_at": None,
            "entered_now_at": None,
            "serves": "end_state",
            "expected_proof": "error rate under 5 %",
            "proof": "",
            "done_at": None,
            "risk": "read_only",
            "tests": None,
            "by_when": None,
            "rolls_back": None,
            "source": "human",
            "ai_tool": "",
            "marks": [],
            "version": 2,
        }


def test_p30_a_version_is_required(team: Incident, responder: User) -> None:
    card = ready(team, responder)
    calls: list[tuple[Any, dict[str, str]]] = [
        (change_card, {"title": "Mine"}),
        (move_card, {"to": "parked"}),
    ]
    for act, fields in calls:
        with pytest.raises(Invalid) as caught:
            act(card.pk, by=responder, version=None, **fields)
        assert list(caught.value.errors) == ["version"]


def test_p30_changing_to_the_same_does_nothing(team: Incident, responder: User) -> None:
    card = ready(team, responder)
    before = team.entries.count()
    same = change_card(card.pk, by=responder, version=1, title=" Cap the query ", owner=responder)
    assert (same.version, team.entries.count()) == (1, before)


def test_p30_changing_the_column_moves_by_the_same_rules(team: Incident, responder: User) -> None:
    card = ready(team, responder, risk="")
    written(card, responder)
    refusal("card_not_ready", change_card, card.pk, by=responder, version=1, column="now")
    moved = change_card(card.pk, by=responder, version=1, column="now", risk="safe")
    assert (moved.column, moved.risk) == ("now", "safe")


def test_p30_who_may_not_move_a_card(
    team: Incident, responder: User, stakeholder: User, outsider: User
) -> None:
    card = ready(team, responder)
    with pytest.raises(Forbidden):
        move_card(card.pk, by=stakeholder, to="parked", version=1)
    Incident.objects.filter(pk=team.pk).update(private=True)
    for person in (stakeholder, outsider):
        with pytest.raises(NotVisible):
            move_card(card.pk, by=person, to="parked", version=1)
    with pytest.raises(NotVisible):
        move_card(999_999, by=responder, to="parked", version=1)


def test_p30_acting_joins_the_roster(team: Incident, outsider: User) -> None:
    add_card(team, by=outsider, title="An idea")
    held = team.roles.filter(person=outsider, ended_at=None)
    assert list(held.values_list("role", flat=True)) == ["responder"]


@pytest.mark.parametrize("field", ["owner", "pair"])
def test_p30_a_stakeholder_owns_no_card(
    team: Incident, responder: User, stakeholder: User, field: str
) -> None:
    fields: dict[str, Any] = {"by": responder, "title": "a", field: stakeholder}
    with pytest.raises(Invalid) as caught:
        add_card(team, **fields)
    assert caught.value.errors == {
        field: "Ingrid Vale cannot work on this incident. Name a responder, or invite a helper."
    }


@pytest.mark.parametrize(
    ("fields", "errors"),
    [
        ({"title": " "}, ["title"]),
        ({"title": "x" * 201}, ["title"]),
        ({"title": "a", "risk": "wild"}, ["risk"]),
        ({"title": "a", "source": "ai"}, ["ai_tool"]),
        ({"title": "a", "serves": 999_999}, ["serves"]),
        ({"title": "a", "serves": "moon"}, ["serves"]),
        ({"title": "a", "expected_proof": "x" * 501}, ["expected_proof"]),
        ({"title": "a", "column": "later"}, ["column"]),
    ],
)
def test_p30_what_a_card_cannot_hold_is_named_by_field(
    team: Incident, responder: User, fields: dict[str, Any], errors: list[str]
) -> None:
    with pytest.raises(Invalid) as caught:
        add_card(team, by=responder, **fields)
    assert list(caught.value.errors) == errors


def test_p37_what_a_tool_suggests_starts_as_destructive(team: Incident, responder: User) -> None:
    card = add_card(team, by=responder, title="Scale up", source="ai", ai_tool="Watchtower")
    assert (card.source, card.ai_tool, card.risk) == ("ai", "Watchtower", "destructive")


def test_p30_the_board_of_an_ended_incident_rests(team: Incident, responder: User) -> None:
    card = ready(team, responder)
    Incident.objects.filter(pk=team.pk).update(status="resolved")
    refusal("invalid_transition", start, card, responder)
    assert move_card(card.pk, by=responder, to="done", version=1, proof="seen").column == "done"
    Incident.objects.filter(pk=team.pk).update(status="closed")
    refusal("invalid_transition", move_card, card.pk, by=responder, to="next", version=2)


def test_the_board_is_one_query_for_3_cards_and_for_30(
    team: Incident, responder: User, django_assert_num_queries: Any
) -> None:
    for number in range(30):
        ready(team, responder, f"Card {number}")
        if number in (2, 29):
            with django_assert_num_queries(1):
                found = board(team)
                assert [card.owner.name for card in found.next if card.owner] == [
                    "Tunde Okafor"
                ] * (number + 1)


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


def test_p31_what_is_recorded_as_done_names_owner_and_risk(team: Incident, responder: User) -> None:
    refused = refusal(
        "card_not_ready",
        add_card,
        team,
        by=responder,
        title="Restarted it",
        column="done",
        proof="It answers again",
    )
    assert refused.facts == {"missing": ["owner", "risk"]}


PATHS: dict[str, Any] = {
    "move": lambda card, by: move_card(
        card.pk, by=by, to="done", proof="It answers again", version=card.version
    ),
    "change": lambda card, by: change_card(card.pk, by=by, version=card.version, column="done"),
}


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("column", ["next", "parked"])
def test_p31_a_card_that_skips_now_names_owner_and_risk_on_every_path_into_done(
    team: Incident, responder: User, column: str, path: str
) -> None:
    card = add_card(team, by=responder, title="Restart", column=column, proof="It answers again")
    refused = refusal("card_not_ready", PATHS[path], card, responder)
    assert refused.facts == {"missing": ["owner", "risk"]}
    card = change_card(card.pk, by=responder, version=card.version, owner=responder)
    assert refusal("card_not_ready", PATHS[path], card, responder).facts == {"missing": ["risk"]}
    card = change_card(card.pk, by=responder, version=card.version, risk="safe")
    assert PATHS[path](card, responder).column == "done"


def test_p31_a_card_that_skips_now_says_everything_that_is_missing_at_once(
    team: Incident, responder: User
) -> None:
    bare = add_card(team, by=responder, title="Restart", column="next")
    refused = refusal("card_not_ready", move_card, bare.pk, by=responder, to="done", version=1)
    assert refused.facts["missing"] == ["owner", "risk"]
    assert [one["code"] for one in refused.facts["also"]] == ["proof_required"]


@pytest.mark.parametrize("field", ["owner", "risk"])
def test_p31_what_is_done_keeps_its_owner_and_its_risk(
    team: Incident, responder: User, field: str
) -> None:
    card = ready(team, responder)
    done = move_card(card.pk, by=responder, to="done", proof="It answers again", version=1)
    nothing = {"owner": None, "risk": ""}[field]
    refused = refusal(
        "card_not_ready",
        change_card,
        done.pk,
        by=responder,
        version=done.version,
        **{field: nothing},
    )
    assert refused.facts == {"missing": [field]}


@pytest.mark.parametrize("word", ["done", "OK", "fixed.", "it works", "yes!", "That's done"])
def test_p33_a_bare_word_is_no_proof(team: Incident, responder: User, word: str) -> None:
    card = start(ready(team, responder), responder)
    refusal("proof_required", move_card, card.pk, by=responder, to="done", proof=word, version=2)


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
