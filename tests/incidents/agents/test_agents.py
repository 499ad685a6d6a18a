"""Agents are guests: they read, note and suggest, marked; people decide (P37)."""

import inspect
from collections.abc import Callable
from datetime import timedelta
from importlib import import_module
from typing import Any

import pytest
from django.test import Client

from clock.queries import now
from incidents.agents.actions import confirm_note, reject_note, write_draft
from incidents.agents.models import AgentNote, Draft
from incidents.board.actions import add_card, change_card
from incidents.escalations.actions import acknowledge_escalation
from incidents.escalations.models import Escalation
from incidents.lifecycle.actions import change_status
from incidents.lifecycle.details import change_incident
from incidents.lifecycle.notes import add_note
from incidents.record.kinds import KINDS, is_open_to_agents
from incidents.record.models import Incident
from incidents.record.timeline import record, verify
from incidents.roster.actions import assign_role, join
from incidents.roster.presence import enter
from incidents.updates.models import Update
from notifications.models import Delivery
from people.actions import change_role, issue_token, revoke_token
from people.models import ApiToken, User
from postmortems.review.facts import is_fact_by_kind
from postmortems.review.models import Postmortem
from refusals.errors import AgentMayNot, Forbidden, Invalid, NotVisible, Refused
from tests.api.test_access import BODIES, operations, send
from tests.conftest import Clock
from tests.incidents.cast import fresh, last_words, publish
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
IN_PERSON = {"GET /notifications"}


@pytest.fixture
def watchtower(responder: User) -> Program:
    """An agent that Tunde answers for."""
    return agent_of(responder)


def agent_of(person: User, name: str = "Watchtower", **more: Any) -> Program:
    _, secret = issue_token(person, name=name, scopes=("agent",), **more)
    return Program(secret)


def as_agent(person: User, name: str = "Watchtower") -> User:
    """The account as it stands in a request of its agent."""
    token, _ = issue_token(person, name=name, scopes=("agent",))
    speaking: User = User.objects.get(pk=person.pk)
    speaking.token = token
    return speaking


