"""What agents suggest and call for is marked by the server, and people decide (P37)."""

import pytest

from clock.queries import now
from incidents.board.actions import add_card, change_card
from incidents.escalations.actions import acknowledge_escalation
from incidents.escalations.models import Escalation
from incidents.record.models import Incident
from incidents.record.timeline import verify
from notifications.models import Delivery
from people.models import ApiToken, User
from refusals.errors import Forbidden
from tests.conftest import Clock
from tests.incidents.agents.conftest import agent_of, refused
from tests.incidents.cast import fresh, last_words
from tests.programs import Program, Programs

pytestmark = pytest.mark.django_db


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
