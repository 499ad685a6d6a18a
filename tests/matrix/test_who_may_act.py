"""Who may do what on an incident: each cell of the printed table, tried through the API."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client

from clock.queries import now
from incidents.approvals.actions import ask_approval
from incidents.cards.models import Card
from incidents.escalations.actions import escalate
from incidents.hypotheses.actions import add_hypothesis
from incidents.lifecycle.actions import AllClear, change_status
from incidents.lifecycle.declaring import declare_incident
from incidents.lifecycle.details import change_incident
from incidents.lifecycle.notes import add_note
from incidents.line.actions import stop_line
from incidents.obligations.actions import start_obligation
from incidents.outcomes.actions import finish_change, start_change
from incidents.record.models import RoleAssignment, Severity
from incidents.roster.actions import assign_role, join
from incidents.roster.permissions import RIGHTS, WHOSE, Act, May, Who, Whose, may
from incidents.sidework.actions import pause_work
from incidents.updates.questions import ask_question
from people.actions import issue_token
from people.models import Role, User
from postmortems.ideas.actions import note_idea
from postmortems.ideas.models import Idea
from postmortems.review.actions import change_facilitator
from postmortems.review.facts import agree_facts
from postmortems.review.models import Postmortem
from running.places import ROOT
from tests.conftest import make_person
from tests.incidents.attachments.files import brought
from tests.incidents.cast import ready, start, written
from tests.matrix import printing
from tests.programs import Program
from tests.project.reading import modules

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(600)]

KEYS = {
    Who.COMMANDER: "maya",
    Who.DEPUTY: "ravi",
    Who.FIX_OWNER: "tunde",
    Who.FACILITATOR: "fay",
    Who.ROSTER: "noor",
    Who.RESPONDER: "jo",
    Who.HELPER: "hal",
    Who.STAKEHOLDER: "ingrid",
    Who.ADMIN: "ada",
    Who.BEARER: "maya",
    Who.PROGRAM: "jo",
    Who.AGENT: "jo",
}
Call = Callable[["Room"], tuple[str, str, Any]]


class Room:
    """One incident with whoever may stand before an act."""

    def __init__(self) -> None:
        roles = {"ingrid": Role.STAKEHOLDER, "hal": Role.STAKEHOLDER, "ada": Role.ADMIN}
        self.people = {
            key: make_person(key, key.title(), roles.get(key, Role.RESPONDER))
            for key in {*KEYS.values(), "kim", "lee"}
        }
        maya = self.people["maya"]
        self.other = declare_incident(by=self.people["kim"], title="Replica", severity="sev2")
        self.incident = declare_incident(by=maya, title="API calls fail", severity=Severity.SEV2)
        for key, role in (("ravi", "deputy"), ("tunde", "fix_owner")):
            assign_role(self.incident, by=maya, role=role, person=self.people[key])
        for key in ("fay", "noor", "kim"):
            join(self.incident, by=self.people[key])
        assign_role(self.incident, by=maya, role="helper", person=self.people["hal"])

    @property
    def maya(self) -> User:
        return self.people["maya"]

    def caller(self, who: Who) -> Program:
        """A program with the token of whoever it is; a service's where it is a program."""
        person = self.people[KEYS[who]]
        if who == Who.DEPUTY:
            asked = now() - timedelta(minutes=3)
            held = RoleAssignment.objects.filter(incident=self.incident, person=self.maya)
            held.update(asked_at=asked, acted_at=None, asked_by=person)
        if who == Who.AGENT:
            _, secret = issue_token(person, name="Watchtower", scopes=("agent",))
        else:
            _, secret = issue_token(person, name="test", is_service=who == Who.PROGRAM)
        return Program(secret)

    def is_on(self, who: Who) -> bool:
        """Whether they are on the roster."""
        held = RoleAssignment.objects.active().filter(incident=self.incident)
        return held.filter(person=self.people[KEYS[who]]).exists()


