"""Agents are guests: they read, note and suggest, marked; people decide (P37)."""

import inspect
from collections.abc import Callable
from datetime import timedelta
from importlib import import_module
from typing import Any

import pytest
from django.test import Client

from incidents.lifecycle.details import change_incident
from incidents.lifecycle.notes import add_note
from incidents.record.kinds import KINDS, is_open_to_agents
from incidents.record.models import Incident
from incidents.record.timeline import record
from incidents.roster.actions import assign_role, join
from incidents.roster.presence import enter
from people.actions import change_role, issue_token, revoke_token
from people.models import ApiToken, User
from refusals.errors import AgentMayNot, Invalid, NotVisible
from tests.api.test_access import BODIES, operations, send
from tests.conftest import Clock
from tests.incidents.agents.conftest import agent_of, as_agent, refused
from tests.incidents.cast import fresh, last_words
from tests.programs import Program, Programs, parts_of
from tests.project.reading import modules

pytestmark = pytest.mark.django_db

SUGGESTS = {
    "POST /incidents/{ref}/cards",
    "POST /incidents/{ref}/drafts",
    "POST /incidents/{ref}/escalations",
    "POST /incidents/{ref}/hypotheses",
    "POST /incidents/{ref}/notes",
    "POST /language-check",
}
"""The allow-list of what writes."""
IN_PERSON = {"GET /notifications", "GET /subscriptions"}
ROOMS = ("catalogue", "incidents", "leaving", "postmortems", "withdrawal")
"""Where actions on incidents and their reviews stand."""


# The allow-list


def test_p37_an_agent_may_only_what_is_listed_of_all_there_is(
    commander: User, responder: User, incident: Incident
) -> None:
    names = parts_of(incident)
    caller = agent_of(commander, calls_a_minute=6000)
    answers = {one: send(caller, one, names) for one in operations()}
    may_not = {
        one
        for one, answer in answers.items()
        if answer.status_code == 403 and answer.json()["code"] == "agent_may_not"
    }
    writing = {one for one in operations() if not one.startswith("GET ")}
    assert may_not == (writing - SUGGESTS) | IN_PERSON
    wrong = {one: a.status_code for one, a in answers.items() if a.status_code >= 500}
    assert wrong == {}


def actions() -> list[tuple[str, Callable[..., Any]]]:
    """Every action: a public function of the house's rooms that somebody does (``by``)."""
    found = []
    for path in modules():
        parts = path.with_suffix("").parts
        room = next((i for i, one in enumerate(parts) if one in ROOMS), None)
        if room is None or "tests" in parts or "migrations" in parts or path.name == "api.py":
            continue
        module = import_module(".".join(parts[room:]).removesuffix(".__init__"))
        for name, value in vars(module).items():
            if name.startswith("_") or not inspect.isfunction(value):
                continue
            is_action = value.__module__ == module.__name__ and hasattr(value, "__wrapped__")
            if is_action and "by" in inspect.signature(value).parameters:
                found.append((f"{module.__name__}.{name}", value))
    return sorted(found)


ALLOWED = {
    "incidents.agents.actions.write_draft",
    "incidents.board.actions.add_card",
    "incidents.escalations.actions.escalate",
    "incidents.hypotheses.actions.add_hypothesis",
    "incidents.lifecycle.notes.add_note",
}


def test_p37_every_action_without_a_word_about_agents_refuses_them(incident: Incident) -> None:
    """Each passes through ``enter``, which refuses agents unless it says ``agents=True``."""
    listed = actions()
    assert len(listed) > 80
    speaking = {
        name for name, act in listed if "agents=True" in inspect.getsource(inspect.unwrap(act))
    }
    assert speaking == ALLOWED


def test_p37_what_records_otherwise_is_refused_by_the_record_itself(
    incident: Incident, responder: User
) -> None:
    agent = as_agent(responder)
    open_to = {kind for kind in KINDS if is_open_to_agents(kind)}
    assert open_to == {
        "agent_note",
        "card_added",
        "draft_written",
        "escalated",
        "hypothesis_added",
    }
    for kind in ("decision", "note", "status_changed", "question_asked", "card_moved"):
        with pytest.raises(AgentMayNot):
            record(incident, kind, by=agent, text="It is over.")
    with pytest.raises(AgentMayNot):
        enter(incident, by=agent)


# The switch


