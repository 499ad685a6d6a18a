"""Changes, hypotheses and expected back over the API."""

from typing import Any

import pytest
from django.test import Client

from incidents.record.models import Incident
from incidents.roster.actions import join
from people.models import User
from tests.programs import Program, Programs

pytestmark = pytest.mark.django_db

DRASTIC = {
    "title": "Drop the queued retries",
    "owner": "tunde@example.com",
    "pair": "ravi@example.com",
    "expected_proof": "errors under 1 %",
    "risk": "destructive",
    "serves": "end_state",
    "column": "next",
}
WORDS = {
    "expectation": "error rate under 1 % in 5 min",
    "rollback": "put the copy back, 2 min",
    "hypothesis": "Partner retries keep the database busy",
    "risk": "some orders are never retried",
    "reversible": True,
}


@pytest.fixture
def api(
    program: Programs, incident: Incident, responder: User, other_responder: User, outsider: User
) -> Program:
    """The responder's program; four people are on the roster."""
    for one in (responder, other_responder, outsider):
        join(incident, by=one)
    return program(responder)


def made(answer: Any, status: int = 200) -> Any:
    assert answer.status_code == status, answer.content
    return answer.json()


def refused(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def at_the_page(person: User, path: str, body: dict[str, Any]) -> Any:
    """A call with the session of a signed-in browser."""
    client = Client()
    client.force_login(person)
    return client.post(f"/api/v1/{path}", body, content_type="application/json")


def test_p35_a_destructive_change_from_a_hypothesis_to_its_outcome(
    api: Program, program: Programs, incident: Incident, commander: User
) -> None:
    card = made(api.post(f"incidents/{incident.ref}/cards", DRASTIC), 201)
    assert card["change"] is None
    change = made(api.post(f"cards/{card['id']}/change", WORDS), 201)
    assert (change["state"], change["asked_at"], change["written_in_s"]) == ("draft", None, None)
    assert made(api.post(f"cards/{card['id']}/change", {"risk": "some are lost"}))["version"] == 2
    path = f"changes/{change['id']}"
    move = {"to": "now", "version": 1}
    answer = api.post(f"cards/{card['id']}/move", move)
    assert refused(answer) == (409, "change_not_approved")
    assert made(api.post(f"{path}/ask"))["state"] == "asked"
    assert refused(program(commander).post(f"{path}/approve")) == (409, "token_cannot_approve")
    assert made(at_the_page(commander, f"{path}/approve", {}))["approved_by"] == commander.email
    moved = made(api.post(f"cards/{card['id']}/move", move))
    assert (moved["column"], moved["change"]) == ("now", {"id": change["id"], "state": "approved"})
    assert made(api.post(f"{path}/start"))["state"] == "running"
    assert refused(api.post(f"{path}/finish", {}))[1] == "invalid"
    over = made(api.post(f"{path}/finish", {"outcome": "not_as_expected", "note": "rows gone"}))
    assert (over["state"], over["outcome"]) == ("finished", "not_as_expected")
    state = made(api.get(f"incidents/{incident.ref}"))
    assert state["go_needed"] is True
    assert state["board"]["now"][0]["change"] == {"id": change["id"], "state": "finished"}
    assert [one["text"] for one in state["hypotheses"]] == [WORDS["hypothesis"]]
    assert len(state["hypotheses"][0]["evidence"]) == 1
    assert refused(api.post(f"incidents/{incident.ref}/go", {"reason": "ok"})) == (
        *(409, "only_commander"),
    )
    go = program(commander).post(f"incidents/{incident.ref}/go", {"reason": "Rows counted"})
    assert made(go, 201)["by"] == commander.email
    assert made(api.get(f"incidents/{incident.ref}"))["go_needed"] is False


def test_p38_rolling_back_over_the_api_while_stopped(api: Program, incident: Incident) -> None:
    card = made(api.post(f"incidents/{incident.ref}/cards", {**DRASTIC, "risk": "safe"}), 201)
    change = made(api.post(f"cards/{card['id']}/change", WORDS), 201)
    api.post(f"cards/{card['id']}/move", {"to": "now", "version": 1})
    made(api.post(f"changes/{change['id']}/start"))
    api.post(f"incidents/{incident.ref}/stop", {"reason": "Errors rise"})
    back = made(api.post(f"changes/{change['id']}/roll-back"), 201)
    assert (back["state"], back["rolls_back"]) == ("running", change["id"])
    undone = made(api.get(f"changes/{change['id']}"))
    assert (undone["state"], undone["outcome"]) == ("finished", "rolled_back")


def test_p38_a_card_names_what_it_undoes(api: Program, incident: Incident) -> None:
    path = f"incidents/{incident.ref}/cards"
    said = made(api.post(path, {**DRASTIC, "rolls_back": "the release of 02:28"}), 201)
    assert said["rolls_back"] == "the release of 02:28"
    unknown = api.post(path, {**DRASTIC, "rolls_back": 1})
    assert refused(unknown) == (422, "invalid")


def test_p16_hypotheses_over_the_api(api: Program, incident: Incident) -> None:
    thought = made(api.post(f"incidents/{incident.ref}/hypotheses", {"text": "Retries"}), 201)
    assert (thought["state"], thought["owner"]) == ("open", "tunde@example.com")
    shown = api.post(
        f"hypotheses/{thought['id']}/evidence", {"state": "ruled_out", "text": "CPU fell"}
    )
    assert made(shown, 201)["state"] == "ruled_out"
    card = made(
        api.post(f"incidents/{incident.ref}/cards", {"title": "Look", "tests": thought["id"]}), 201
    )
    assert card["tests"] == thought["id"]


def test_p18_expected_back_over_the_api(
    api: Program, program: Programs, incident: Incident, commander: User
) -> None:
    path = f"incidents/{incident.ref}/expected-back"
    assert made(api.get(f"incidents/{incident.ref}"))["expected_back"] is None
    assert refused(api.put(path, {"at": None})) == (409, "only_commander")
    lead = program(commander)
    unknown = made(lead.put(path, {"at": None}))
    assert (unknown["at"], unknown["moved"]) == (None, 0)
    later = {"at": "2150-01-01T00:00:00Z"}
    assert refused(lead.put(path, later)) == (409, "reason_required")
    moved = made(lead.put(path, {**later, "reason": "The copy runs"}))
    assert (moved["at"], moved["moved"]) == ("2150-01-01T00:00:00Z", 1)


def test_p34_a_card_is_passed_on_over_the_api(api: Program, incident: Incident) -> None:
    card = made(api.post(f"incidents/{incident.ref}/cards", {**DRASTIC, "risk": "read_only"}), 201)
    api.post(f"cards/{card['id']}/move", {"to": "now", "version": 1})
    path = f"cards/{card['id']}/rotate"
    assert refused(api.post(path, {"owner": "jo@example.com"})) == (409, "note_required")
    passed = made(api.post(path, {"owner": "jo@example.com", "note": "Half done"}))
    assert passed["owner"] == "jo@example.com"