def _on(path: str, body: Any, method: str = "POST") -> Call:
    return lambda room: (method, f"incidents/{room.incident.ref}{path}", body)


def _merge(room: Room) -> tuple[str, str, Any]:
    body = {"into": room.other.ref, "reason": "Same replica."}
    return "POST", f"incidents/{room.incident.ref}/merge", body


def _resume(room: Room) -> tuple[str, str, Any]:
    stop_line(room.incident, by=room.people["noor"], reason="Rows are lost.")
    return "POST", f"incidents/{room.incident.ref}/resume", {"reason": "It was the probe."}


def _remove(room: Room) -> tuple[str, str, Any]:
    for key in ("jo", "ada"):
        join(room.incident, by=room.people[key])
    change_incident(room.incident, by=room.maya, private=True)
    held = room.incident.roles.active().get(person=room.people["kim"])
    return "DELETE", f"incidents/{room.incident.ref}/roles/{held.pk}", None


def _withdraw(room: Room) -> tuple[str, str, Any]:
    line = add_note(room.incident, by=room.people["kim"], text="The password is swordfish.")
    body = {"seq": line.seq, "reason": "A password."}
    return "POST", f"incidents/{room.incident.ref}/withdraw", body


def _resolve(room: Room) -> None:
    change_status(
        room.incident,
        by=room.maya,
        to="resolved",
        all_clear=AllClear("It works again.", statement="Calls failed."),
        override_reason="The vendor says so.",
    )


def _publish(room: Room) -> tuple[str, str, Any]:
    _review(room)
    return "POST", f"incidents/{room.incident.ref}/postmortem/publish", {}


def _met(room: Room) -> tuple[str, str, Any]:
    _review(room)
    body = {"meeting_held_at": now().isoformat()}
    return "PATCH", f"incidents/{room.incident.ref}/postmortem", body


def _keep(room: Room) -> tuple[str, str, Any]:
    _review(room)
    body = {"keep": [{"finding": "he", "reason": "A quote."}]}
    return "POST", f"incidents/{room.incident.ref}/postmortem/publish", body


def _review(room: Room) -> None:
    """It has ended, its facts are agreed, and ``fay`` leads its review."""
    _resolve(room)
    review = Postmortem.objects.get(incident=room.incident)
    change_facilitator(review, by=room.maya, person=room.people["fay"])
    agree_facts(review, by=room.maya)


def _reopen(room: Room) -> tuple[str, str, Any]:
    _resolve(room)
    return "POST", f"incidents/{room.incident.ref}/status", {"to": "identified", "reason": "Back."}


def _escalation(room: Room) -> tuple[str, str, Any]:
    found = escalate(room.incident, by=room.people["kim"], text="The replica lags.")
    return "POST", f"escalations/{found.pk}/acknowledge", None


def _question(room: Room) -> tuple[str, str, Any]:
    found = ask_question(room.incident, by=room.people["kim"], text="Since when?")
    return "POST", f"questions/{found.pk}/answer", {"text": "Since two."}


def _decline(room: Room) -> tuple[str, str, Any]:
    found = ask_question(room.incident, by=room.people["kim"], text="Since when?")
    return "POST", f"questions/{found.pk}/decline", {"text": "Ask the press office."}


def _invite(room: Room) -> tuple[str, str, Any]:
    for key in ("jo", "ada"):
        join(room.incident, by=room.people[key])
    change_incident(room.incident, by=room.maya, private=True)
    body = {"role": "helper", "person": "ingrid@example.com"}
    return "POST", f"incidents/{room.incident.ref}/roles", body


def _paused(room: Room) -> tuple[str, str, Any]:
    kim = room.people["kim"]
    found = pause_work(room.incident, by=kim, title="Re-index", owner=kim, why="Same database.")
    return "POST", f"paused-work/{found.pk}/settle", {"outcome": "resumed"}