def test_p37_commander_or_admin_switches_agents_off_in_an_incident(
    incident: Incident,
    commander: User,
    other_responder: User,
    admin: User,
    watchtower: Program,
    program: Programs,
) -> None:
    join(incident, by=other_responder)
    root = f"incidents/{incident.ref}"
    off = program(other_responder).patch(root, {"agents": False})
    assert refused(off) == (409, "only_commander")
    assert program(commander).patch(root, {"agents": False}).json()["agents"] is False
    for path, body in (
        ("notes", {"text": "CPU is high."}),
        ("cards", {"title": "Scale up"}),
        ("hypotheses", {"text": "Retries"}),
        ("escalations", {"text": "Rows are lost."}),
        ("drafts", {"status_text": "Reads are back."}),
    ):
        assert refused(watchtower.post(f"{root}/{path}", body)) == (409, "agents_off")
    assert watchtower.get(root).status_code == 200, "reading disturbs nobody"
    before = fresh(incident).last_seq
    change_incident(incident, by=commander, agents=False)
    assert fresh(incident).last_seq == before
    assert program(admin).patch(root, {"agents": True}).json()["agents"] is True
    assert last_words(incident, "agents_switched") == [
        "switched agents off",
        "let agents speak again",
    ]


# The limit, and who answers


def test_p37_each_agent_has_a_rate_limit_of_its_own(
    incident: Incident, responder: User, clock: Clock
) -> None:
    slow, other = agent_of(responder, "Slow", calls_a_minute=2), agent_of(responder, "Other")
    path = f"incidents/{incident.ref}"
    assert [slow.get(path).status_code for _ in range(3)] == [200, 200, 429]
    late = slow.get(path)
    assert refused(late) == (429, "too_many_requests")
    assert 1 <= int(late.headers["Retry-After"]) <= 61
    assert other.get(path).status_code == 200
    clock.advance(seconds=61)
    assert slow.get(path).status_code == 200


def test_p37_an_agent_sees_what_its_person_sees_and_ends_with_its_token(
    incident: Incident, commander: User, responder: User, watchtower: Program
) -> None:
    assert watchtower.get(f"incidents/{incident.ref}").status_code == 200
    change_incident(incident, by=commander, private=True)
    assert watchtower.get(f"incidents/{incident.ref}").status_code == 404
    with pytest.raises(NotVisible):
        add_note(incident, by=as_agent(responder), text="CPU is high.")
    revoke_token(ApiToken.objects.filter(name="Watchtower").earliest("pk"))
    assert watchtower.get(f"incidents/{incident.ref}").status_code == 401


def test_p37_the_agents_of_who_becomes_a_stakeholder_end_for_good(
    incident: Incident, commander: User, responder: User, admin: User, watchtower: Program
) -> None:
    _, secret = issue_token(responder, name="script", scopes=("read",))
    assign_role(incident, by=commander, role="observer", person=responder)
    assert change_role(responder, "stakeholder", by=admin)
    assign_role(incident, by=commander, role="helper", person=responder)
    path = f"incidents/{incident.ref}"
    assert watchtower.post(f"{path}/notes", {"text": "CPU is high."}).status_code == 401
    assert Program(secret).get(f"stakeholders/{incident.ref}").status_code == 200, "they read on"
    assert change_role(responder, "responder", by=admin)
    assert watchtower.get(path).status_code == 401


def test_p37_the_scope_stands_alone_and_needs_somebody_who_answers(
    responder: User, stakeholder: User
) -> None:
    with pytest.raises(Invalid) as caught:
        issue_token(responder, name="x", scopes=("agent", "write"))
    assert list(caught.value.errors) == ["scopes"]
    with pytest.raises(Invalid) as caught:
        issue_token(stakeholder, name="x", scopes=("agent",))
    assert list(caught.value.errors) == ["user"]
    with pytest.raises(Invalid):
        issue_token(responder, name="x", scopes=("agent",), calls_a_minute=0)


# Pages


def test_p37_managers_make_the_token_of_an_agent_and_see_it_once(
    admin: User, responder: User, stakeholder: User
) -> None:
    client = Client()
    client.force_login(admin)
    path = "/admin/people/agenttoken/add/"
    fields = {"name": "Watchtower", "user": responder.pk, "calls_a_minute": 30, "expires_days": 90}
    wrong = client.post(path, {**fields, "user": stakeholder.pk})
    assert "not one of the available choices" in wrong.content.decode()
    page = client.post(path, fields).content.decode()
    token = ApiToken.objects.get()
    assert (token.scopes, token.user, token.calls_a_minute) == (["agent"], responder, 30)
    assert token.expires_at is not None
    assert token.expires_at - token.created_at == timedelta(days=90)
    secret = page.split('value="es_')[1].split('"')[0]
    assert ApiToken.digest_of(f"es_{secret}") == token.digest
    listed = client.get("/admin/people/agenttoken/").content.decode()
    assert "Watchtower" in listed
    assert secret not in listed


def test_p37_the_bodies_that_are_walked_are_those_of_the_allow_list() -> None:
    assert {one for one in SUGGESTS if one not in BODIES} == set()
