"""What a tool suggested starts destructive and stays marked; no token makes it look safer (P37)."""

from typing import Any

import pytest
from django.test import Client

from incidents.cards.models import Card
from incidents.record.models import Incident
from incidents.roster.actions import join
from people.models import User
from tests.incidents.cast import ready, start
from tests.matrix.hidden import signed_in
from tests.programs import Program, Programs

pytestmark = pytest.mark.django_db

AI = {"source": "ai", "ai_tool": "Watchtower"}


@pytest.fixture
def api(program: Programs, responder: User, incident: Incident) -> Program:
    """The program of a responder on the roster."""
    join(incident, by=responder)
    return program(responder)


def at_a_page(client: Client, path: str, body: Any, method: str = "post") -> Any:
    """The same call with a person's session."""
    call = getattr(client, method)
    return call(f"/api/v1/{path}", body, content_type="application/json")


@pytest.mark.parametrize("risk", ["read_only", "safe", "risky", "destructive", None])
def test_p37_what_a_token_writes_for_a_tool_starts_destructive(
    api: Program, incident: Incident, risk: str | None
) -> None:
    body = {"title": "Scale up", **AI} | ({} if risk is None else {"risk": risk})
    made = api.post(f"incidents/{incident.ref}/cards", body)
    assert (made.status_code, made.json()["risk"], made.json()["source"]) == (
        201,
        "destructive",
        "ai",
    )


def test_p37_only_a_person_at_a_page_lowers_it(
    api: Program, incident: Incident, responder: User
) -> None:
    card = api.post(f"incidents/{incident.ref}/cards", {"title": "Scale up", **AI}).json()
    path, body = f"cards/{card['id']}", {"risk": "safe", "version": card["version"]}
    refused = api.patch(path, body)
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    lowered = at_a_page(signed_in(responder), path, body, "patch")
    assert (lowered.status_code, lowered.json()["risk"]) == (200, "safe")


@pytest.mark.parametrize("by_token", [True, False])
def test_p37_what_a_tool_suggested_is_marked_for_ever(
    api: Program, incident: Incident, responder: User, by_token: bool
) -> None:
    card = api.post(f"incidents/{incident.ref}/cards", {"title": "Scale up", **AI}).json()
    path, body = f"cards/{card['id']}", {"source": "human", "version": card["version"]}
    refused = (
        api.patch(path, body) if by_token else at_a_page(signed_in(responder), path, body, "patch")
    )
    assert refused.status_code == (403 if by_token else 422)
    assert Card.objects.get(pk=card["id"]).source == "ai"


def test_p37_no_token_changes_a_source(api: Program, incident: Incident, responder: User) -> None:
    card = ready(incident, responder)
    refused = api.patch(f"cards/{card.pk}", {**AI, "version": card.version})
    assert (refused.status_code, Card.objects.get(pk=card.pk).source) == (403, "human")


@pytest.mark.parametrize("whose", ["own", "of nobody", "of somebody else", "own, in Now"])
def test_p37_a_token_lowers_the_risk_of_its_owners_cards_before_now(
    api: Program,
    incident: Incident,
    responder: User,
    commander: User,
    other_responder: User,
    whose: str,
) -> None:
    owner = {"of nobody": None, "of somebody else": other_responder}.get(whose, responder)
    join(incident, by=other_responder)
    card = ready(incident, responder, owner=owner, risk="safe")
    if whose == "own, in Now":
        card = start(card, responder)
    answer = api.patch(f"cards/{card.pk}", {"risk": "read_only", "version": card.version})
    assert answer.status_code == (200 if whose in ("own", "of nobody") else 403)
    raised = api.patch(
        f"cards/{card.pk}",
        {"risk": "risky", "version": Card.objects.get(pk=card.pk).version},
    )
    assert raised.status_code in (200, 409)