def _clock(room: Room) -> tuple[str, str, Any]:
    kim = room.people["kim"]
    later = now() + timedelta(hours=72)
    (found,) = start_obligation(
        room.incident, by=kim, name="Tell them", aware_at=now(), owner=kim, due_at=later
    )
    return "POST", f"obligations/{found.pk}/file", {"reference": "A-7"}


def _card(room: Room) -> Card:
    """A safe card in Now with its change written and waiting; a helper pairs on it."""
    kim = room.people["kim"]
    return start(ready(room.incident, kim, risk="safe", pair=room.people["hal"]), kim)


def _change(room: Room) -> tuple[str, str, Any]:
    return "POST", f"cards/{_card(room).pk}/change", {"expectation": "Fewer errors."}


def _start(room: Room) -> tuple[str, str, Any]:
    change = _card(room).changes.get()
    return "POST", f"changes/{change.pk}/start", {"occurred_at": now().isoformat()}


def _hypothesis(room: Room) -> tuple[str, str, Any]:
    found = add_hypothesis(room.incident, by=room.people["kim"], text="The replica lags.")
    return "POST", f"hypotheses/{found.pk}/evidence", {"text": "It lags by 40 s."}


def _go(room: Room) -> tuple[str, str, Any]:
    change = start_change(_card(room).changes.get().pk, by=room.people["kim"])
    finish_change(change.pk, by=room.people["kim"], outcome="not_as_expected", no_data=True)
    return "POST", f"incidents/{room.incident.ref}/go", {"reason": "The cause is known."}


def _update(room: Room) -> tuple[str, str, Any]:
    body = {
        "statement": "Three of four API calls fail.",
        "status_text": "Errors at 74 %.",
        "hypothesis": "We don’t know yet.",
        "current_action": "Reading the logs.",
        "executive_summary": "Most API calls fail; a team is on it.",
        "next_update_at": (now() + timedelta(minutes=10)).isoformat(),
    }
    return "POST", f"incidents/{room.incident.ref}/updates", body


def _item(room: Room) -> tuple[str, str, Any]:
    _review(room)
    body = {
        "title": "Be more careful",
        "type": "process",
        "owner": "noor@example.com",
        "due_at": (now() + timedelta(days=14)).isoformat(),
        "priority": "p1",
        "success_criterion": "None in a month.",
        "override_reason": "It names the checklist.",
    }
    return "POST", f"incidents/{room.incident.ref}/postmortem/actions", body


def _written(room: Room) -> tuple[str, str, Any]:
    _review(room)
    return "PATCH", f"incidents/{room.incident.ref}/postmortem", {"summary": "It was the pool."}


def _idea(room: Room) -> tuple[str, str, Any]:
    return "POST", f"ideas/{_noted(room).pk}/drop", {"reason": "It costs too much."}


def _idea_back(room: Room) -> tuple[str, str, Any]:
    return "DELETE", f"ideas/{_noted(room).pk}", None


def _bring(room: Room) -> tuple[str, str, Any]:
    file = SimpleUploadedFile("a.txt", b"a")
    return "POST", f"incidents/{room.incident.ref}/attachments", {"file": file}


def _see(room: Room) -> tuple[str, str, Any]:
    return "GET", f"attachments/{brought(room.incident, room.people['kim']).pk}", None


def _noted(room: Room) -> Idea:
    _review(room)
    review = Postmortem.objects.get(incident=room.incident)
    return note_idea(review, by=room.people["kim"], text="A copy of the largest account")


