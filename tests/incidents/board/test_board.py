"""Cards: swapped, timed, in their order, and by whom."""

from datetime import timedelta
from typing import Any

import pytest

from deadlines.actions import sweep
from deadlines.models import Deadline
from incidents.board.actions import add_card, change_card, extend_time_box, move_card, swap_cards
from incidents.cards.models import Card
from incidents.cards.queries import board
from incidents.record.models import Incident, TimelineEntry
from notifications.models import Delivery
from people.models import User
from refusals.errors import Forbidden, Invalid, NotVisible
from tests.conftest import Clock
from tests.incidents.board.conftest import last
from tests.incidents.cast import ready, refusal, start, written

pytestmark = pytest.mark.django_db


# P32


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


def test_p34_the_time_box_is_owed_by_whoever_owns_the_card_now(
    team: Incident, responder: User, other_responder: User
) -> None:
    card = start(ready(team, responder), responder)
    change_card(card.pk, by=responder, version=card.version, owner=other_responder)
    deadline = Deadline.objects.get(kind="time_box", subject_id=card.pk)
    assert (deadline.due_at, deadline.owner) == (card.time_box_ends_at, other_responder)


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
            "attachments": [],
            "proof_attachments": [],
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
