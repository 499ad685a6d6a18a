"""What calls take in their bodies beside words: versions that were read, and ids of other rows.

Both tables are walked from the OpenAPI document: a call that is missing from them fails.
"""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from api.rendering import Encoder
from api.schema import LARGEST_ID, Answer, Body
from clock.queries import now
from config.api import api
from incidents.board.actions import add_card
from incidents.endstate.actions import write_end_state
from incidents.lifecycle.declaring import declare_incident
from incidents.record.models import Incident, TimelineEntry
from incidents.updates.questions import ask_question
from people.models import User
from postmortems.review.facts import agree_facts
from postmortems.review.models import Postmortem
from postmortems.whys.actions import add_why
from tests.programs import Program, Programs, parts_of

DOCUMENT = json.loads(json.dumps(api.get_openapi_schema(), cls=Encoder))


def schemas() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every call that takes a body, as ``POST /cards/{card_id}/move``, with the body's schema."""
    for path, calls in DOCUMENT["paths"].items():
        for method, call in calls.items():
            for kind in call.get("requestBody", {}).get("content", {}).values():
                where = path.removeprefix("/api/v1")
                yield f"{method.upper()} {where}", kind["schema"]


def fields_of(schema: dict[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every field below a schema by its path, with what it may hold."""
    if "$ref" in schema:
        schema = DOCUMENT["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    for part in (*schema.get("anyOf", ()), *schema.get("allOf", ()), *schema.get("oneOf", ())):
        yield from fields_of(part, path)
    if "items" in schema:
        yield from fields_of(schema["items"], path)
    if path and "properties" not in schema:
        yield path, schema
    for name, field in schema.get("properties", {}).items():
        yield from fields_of(field, f"{path}.{name}".strip("."))


#: Call: what it is sent beside the version, whose version it is, whether it has to be there.
VERSIONED: dict[str, tuple[dict[str, Any], str, bool]] = {
    "PATCH /cards/{card_id}": ({"title": "Look again"}, "card", True),
    "POST /cards/{card_id}/move": ({"to": "parked"}, "card", True),
    "POST /cards/{card_id}/extend": ({"minutes": 5, "reason": "It compiles."}, "card", False),
    "POST /cards/{card_id}/swap": ({"with": "another card"}, "card", False),
    "POST /cards/{card_id}/rotate": (
        {"owner": "tunde@example.com", "note": "The query is capped; watch it."},
        "card",
        False,
    ),
    "POST /cards/{card_id}/change": ({"rollback": "the flag off again"}, "change", False),
    "POST /changes/{change_id}/ask": ({}, "change", False),
    "POST /changes/{change_id}/send-back": ({"reason": "Name the flag."}, "change", False),
    "POST /changes/{change_id}/withdraw": ({}, "change", False),
    "PATCH /incidents/{ref}": ({"blocker": "The replica lags"}, "incident", False),
    "POST /incidents/{ref}/status": ({"to": "identified"}, "incident", False),
    "PUT /incidents/{ref}/end-state": ({"text": "Everybody can pay."}, "incident", False),
    "POST /incidents/{ref}/updates": (
        {
            "status_text": "We look.",
            "hypothesis": "The replica lags.",
            "current_action": "We look.",
            "executive_summary": "We look.",
            "next_update_at": "in ten minutes",
        },
        "incident",
        False,
    ),
    "PATCH /incidents/{ref}/postmortem": ({"summary": "It was the pool."}, "review", False),
    "PATCH /action-items/{item_id}": ({"title": "Limit all queries in the ORM"}, "item", False),
    "PATCH /ideas/{idea_id}": ({"text": "A copy of each account"}, "idea", False),
}
#: What no token may; ``test_an_old_version_of_a_change_is_not_approved`` tries it at a page.
AT_A_PAGE = {"POST /changes/{change_id}/approve"}

CARD = {"title": "Read the log of the gateway"}
IMPACT = {"journey": "Pay", "blocked": "Buyers", "unit": "people"}
#: Call and field: ids of what belongs to no incident, such as a channel that an administrator made.
OF_NO_INCIDENT = {("POST /subscriptions", "target")}
#: Call and field: a body in which the field holds the id of another incident's row.
SCOPED: dict[tuple[str, str], tuple[str, dict[str, Any]]] = {
    ("POST /incidents/{ref}/cards", "serves"): ("signal_id", {**CARD, "serves": "ID"}),
    ("PATCH /cards/{card_id}", "serves"): ("signal_id", {"serves": "ID", "version": "VERSION"}),
    ("POST /incidents/{ref}/cards", "tests"): ("hypothesis_id", {**CARD, "tests": "ID"}),
    ("POST /incidents/{ref}/cards", "rolls_back"): ("change_id", {**CARD, "rolls_back": "ID"}),
    ("PATCH /cards/{card_id}", "tests"): ("hypothesis_id", {"tests": "ID", "version": "VERSION"}),
    ("PATCH /cards/{card_id}", "rolls_back"): (
        "change_id",
        {"rolls_back": "ID", "version": "VERSION"},
    ),
    ("POST /cards/{card_id}/change", "hypothesis"): ("hypothesis_id", {"hypothesis": "ID"}),
    ("POST /cards/{card_id}/change", "rolls_back"): ("change_id", {"rolls_back": "ID"}),
    ("POST /changes/{change_id}/finish", "no_data"): (
        "signal_id",
        {"outcome": "as_expected", "no_data": ["ID"]},
    ),
    ("POST /hypotheses/{hypothesis_id}/evidence", "card"): (
        "card_id",
        {"text": "Errors fell.", "card": "ID"},
    ),
    ("POST /hypotheses/{hypothesis_id}/evidence", "signal"): (
        "signal_id",
        {"text": "Errors fell.", "signal": "ID"},
    ),
    ("POST /cards/{card_id}/swap", "with"): ("card_id", {"with": "ID"}),
    ("POST /incidents/{ref}/impact", "signal"): ("signal_id", {**IMPACT, "signal": "ID"}),
    ("PATCH /impact/{impact_id}", "signal"): ("signal_id", {"signal": "ID"}),
    ("POST /incidents/{ref}/stop-criteria", "signal"): (
        "signal_id",
        {"signal": "ID", "comparator": ">", "threshold": 5},
    ),
    ("POST /incidents/{ref}/updates", "answers"): (
        "question_id",
        {**VERSIONED["POST /incidents/{ref}/updates"][0], "answers": ["ID"]},
    ),
    ("POST /incidents/{ref}/updates", "answers.question"): (
        "question_id",
        {
            **VERSIONED["POST /incidents/{ref}/updates"][0],
            "answers": [{"question": "ID", "text": "Since 03:00."}],
        },
    ),
    ("POST /incidents/{ref}/status", "all_clear.answers"): (
        "question_id",
        {
            "to": "resolved",
            "all_clear": {"executive_summary": "It is over.", "answers": ["ID"]},
            "override": {"reason": "No signal measures it yet."},
        },
    ),
    ("POST /incidents/{ref}/status", "all_clear.answers.question"): (
        "question_id",
        {
            "to": "resolved",
            "all_clear": {
                "executive_summary": "It is over.",
                "answers": [{"question": "ID", "text": "Since 03:00."}],
            },
            "override": {"reason": "No signal measures it yet."},
        },
    ),
    ("PATCH /action-items/{item_id}", "signal"): ("signal_id", {"signal": "ID"}),
    ("POST /incidents/{ref}/postmortem/actions", "signal"): (
        "signal_id",
        {
            "title": "A guard in the pool",
            "type": "guardrail",
            "owner": "maya@example.com",
            "priority": "p1",
            "due_at": "in two weeks",
            "success_criterion": "It holds.",
            "signal": "ID",
        },
    ),
    ("POST /incidents/{ref}/postmortem/actions", "idea"): (
        "idea_id",
        {
            "title": "A guard in the pool",
            "type": "guardrail",
            "owner": "maya@example.com",
            "priority": "p1",
            "due_at": "in two weeks",
            "success_criterion": "It holds.",
            "idea": "ID",
        },
    ),
    ("POST /incidents/{ref}/postmortem/whys", "parent"): (
        "why_id",
        {"answer": "The pool was small.", "parent": "ID"},
    ),
    ("POST /incidents/{ref}/withdraw", "seq"): (
        "seq",
        {"seq": "ID", "reason": "A password stands there."},
    ),
    ("POST /incidents/{ref}/cards", "attachments"): (
        "attachment_id",
        {**CARD, "attachments": ["ID"]},
    ),
    ("PATCH /cards/{card_id}", "attachments"): (
        "attachment_id",
        {"attachments": ["ID"], "version": "VERSION"},
    ),
    ("POST /cards/{card_id}/move", "attachments"): (
        "attachment_id",
        {"to": "done", "attachments": ["ID"], "version": "VERSION"},
    ),
    ("POST /hypotheses/{hypothesis_id}/evidence", "attachment"): (
        "attachment_id",
        {"text": "Errors fell.", "attachment": "ID"},
    ),
    ("POST /hypotheses/{hypothesis_id}/evidence", "attachments"): (
        "attachment_id",
        {"text": "Errors fell.", "attachments": ["ID"]},
    ),
    ("POST /incidents/{ref}/updates", "attachments"): (
        "attachment_id",
        {**VERSIONED["POST /incidents/{ref}/updates"][0], "attachments": ["ID"]},
    ),
    ("POST /incidents/{ref}/notes", "attachments"): (
        "attachment_id",
        {"text": "Errors fell.", "attachments": ["ID"]},
    ),
    ("PATCH /incidents/{ref}/postmortem", "attachments"): (
        "attachment_id",
        {"attachments": ["ID"]},
    ),
    ("POST /incidents/{ref}/withdraw", "attachment"): (
        "attachment_id",
        {"attachment": "ID", "reason": "A password stands there."},
    ),
    ("POST /incidents/{ref}/postmortem/facts", "choices.seq"): (
        "seq",
        {"choices": [{"seq": "ID", "included": False}]},
    ),
}


@pytest.fixture
def known(incident: Incident, commander: User) -> dict[str, Any]:
    """One part of every kind, a card that runs and one that could, each changed once."""
    write_end_state(incident, by=commander, text="Everybody can call the API.")
    return parts_of(incident)


@pytest.fixture
def foreign(commander: User, known: dict[str, Any]) -> dict[str, int]:
    """The ids of another incident's rows, which the same person may see."""
    other = declare_incident(by=commander, title="Another one", severity="sev4")
    found = parts_of(other)
    review = Postmortem.objects.get(incident=other)
    agree_facts(review, by=commander)
    found["why_id"] = add_why(review, by=commander, answer="A table grew.").pk
    # Numbers of entries are each incident's own: one that only the other has.
    for number in range(60):
        ask_question(other, by=commander, text=f"How long, {number}?")
    found["seq"] = TimelineEntry.objects.filter(incident=other).order_by("-seq")[0].seq
    return {name: value for name, value in found.items() if isinstance(value, int)}


def filled(value: Any, names: dict[str, Any]) -> Any:
    """A body with what stands for something put in its place."""
    if isinstance(value, dict):
        return {key: filled(one, names) for key, one in value.items()}
    if isinstance(value, list):
        return [filled(one, names) for one in value]
    return names.get(value, value) if isinstance(value, str) else value


def send(caller: Program, call: str, known: dict[str, Any], body: dict[str, Any]) -> Any:
    method, _, path = call.partition(" ")
    address = path.replace("{int:", "{").format(**known).removeprefix("/")
    names = {
        "in two weeks": (now() + timedelta(days=14)).isoformat(),
        "in ten minutes": (now() + timedelta(minutes=10)).isoformat(),
    }
    return caller.call(method, address, filled(body, names))


def version_of(caller: Program, whose: str, known: dict[str, Any]) -> int:
    address = {
        "incident": f"incidents/{known['ref']}",
        "review": f"incidents/{known['ref']}/postmortem",
        "idea": f"ideas/{known['idea_id']}",
        "item": f"action-items/{known['item_id']}",
        "change": f"changes/{known['change_id']}",
    }
    if whose == "card":
        board = caller.get(f"incidents/{known['ref']}").json()["board"]
        cards = [card for column in board.values() for card in column]
        (found,) = [card["version"] for card in cards if card["id"] == known["card_id"]]
        return int(found)
    return int(caller.get(address[whose]).json()["version"])


def run(caller: Program, known: dict[str, Any], *, owner: str) -> None:
    """Start the change that is written, its card in Now."""
    path = f"cards/{known['altering_id']}"
    ready = {"owner": owner, "serves": "end_state", "expected_proof": "Errors fall.", "version": 1}
    card = caller.patch(path, ready)
    assert card.status_code == 200, card.json()
    moved = caller.post(f"{path}/move", {"to": "now", "version": card.json()["version"]})
    assert moved.status_code == 200, moved.json()
    started = caller.post(f"changes/{known['change_id']}/start")
    assert started.status_code == 200, started.json()


def test_every_call_that_takes_a_version_is_in_the_table() -> None:
    found = {
        call
        for call, schema in schemas()
        for path, field in fields_of(schema)
        if path == "version" and field.get("type") == "integer"
    }
    assert found == {*VERSIONED, *AT_A_PAGE}


def test_no_two_bodies_or_answers_share_a_name_in_the_document() -> None:
    """The document names them by their class alone: of two one would describe the other's calls."""

    def below(kind: type) -> Iterator[type]:
        one: type
        for one in kind.__subclasses__():
            yield one
            yield from below(one)

    modules: dict[str, set[str]] = {}
    for kind in (*below(Body), *below(Answer)):
        modules.setdefault(kind.__name__, set()).add(kind.__module__)
    assert {name: where for name, where in modules.items() if len(where) > 1} == {}


def test_every_id_in_a_body_is_in_the_table() -> None:
    found = {
        (call, path)
        for call, schema in schemas()
        for path, field in fields_of(schema)
        if field.get("maximum") == LARGEST_ID and path != "version"
    }
    assert found == set(SCOPED) | OF_NO_INCIDENT


@pytest.fixture
def versioned(
    call: str,
    incident: Incident,
    known: dict[str, Any],
    commander: User,
    responder: User,
    program: Programs,
) -> tuple[Program, dict[str, Any]]:
    """Who calls, and what the call is sent beside its version; the row was changed once."""
    caller = program(commander)
    body, whose, _ = VERSIONED[call]
    another = add_card(
        incident,
        by=commander,
        title="Drain it",
        owner=commander,
        serves="end_state",
        expected_proof="None waits.",
        time_box_min=10,
        risk="read_only",
    )
    body = filled(body, {"another card": another.pk})
    if whose == "card":
        change = {
            "owner": commander.email,
            "serves": "end_state",
            "expected_proof": "None waits.",
            "time_box_min": 10,
            "risk": "read_only",
        }
        path = f"cards/{known['card_id']}"
        changed = caller.patch(path, {**change, "version": version_of(caller, "card", known)})
        assert changed.status_code == 200, changed.json()
        if call.endswith(("extend", "swap", "rotate")):
            moved = {"to": "now", "version": changed.json()["version"]}
            assert caller.post(f"{path}/move", moved).status_code == 200
    elif whose == "change":
        known["card_id"] = known["altering_id"]
        card = {"serves": "end_state", "column": "next", "version": 1}
        assert caller.patch(f"cards/{known['card_id']}", card).status_code == 200
        written = {"expectation": "Errors fall under 1 %."}
        assert caller.post(f"cards/{known['card_id']}/change", written).status_code == 200
        if call.endswith("send-back"):
            assert caller.post(f"changes/{known['change_id']}/ask").status_code == 200
    elif whose == "idea":
        said = caller.patch(f"ideas/{known['idea_id']}", {"text": "A copy of two accounts"})
    elif whose == "item":
        said = caller.patch(f"action-items/{known['item_id']}", {"priority": "p2"})
        assert said.status_code == 200
    elif whose == "review":
        said = caller.patch(f"incidents/{known['ref']}/postmortem", {"summary": "It was."})
        assert said.status_code == 200
    return caller, body


@pytest.mark.parametrize("call", VERSIONED)
def test_an_old_version_is_stale_and_changes_nothing(
    call: str, versioned: tuple[Program, dict[str, Any]], known: dict[str, Any], incident: Incident
) -> None:
    caller, body = versioned
    _, whose, _ = VERSIONED[call]
    current = version_of(caller, whose, known)
    incident.refresh_from_db()
    before = incident.version
    for version in (current - 1, current + 1):
        said = send(caller, call, known, {**body, "version": version})
        assert (said.status_code, said.json()["code"]) == (409, "stale"), said.json()
    incident.refresh_from_db()
    assert (incident.version, version_of(caller, whose, known)) == (before, current)


@pytest.mark.parametrize("call", VERSIONED)
def test_the_current_version_passes_and_a_missing_one_where_it_may_be_missing(
    call: str, versioned: tuple[Program, dict[str, Any]], known: dict[str, Any]
) -> None:
    caller, body = versioned
    _, whose, is_required = VERSIONED[call]
    if is_required:
        said = send(caller, call, known, body)
        assert (said.status_code, said.json()["code"]) == (422, "invalid")
    said = send(caller, call, known, {**body, "version": version_of(caller, whose, known)})
    assert said.status_code in (200, 201), said.json()


@pytest.mark.parametrize("call", [call for call, row in VERSIONED.items() if not row[2]])
def test_without_a_version_the_call_is_about_what_there_is(
    call: str, versioned: tuple[Program, dict[str, Any]], known: dict[str, Any]
) -> None:
    caller, body = versioned
    assert send(caller, call, known, body).status_code in (200, 201)


@pytest.mark.parametrize(("call", "field"), SCOPED)
def test_an_id_of_another_incident_is_refused_and_changes_neither(
    call: str,
    field: str,
    known: dict[str, Any],
    foreign: dict[str, int],
    incident: Incident,
    commander: User,
    program: Programs,
) -> None:
    caller = program(commander)
    if "postmortem/whys" in call:
        agree_facts(Postmortem.objects.get(incident=incident), by=commander)
    if call == "POST /cards/{card_id}/change":
        known["card_id"] = known["altering_id"]
    if call.endswith("/finish"):
        run(caller, known, owner=commander.email)
    name, body = SCOPED[call, field]
    entries = TimelineEntry.objects.count()
    names = {"ID": foreign[name], "VERSION": version_of(caller, "card", known)}
    said = send(caller, call, known, filled(body, names))
    assert said.status_code in (404, 422), said.json()
    assert TimelineEntry.objects.count() == entries


def test_an_old_version_of_a_change_is_not_approved(
    known: dict[str, Any], responder: User, commander: User, program: Programs, client: Client
) -> None:
    caller = program(responder)
    ready = {"serves": "end_state", "column": "next", "version": 1}
    card = {"owner": responder.email, "risk": "destructive", **ready}
    assert caller.patch(f"cards/{known['altering_id']}", card).status_code == 200
    words = {"hypothesis": known["hypothesis_id"], "risk": "Retries are lost.", "reversible": True}
    written = caller.post(f"cards/{known['altering_id']}/change", words)
    assert written.status_code == 200, written.json()
    path = f"changes/{known['change_id']}"
    assert caller.post(f"{path}/ask").status_code == 200
    current = version_of(caller, "change", known)
    client.force_login(commander)
    for version, status in ((current - 1, 409), (current + 1, 409), (current, 200)):
        said = client.post(
            f"/api/v1/{path}/approve", {"version": version}, content_type="application/json"
        )
        assert said.status_code == status, said.json()