RESOLVED = {
    "to": "resolved",
    "all_clear": {"executive_summary": "It works again.", "statement": "Calls failed."},
    "override": {"reason": "The vendor says so."},
}
COMMANDERS: dict[Act, Call] = {
    Act.RESOLVE: _on("/status", RESOLVED),
    Act.CANCEL: _on("/status", {"to": "cancelled", "reason": "A probe broke."}),
    Act.MERGE: _merge,
    Act.SEVERITY: _on("", {"severity": "sev1"}, "PATCH"),
    Act.CADENCE: _on("", {"cadence": {"every_min": 5}}, "PATCH"),
    Act.EXPECTED_BACK: _on("/expected-back", {"at": None}, "PUT"),
    Act.GO: _go,
    Act.SECOND_CHANGE: _on("/second-change", {"reason": "It is another table."}),
    Act.RESUME: _resume,
    Act.DEPUTY: _on("/roles", {"role": "deputy", "person": "kim@example.com", "note": "Yours."}),
    Act.AGENTS: _on("", {"agents": False}, "PATCH"),
    Act.PRIVATE: _on("", {"private": True}, "PATCH"),
    Act.INVITE: _invite,
    Act.REMOVE: _remove,
    Act.WITHDRAW: _withdraw,
}
OTHERS: dict[str, Call] = {
    "reopen it (nobody commands what has ended)": _reopen,
    "move it on to identified or monitoring": _on("/status", {"to": "identified"}),
    "name somebody to a seat": _on("/roles", {"role": "scribe", "person": "kim@example.com"}),
    "write, start and finish cards": _on("/cards", {"title": "Look"}),
    "write a change and ask for its approval": _change,
    "start, finish and roll back a change": _start,
    "write a hypothesis": _on("/hypotheses", {"text": "The export."}),
    "put evidence beside a hypothesis": _hypothesis,
    "stop the line": _on("/stop", {"reason": "Rows are lost."}),
    "escalate": _on("/escalations", {"text": "The replica lags."}),
    "hear an escalation": _escalation,
    "publish an update": _update,
    "answer a question": _question,
    "decline a question": _decline,
    "invite somebody, or a service's people": _on("/invitations", {"people": ["lee@example.com"]}),
    "share it by a link": _on("/share-links", {}),
    "invite a stakeholder as helper": _on(
        "/roles", {"role": "helper", "person": "ingrid@example.com"}
    ),
    "write the end state and signals": _on("/end-state", {"text": "Calls work."}, "PUT"),
    "pause side work and settle it": _paused,
    "start a legal clock and settle it": _clock,
    "note something": _on("/notes", {"text": "A line."}),
    "bring a picture or file": _bring,
    "see a picture or file by its address": _see,
    "say that the review met": _met,
    "publish the review": _publish,
    "keep words of the review that point at somebody": _keep,
    "take an action item that is not systemic": _item,
    "write the review": _written,
    "note an idea, commit to it or drop it": _idea,
    "take somebody else's idea back": _idea_back,
    "read the stakeholder page": lambda room: ("GET", f"stakeholders/{room.incident.ref}", None),
    "ask a question": _on("/questions", {"text": "Since when?"}),
}
WHO = [one for one in Who if one in KEYS]


def answer_to(room: Room, who: Who, call: Call) -> May:
    """What the API answers: refused, asked to ask, done, and whether it joined; then undone."""
    with transaction.atomic():
        found = _answer_to(room, who, call)
        transaction.set_rollback(True)
    return found


def _answer_to(room: Room, who: Who, call: Call) -> May:
    method, path, body = call(room)
    was_on = room.is_on(who)
    answer = room.caller(who).call(method, path, body)
    if answer.status_code in (403, 404):
        return May.NO
    if answer.status_code == 409 and answer.json()["code"] == "only_commander":
        return May.ASKS
    assert answer.status_code < 500
    if was_on:
        return May.YES
    return May.JOINS if room.is_on(who) else May.WITHOUT_JOINING


def expected(who: Who, whose: Whose, *, words: str = "", admins: bool = False) -> set[May]:
    said = may(Who.COMMANDER if who == Who.BEARER else who, whose, words=words, admins=admins)
    if said == May.SUGGESTS:
        return {May.WITHOUT_JOINING}
    if said == May.YES:
        # Who may without being on the roster needs to join for it no more than anybody else.
        return {May.YES, May.JOINS, May.WITHOUT_JOINING}
    return {said}


