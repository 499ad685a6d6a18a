"""An agent, and how it speaks."""

from typing import Any

import pytest

from incidents.record.models import Incident
from people.actions import issue_token
from people.models import User
from tests.programs import Program


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


def noted(incident: Incident, watchtower: Program, text: str = "Retries make up 61 %.") -> int:
    answer = watchtower.post(f"incidents/{incident.ref}/notes", {"text": text})
    assert answer.status_code == 201
    assert answer.json()["kind"] == "agent_note"
    seq: int = answer.json()["seq"]
    return seq