def refused(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


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
        room = next((i for i, one in enumerate(parts) if one in ("incidents", "postmortems")), None)
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


# Marked by the server


def test_p37_the_server_marks_whatever_an_agent_writes(
    incident: Incident, responder: User, watchtower: Program
) -> None:
    root = f"incidents/{incident.ref}"
    card = watchtower.post(
        f"{root}/cards", {"title": "Scale up", "risk": "safe", "source": "human"}
    )
    thought = watchtower.post(f"{root}/hypotheses", {"text": "A replica fell behind"})
    assert (card.status_code, thought.status_code) == (201, 201)
    assert {name: card.json()[name] for name in ("source", "ai_tool", "risk", "owner")} == {
        "source": "ai",
        "ai_tool": "Watchtower",
        "risk": "destructive",
        "owner": None,
    }
    assert {name: thought.json()[name] for name in ("source", "ai_tool", "owner")} == {
        "source": "ai",
        "ai_tool": "Watchtower",
        "owner": None,
    }
    entries = incident.entries.filter(kind__in=["card_added", "hypothesis_added"])
    assert all(one.text.endswith("(agent Watchtower)") for one in entries)
    assert {one.data["token"] for one in entries} == {ApiToken.objects.get().pk}
    assert not incident.roles.filter(person=responder).exists(), "a guest joins nothing"
    assert verify(fresh(incident)) is None


@pytest.mark.parametrize(
    "more",
    [{"column": "now"}, {"column": "done", "proof": "a line"}, {"owner": "tunde@example.com"}],
)
def test_p37_a_card_of_an_agent_is_a_suggestion_and_no_more(
    incident: Incident, watchtower: Program, more: dict[str, str]
) -> None:
    answer = watchtower.post(f"incidents/{incident.ref}/cards", {"title": "Scale up", **more})
    assert refused(answer) == (403, "agent_may_not")
    assert not incident.cards.exists()


# Source and risk


def test_p37_no_token_changes_the_source_or_lowers_what_an_ai_suggested(
    incident: Incident, responder: User, program: Programs
) -> None:
    api = program(responder)
    body = {"title": "Scale up", "risk": "safe", "source": "ai", "ai_tool": "Copilot"}
    card = api.post(f"incidents/{incident.ref}/cards", body).json()
    assert card["risk"] == "destructive"
    path = f"cards/{card['id']}"
    for change in ({"source": "human"}, {"ai_tool": "Me"}, {"risk": "safe"}, {"risk": "read_only"}):
        answer = api.patch(path, {"version": 1, **change})
        assert refused(answer) == (403, "forbidden"), change
    kept = api.patch(path, {"version": 1, "source": "ai", "title": "Scale up one size"})
    assert (kept.status_code, kept.json()["source"]) == (200, "ai")
    human = api.post(f"incidents/{incident.ref}/cards", {"title": "Look"}).json()
    turned = api.patch(f"cards/{human['id']}", {"version": 1, "source": "ai", "ai_tool": "X"})
    assert refused(turned) == (403, "forbidden")


def test_p37_a_person_at_a_page_lowers_it(incident: Incident, responder: User) -> None:
    card = add_card(incident, by=responder, title="Scale up", source="ai", ai_tool="Copilot")
    assert card.risk == "destructive"
    assert change_card(card.pk, by=responder, version=1, risk="safe").risk == "safe"


def test_p37_of_other_cards_the_owners_token_lowers_the_risk_before_now(
    incident: Incident, responder: User, other_responder: User, program: Programs
) -> None:
    body = {"title": "Drop", "risk": "destructive", "owner": "tunde@example.com"}
    card = program(responder).post(f"incidents/{incident.ref}/cards", body).json()
    path, lower = f"cards/{card['id']}", {"version": 1, "risk": "safe"}
    assert refused(program(other_responder).patch(path, lower)) == (403, "forbidden")
    assert program(responder).patch(path, lower).json()["risk"] == "safe"


def test_p37_no_token_changes_the_source_of_a_change(
    incident: Incident, responder: User, program: Programs
) -> None:
    api = program(responder)
    card = api.post(f"incidents/{incident.ref}/cards", {"title": "Drop", "risk": "safe"}).json()
    body = {"expectation": "errors fall", "rollback": "flag off", "source": "ai", "ai_tool": "X"}
    assert api.post(f"cards/{card['id']}/change", body).json()["source"] == "ai"
    answer = api.post(f"cards/{card['id']}/change", {**body, "source": "human"})
    assert refused(answer) == (403, "forbidden")


# Notes


def noted(incident: Incident, watchtower: Program, text: str = "Retries make up 61 %.") -> int:
    answer = watchtower.post(f"incidents/{incident.ref}/notes", {"text": text})
    assert answer.status_code == 201
    assert answer.json()["kind"] == "agent_note"
    seq: int = answer.json()["seq"]
    return seq


def test_p37_a_note_is_unconfirmed_until_a_person_confirms_it(
    incident: Incident, commander: User, watchtower: Program, program: Programs
) -> None:
    seq = noted(incident, watchtower)
    assert noted(incident, watchtower) == seq, "the same again is once"
    (waiting,) = program(commander).get(f"incidents/{incident.ref}").json()["unconfirmed"]
    assert (waiting["seq"], waiting["agent"], waiting["by"]) == (seq, "Watchtower", "Tunde Okafor")
    note = confirm_note(incident, seq, by=commander)
    assert (note.is_confirmed, note.settled_by) == (True, commander)
    assert last_words(incident, "note_confirmed") == [
        "confirmed what agent Watchtower noted: Retries make up 61 %."
    ]
    assert confirm_note(incident, seq, by=commander) == note
    with pytest.raises(Refused) as caught:
        reject_note(incident, seq, by=commander)
    assert caught.value.code == "invalid_transition"
    assert program(commander).get(f"incidents/{incident.ref}").json()["unconfirmed"] == []


def test_p37_a_note_that_is_wrong_is_rejected_and_stays(
    incident: Incident, commander: User, watchtower: Program
) -> None:
    seq = noted(incident, watchtower)
    note = reject_note(incident, seq, by=commander, reason="It counts probes")
    assert note.is_confirmed is False
    assert last_words(incident, "note_rejected")[0].endswith("(It counts probes)")
    assert incident.entries.get(seq=seq).text.startswith("unconfirmed: Retries")
    with pytest.raises(Refused):
        confirm_note(incident, seq, by=commander)


def test_p37_what_nobody_confirmed_is_no_fact_of_the_review(
    incident: Incident, commander: User, watchtower: Program
) -> None:
    seq = noted(incident, watchtower)
    confirm_note(incident, seq, by=commander)
    review = Postmortem(incident=incident)
    said = incident.entries.get(seq=seq)
    confirmed = incident.entries.get(kind="note_confirmed")
    assert (is_fact_by_kind(said, review), is_fact_by_kind(confirmed, review)) == (False, True)


def test_p37_an_agent_decides_nothing_and_confirms_nothing(
    incident: Incident, responder: User, commander: User, watchtower: Program, program: Programs
) -> None:
    seq = noted(incident, watchtower)
    root = f"incidents/{incident.ref}"
    decision = watchtower.post(f"{root}/notes", {"text": "We fail over.", "kind": "decision"})
    assert refused(decision) == (403, "agent_may_not")
    assert refused(watchtower.post(f"{root}/notes/{seq}/confirm")) == (403, "agent_may_not")
    _, secret = issue_token(responder, name="script", is_service=True)
    assert Program(secret).post(f"{root}/notes/{seq}/confirm").status_code == 403
    with pytest.raises(AgentMayNot):
        confirm_note(incident, seq, by=as_agent(responder))
    assert AgentNote.objects.get().is_confirmed is None


def test_p37_notes_are_settled_over_the_api_by_number_too(
    incident: Incident, commander: User, watchtower: Program, program: Programs
) -> None:
    api, root = program(commander), f"incidents/{incident.ref}"
    first, second = noted(incident, watchtower), noted(incident, watchtower, "CPU is high.")
    third = noted(incident, watchtower, "Disk is full.")
    assert api.post(f"{root}/notes/{first}/confirm").json()["state"] == "confirmed"
    assert api.post(f"notes/{second}/confirm").json()["state"] == "confirmed"
    wrong = api.post(f"notes/{third}/reject", {"reason": "It is not."})
    assert wrong.json()["state"] == "rejected"
    assert api.post(f"{root}/notes/9999/confirm").status_code == 404
    assert api.post("notes/9999/reject").status_code == 404
    assert api.post(f"{root}/notes/1/confirm").status_code == 404, "a line that is no such note"


# Drafts


def test_p37_a_draft_is_never_published_by_it_and_fills_the_composer(
    incident: Incident, commander: User, watchtower: Program, program: Programs
) -> None:
    body = {"status_text": "Reads are back.", "next_moves": ["Drop retries"]}
    made = watchtower.post(f"incidents/{incident.ref}/drafts", body)
    assert (made.status_code, made.json()["agent"]) == (201, "Watchtower")
    assert not Update.objects.exists()
    (waiting,) = program(commander).get(f"incidents/{incident.ref}").json()["drafts"]
    assert {name: waiting[name] for name in ("number", "agent", "summary")} == {
        "number": 1,
        "agent": "Watchtower",
        "summary": "Reads are back.",
    }
    client = Client()
    client.force_login(commander)
    room = f"/incidents/{incident.ref}/"
    path = f"{room}updates/?draft={made.json()['id']}"
    assert path in client.get(room).content.decode()
    composer = client.get(path).content.decode()
    assert "Reads are back." in composer
    assert 'value="Drop retries"' in composer
    publish(incident, commander)
    assert program(commander).get(f"incidents/{incident.ref}").json()["drafts"] == []
    assert "Reads are back." not in client.get(path).content.decode()


def test_p37_a_draft_is_offered_no_more_once_nobody_awaits_an_update(
    incident: Incident, commander: User, responder: User, program: Programs
) -> None:
    write_draft(incident, by=as_agent(responder), status_text="One.", executive_summary="Short.")
    root = f"incidents/{incident.ref}"
    (waiting,) = program(commander).get(root).json()["drafts"]
    assert waiting["summary"] == "Short."
    change_status(incident, by=commander, to="cancelled", reason="The probe was wrong.")
    assert program(commander).get(root).json()["drafts"] == []
    client = Client()
    client.force_login(commander)
    path = f"/incidents/{incident.ref}/updates/?draft={Draft.objects.get().pk}"
    assert "One." not in client.get(path).content.decode()


def test_p37_a_newer_draft_takes_the_place_of_the_same_agents(
    incident: Incident, responder: User, commander: User
) -> None:
    agent = as_agent(responder)
    first = write_draft(incident, by=agent, status_text="One.")
    write_draft(incident, by=agent, status_text="Two.")
    first.refresh_from_db()
    assert first.dropped_at is not None
    with pytest.raises(Invalid):
        write_draft(incident, by=agent)
    client = Client()
    client.force_login(commander)
    standing = Draft.objects.get(dropped_at=None)
    path = f"/incidents/{incident.ref}/drafts/{standing.pk}/"
    assert client.post(path).status_code == 302
    assert client.post(path).status_code == 302
    assert last_words(incident, "draft_dropped") == ["put the draft of update 1 aside"]


# Escalating


def test_p37_it_escalates_to_the_commander_marked_and_once_in_ten_minutes(
    incident: Incident, commander: User, clock: Clock
) -> None:
    agent = agent_of(commander)
    root = f"incidents/{incident.ref}/escalations"
    made = agent.post(root, {"text": "Rows are lost."})
    assert (made.status_code, made.json()["agent"]) == (201, "Watchtower")
    assert agent.post(root, {"text": "Rows are lost."}).json()["id"] == made.json()["id"]
    assert Delivery.objects.filter(person=commander, kind="escalation").exists()
    again = agent.post(root, {"text": "More rows are lost."})
    assert refused(again) == (429, "too_many_requests")
    assert 590 <= int(again.headers["Retry-After"]) <= 601
    clock.advance(minutes=10)
    assert agent.post(root, {"text": "More rows are lost."}).status_code == 201
    heard = acknowledge_escalation(made.json()["id"], by=commander)
    assert heard.acknowledged_by == commander, "who answers for it may hear it"
    assert last_words(incident, "escalation_acknowledged") == [
        "heard agent Watchtower: Rows are lost."
    ]


def test_p37_a_person_still_does_not_hear_their_own(incident: Incident, commander: User) -> None:
    one = Escalation.objects.create(incident=incident, by=commander, text="x", at=now())
    with pytest.raises(Forbidden):
        acknowledge_escalation(one.pk, by=commander)


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


def test_p37_on_the_page_a_person_confirms_or_says_it_is_wrong(
    incident: Incident, commander: User, other_responder: User, watchtower: Program
) -> None:
    client = Client()
    client.force_login(other_responder)
    seq, room = noted(incident, watchtower), f"/incidents/{incident.ref}/"
    other = noted(incident, watchtower, "CPU is high.")
    page = client.get(room).content.decode()
    assert "◌ unconfirmed · agent Watchtower" in page
    assert "Tunde Okafor answers for it" in page
    assert client.post(f"{room}agents/notes/{seq}/", {"is": "confirmed"}).status_code == 302
    assert client.post(f"{room}agents/notes/{other}/", {"is": "wrong"}).status_code == 302
    states = {one.seq: one.is_confirmed for one in AgentNote.objects.all()}
    assert states == {seq: True, other: False}
    assert "◌ unconfirmed" not in client.get(room).content.decode()
    refusal = client.post(f"{room}agents/", {"are": "off"})
    assert refusal.status_code == 409
    client.force_login(commander)
    assert client.post(f"{room}agents/", {"are": "off"}).status_code == 302
    assert "Agents are off here." in client.get(room).content.decode()
    assert client.post(f"{room}agents/", {"are": "on"}).status_code == 302
    assert fresh(incident).agents_on


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