@pytest.mark.parametrize("act", COMMANDERS)
def test_what_is_the_commanders(db: None, act: Act) -> None:
    admins = RIGHTS[act].admins
    room = Room()
    found = {who: answer_to(room, who, COMMANDERS[act]) for who in WHO}
    assert {who: found[who] in expected(who, Whose.COMMANDER, admins=admins) for who in WHO} == (
        dict.fromkeys(WHO, True)
    ), found


@pytest.mark.parametrize(
    "whose", [Whose.ROSTER, Whose.RESPONDERS, Whose.FACILITATOR, Whose.EVERYBODY]
)
def test_what_is_somebody_elses(db: None, whose: Whose) -> None:
    room = Room()
    wrong = [
        f"{words}: {who} {found}"
        for words in WHOSE[whose]
        if words in OTHERS
        for who in WHO
        if (found := answer_to(room, who, OTHERS[words])) not in expected(who, whose, words=words)
    ]
    assert wrong == []


def test_what_is_the_admins(db: None, client: Client) -> None:
    room = Room()
    opened = set()
    for who in WHO:
        client.force_login(room.people[KEYS[who]])
        if client.get("/admin/people/user/").status_code == 200:
            opened.add(who)
    assert opened == {who for who in WHO if may(who, Whose.ADMIN) == May.YES}


def test_anybody_declares_but_those_who_read_along(db: None) -> None:
    room = Room()
    body = {"title": "Logins fail", "severity": "sev3"}
    answers = {who: room.caller(who).post("incidents", body).status_code for who in WHO}
    assert {who for who, status in answers.items() if status != 201} == {
        Who.HELPER,
        Who.STAKEHOLDER,
        Who.AGENT,
    }


def test_every_act_of_the_table_is_tried() -> None:
    tried = {words for whose in Whose if whose != Whose.COMMANDER for words in WHOSE[whose]}
    with_tests_of_their_own = {
        "change people, services, policies and ladders",
        "declare an incident",
    }
    assert tried - {*OTHERS} == with_tests_of_their_own
    assert {*RIGHTS} == {*COMMANDERS, Act.REOPEN, Act.APPROVE}


def test_approving_is_the_commanders_at_a_page_and_no_tokens(db: None, client: Client) -> None:
    room = Room()
    kim = room.people["kim"]
    card = ready(room.incident, kim, risk="destructive")
    change = written(card, kim, hypothesis="One export eats the memory", risk="Retries are lost.")
    ask_approval(change.pk, by=kim)
    found = {}
    for who in WHO:
        with transaction.atomic():
            if who in (Who.BEARER, Who.PROGRAM, Who.AGENT):
                answer = room.caller(who).post(f"changes/{change.pk}/approve", {})
                refused = "agent_may_not" if who == Who.AGENT else "token_cannot_approve"
                assert answer.json()["code"] == refused
            else:
                room.caller(who)
                client.force_login(room.people[KEYS[who]])
                answer = client.post(
                    f"/api/v1/changes/{change.pk}/approve", {}, content_type="application/json"
                )
            found[who] = _said_of(answer)
            transaction.set_rollback(True)
    assert found == {who: may(who, Whose.COMMANDER, tokens=False) for who in WHO}


def _said_of(answer: Any) -> May:
    if answer.status_code == 200:
        return May.YES
    is_askable = answer.status_code == 409 and answer.json()["code"] == "only_commander"
    return May.ASKS if is_askable else May.NO


def test_every_right_is_asked_by_an_action() -> None:
    asked = "".join(path.read_text() for path in modules() if "permissions" not in path.name)
    for act in RIGHTS:
        is_asked = re.search(rf"Act\.{act.name}(\)|\]|\.value)", asked) is not None
        assert is_asked, act


def test_the_table_is_printed_as_it_is() -> None:
    text = (ROOT / "docs" / "security.md").read_text()
    assert printing.who_may() in text, "run .venv/bin/python -m tests.matrix"
