"""Cards over the API."""

from typing import Any

import pytest

from incidents.cards.models import Card
from incidents.endstate.actions import write_end_state
from incidents.record.models import Incident
from incidents.roster.actions import join
from people.models import User
from tests.programs import Program, Programs

READY: dict[str, Any] = {
    "owner": "tunde@example.com",
    "time_box_min": 15,
    "expected_proof": "Error rate falls below 1 %",
    "risk": "read_only",
    "serves": "end_state",
}


@pytest.fixture
def api(program: Programs, commander: User, responder: User, incident: Incident) -> Program:
    """The commander's program; ``responder`` is on the roster and the end state is written."""
    incident.refresh_from_db()
    write_end_state(incident, by=commander, text="Calls work, data is safe.")
    join(incident, by=responder)
    return program(commander)


def make(api: Program, incident: Incident, title: str = "Read the slow log", **more: Any) -> Any:
    answer = api.post(f"incidents/{incident.ref}/cards", {"title": title, **more})
    assert answer.status_code == 201, answer.content
    return answer.json()


def codes(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def test_a_card_answers_with_everything_on_it(
    api: Program, incident: Incident, responder: User
) -> None:
    card = make(api, incident, column="next", **READY)

    assert card == {
        "id": Card.objects.get().pk,
        "incident": incident.ref,
        "title": "Read the slow log",
        "column": "next",
        "position": 0,
        "owner": "tunde@example.com",
        "owner_person": {"email": "tunde@example.com", "name": responder.name},
        "pair": None,
        "pair_person": None,
        "time_box_min": 15,
        "time_box_reason": "",
        "time_box_ends_at": None,
        "entered_now_at": None,
        "serves": "end_state",
        "expected_proof": "Error rate falls below 1 %",
        "proof": "",
        "attachments": [],
        "proof_attachments": [],
        "done_at": None,
        "risk": "read_only",
        "change": None,
        "tests": None,
        "by_when": None,
        "rolls_back": None,
        "source": "human",
        "ai_tool": "",
        "marks": card["marks"],
        "version": 1,
    }


def test_p23_a_card_that_serves_nothing_is_parked_or_refused(
    api: Program, incident: Incident
) -> None:
    assert make(api, incident)["column"] == "parked"

    refused = api.post(f"incidents/{incident.ref}/cards", {"title": "Look", "column": "next"})

    assert codes(refused) == (409, "card_serves_nothing")
    assert Card.objects.count() == 1


def test_p31_a_card_is_told_what_now_asks_for(api: Program, incident: Incident) -> None:
    card = make(api, incident, serves="end_state")

    answer = api.post(f"cards/{card['id']}/move", {"to": "now", "version": card["version"]})

    assert codes(answer) == (409, "card_not_ready")
    assert set(answer.json()["missing"]) >= {"owner", "risk"}
    assert answer.json()["type"] == "/api/v1/docs/errors#card_not_ready"


def test_p33_done_needs_proof(api: Program, incident: Incident) -> None:
    card = make(api, incident, column="now", **READY)
    path = f"cards/{card['id']}/move"

    refused = api.post(path, {"to": "done", "version": card["version"]})
    done = api.post(path, {"to": "done", "version": card["version"], "proof": "Graph at 0.2 %"})

    assert codes(refused) == (409, "proof_required")
    assert done.status_code == 200
    assert (done.json()["column"], done.json()["proof"]) == ("done", "Graph at 0.2 %")
    assert done.json()["done_at"].endswith("Z")


def test_p32_an_owner_has_one_card_in_now(api: Program, incident: Incident) -> None:
    make(api, incident, column="now", **READY)

    second = api.post(
        f"incidents/{incident.ref}/cards", {"title": "Another", "column": "now", **READY}
    )

    assert codes(second) == (409, "owner_busy")


def test_p32_swapping_parks_one_and_starts_the_other(api: Program, incident: Incident) -> None:
    running = make(api, incident, column="now", **READY)
    waiting = make(api, incident, "Another", column="next", **READY)

    started = api.post(f"cards/{running['id']}/swap", {"with": waiting["id"]})

    assert started.status_code == 200
    assert (started.json()["id"], started.json()["column"]) == (waiting["id"], "now")
    assert Card.objects.get(pk=running["id"]).column == "parked"


def test_p10_the_commander_owns_nothing_in_now(api: Program, incident: Incident) -> None:
    answer = api.post(
        f"incidents/{incident.ref}/cards",
        {"title": "Mine", "column": "now", **READY, "owner": "maya@example.com"},
    )

    assert codes(answer) == (409, "commander_cannot_own_work")


def test_p15_a_risky_card_needs_a_second_person(
    api: Program, incident: Incident, other_responder: User
) -> None:
    join(incident, by=other_responder)
    card = make(api, incident, **{**READY, "risk": "risky", "title": "Fail over"}, column="next")
    change = {"expectation": "CPU falls", "rollback": "fail back, 1 min", "reversible": True}
    assert api.post(f"cards/{card['id']}/change", change).status_code == 201
    path = f"cards/{card['id']}"

    alone = api.post(f"{path}/move", {"to": "now", "version": 1})
    api.patch(path, {"pair": other_responder.email, "version": 1})
    together = api.post(f"{path}/move", {"to": "now", "version": 2})

    assert codes(alone) == (409, "pair_required")
    assert (together.status_code, together.json()["pair"]) == (200, other_responder.email)


def test_p34_a_time_box_is_extended_with_a_reason(api: Program, incident: Incident) -> None:
    card = make(api, incident, column="now", **READY)
    path = f"cards/{card['id']}/extend"

    refused = api.post(path, {"minutes": 10})
    extended = api.post(path, {"minutes": 10, "reason": "The dump still runs."})

    assert codes(refused) == (409, "reason_required")
    assert extended.status_code == 200
    assert extended.json()["time_box_min"] == 25
    assert extended.json()["time_box_ends_at"] > card["time_box_ends_at"]


def test_a_stale_version_carries_the_card_as_it_is(api: Program, incident: Incident) -> None:
    card = make(api, incident)
    path = f"cards/{card['id']}"
    changed = api.patch(path, {"title": "First", "version": card["version"]}).json()

    for answer in (
        api.patch(path, {"title": "Second", "version": card["version"]}),
        api.post(f"{path}/move", {"to": "done", "proof": "x", "version": card["version"]}),
    ):
        assert codes(answer) == (409, "stale")
        assert answer.json()["current"] == changed
    assert Card.objects.get().title == "First"


def test_a_version_is_required_to_change_a_card(api: Program, incident: Incident) -> None:
    card = make(api, incident)

    for answer in (
        api.patch(f"cards/{card['id']}", {"title": "New"}),
        api.post(f"cards/{card['id']}/move", {"to": "next"}),
    ):
        assert codes(answer) == (422, "invalid")
        assert answer.json()["errors"] == [
            {"field": "version", "message": "This field is required."}
        ]


def test_null_empties_a_field(api: Program, incident: Incident) -> None:
    card = make(api, incident, column="parked", **READY)

    answer = api.patch(
        f"cards/{card['id']}",
        {"owner": None, "serves": None, "risk": None, "expected_proof": None, "version": 1},
    )

    assert answer.status_code == 200
    emptied = {name: answer.json()[name] for name in ("owner", "serves", "risk", "expected_proof")}
    assert emptied == {"owner": None, "serves": None, "risk": None, "expected_proof": ""}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", ""),
        ("title", "   "),
        ("title", "x" * 201),
        ("column", "later"),
        ("owner", "nobody@example.com"),
        ("owner", "ingrid@example.com"),
        ("owner", 5),
        ("pair", "x" * 255),
        ("time_box_min", 0),
        ("time_box_min", 4),
        ("time_box_min", "15"),
        ("time_box_min", 15.5),
        ("time_box_min", True),
        ("time_box_min", 10**30),
        ("serves", "everything"),
        ("serves", 999_999_999),
        ("serves", 10**30),
        ("risk", "wild"),
        ("source", "dog"),
        ("expected_proof", "x" * 501),
        ("ai_tool", "x" * 81),
    ],
)
def test_a_value_that_cannot_be_is_invalid(
    api: Program, incident: Incident, stakeholder: User, field: str, value: Any
) -> None:
    body = {"title": "Look", field: value}

    answer = api.post(f"incidents/{incident.ref}/cards", body)

    assert codes(answer) == (422, "invalid")
    assert {fault["field"].split(".")[0] for fault in answer.json()["errors"]} == {field}
    assert Card.objects.count() == 0


def test_positions_are_kept(api: Program, incident: Incident) -> None:
    first, second, third = (make(api, incident, title) for title in ("one", "two", "three"))

    moved = api.post(
        f"cards/{third['id']}/move", {"to": "parked", "position": 0, "version": third["version"]}
    )

    assert moved.json()["position"] == 0
    board = api.get(f"incidents/{incident.ref}").json()["board"]
    assert [card["id"] for card in board["parked"]] == [third["id"], first["id"], second["id"]]
    assert (board["now"], board["next"], board["done"]) == ([], [], [])
