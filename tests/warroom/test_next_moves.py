"""P18, P44: the moves that the composer tells are the top of Next as it is when it is sent."""

from typing import Any

import pytest
from django.test import Client

from clock.queries import now
from incidents.agents.actions import write_draft
from incidents.board.actions import move_card
from incidents.record.models import Incident
from people.actions import issue_token
from people.models import User
from tests.incidents.cast import ready
from tests.opened import opened

pytestmark = pytest.mark.django_db

TYPED = {
    "status_text": "Errors at 74 %.",
    "statement": "Three of four API calls fail.",
    "executive_summary": "A team is on it.",
}


@pytest.fixture
def composer(incident: Incident, commander: User, client: Client) -> str:
    """Where ``commander``, who is signed in, has the composer."""
    client.force_login(commander)
    return f"{incident.get_absolute_url()}updates/"


def sent(client: Client, path: str, fields: dict[str, Any]) -> list[str]:
    """The moves that the page tells before, and that are told after it was published."""
    preview = client.post(f"{path}preview/", fields).content.decode()
    assert client.post(path, fields).status_code == 302
    told: list[str] = Incident.objects.get().updates.latest("number").next_moves
    assert all(move in preview for move in told)
    assert ("No next move is known yet" in preview) == (told == [])
    return told


def test_a_card_that_came_to_next_after_the_composer_was_opened_is_told(
    incident: Incident, responder: User, client: Client, composer: str
) -> None:
    fields = opened(client, composer, "update") | TYPED
    ready(incident, responder, "Then drain the retries")
    assert sent(client, composer, fields) == ["Then drain the retries"]


def test_what_left_next_since_is_told_no_more(
    incident: Incident, responder: User, client: Client, composer: str
) -> None:
    first, _ = (ready(incident, responder, title) for title in ("Cap the query", "Then look"))
    fields = opened(client, composer, "update") | TYPED
    assert fields["move_1"] == ["Cap the query"]
    move_card(first.pk, by=responder, to="parked", version=first.version)
    assert sent(client, composer, fields) == ["Then look"]


@pytest.mark.parametrize(("typed", "told"), [("Call the vendor", ["Call the vendor"]), ("", [])])
def test_what_somebody_typed_or_emptied_there_stands(
    incident: Incident,
    responder: User,
    client: Client,
    composer: str,
    typed: str,
    told: list[str],
) -> None:
    ready(incident, responder, "Cap the query", by_when=now())
    fields = opened(client, composer, "update") | TYPED
    ready(incident, responder, "Then look")
    assert sent(client, composer, fields | {"move_1": typed}) == told


def test_the_moves_of_a_draft_stand_as_its_agent_wrote_them(
    incident: Incident, responder: User, client: Client, composer: str
) -> None:
    token, _ = issue_token(responder, name="Watchtower", scopes=("agent",))
    agent = User.objects.get(pk=responder.pk)
    agent.token = token
    draft = write_draft(incident, by=agent, status_text="Up.", next_moves=["Ask the vendor"])
    ready(incident, responder, "Cap the query")
    fields = opened(client, f"{composer}?draft={draft.pk}", "update") | TYPED
    assert sent(client, composer, fields) == ["Ask the vendor"]
