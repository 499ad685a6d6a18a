"""Stopping the line over the API (P38)."""

import pytest

from incidents.line.models import StopCriterion
from incidents.record.models import Incident
from incidents.roster.actions import join
from people.models import User
from tests.programs import Program, Programs

pytestmark = pytest.mark.django_db


@pytest.fixture
def api(program: Programs, responder: User, incident: Incident) -> Program:
    """The program of a responder on the roster."""
    join(incident, by=responder)
    return program(responder)


def test_p38_anyone_stops_and_the_commander_resumes(
    api: Program, program: Programs, incident: Incident, commander: User, responder: User
) -> None:
    state = api.get(f"incidents/{incident.ref}").json()
    assert (state["stopped"], state["stop_criteria"]) == (None, [])

    stopped = api.post(f"incidents/{incident.ref}/stop", {"reason": "Errors rise"})
    assert stopped.status_code == 200
    assert stopped.json() == {
        "by": responder.email,
        "by_person": {"email": responder.email, "name": responder.name},
        "reason": "Errors rise",
        "at": stopped.json()["at"],
        "criterion": None,
    }
    assert api.get(f"incidents/{incident.ref}").json()["stopped"] == stopped.json()

    refused = api.post(f"incidents/{incident.ref}/resume", {"reason": "Fine"})
    assert (refused.status_code, refused.json()["code"]) == (409, "only_commander")
    leader = program(commander)
    unsaid = leader.post(f"incidents/{incident.ref}/resume", {})
    assert (unsaid.status_code, unsaid.json()["code"]) == (409, "reason_required")
    resumed = leader.post(f"incidents/{incident.ref}/resume", {"reason": "It was the probe"})
    assert (resumed.status_code, resumed.json()["stopped"]) == (200, None)
    again = leader.post(f"incidents/{incident.ref}/resume", {"reason": "It was the probe"})
    assert again.status_code == 200


def test_p38_nothing_starts_while_it_is_stopped(api: Program, incident: Incident) -> None:
    card = api.post(
        f"incidents/{incident.ref}/cards",
        {
            "title": "Restart",
            "owner": "tunde@example.com",
            "expected_proof": "It works",
            "risk": "safe",
            "serves": "end_state",
        },
    ).json()
    api.post(f"incidents/{incident.ref}/stop", {"reason": "Errors rise"})
    move = {"to": "now", "version": card["version"]}
    refused = api.post(f"cards/{card['id']}/move", move)
    assert (refused.status_code, refused.json()["code"]) == (409, "line_stopped")
    assert refused.json()["stopped"]["by"] == "tunde@example.com"
    looking = {"risk": "read_only", "version": card["version"]}
    card = api.patch(f"cards/{card['id']}", looking).json()
    started = api.post(f"cards/{card['id']}/move", {"to": "now", "version": card["version"]})
    assert started.status_code == 200


def test_p38_a_criterion_on_a_signal_trips_by_itself(api: Program, incident: Incident) -> None:
    signal = api.post(
        f"incidents/{incident.ref}/signals", {"name": "Rows lost", "comparator": "=", "target": 0}
    ).json()["id"]
    half = api.post(f"incidents/{incident.ref}/stop-criteria", {"signal": signal})
    assert half.status_code == 422
    assert {one["field"] for one in half.json()["errors"]} == {"comparator", "threshold"}
    made = api.post(
        f"incidents/{incident.ref}/stop-criteria",
        {"signal": signal, "comparator": ">", "threshold": 0},
    )
    assert (made.status_code, made.json()["text"]) == (201, "Rows lost > 0")
    api.post(f"signals/{signal}/samples", {"samples": [{"value": 2}]})
    state = api.get(f"incidents/{incident.ref}").json()
    assert (state["stopped"]["by"], state["stopped"]["criterion"]) == (None, made.json()["id"])
    assert [one["is_over"] for one in state["stop_criteria"]] == [True]

    assert api.delete(f"stop-criteria/{made.json()['id']}").status_code == 204
    assert api.delete(f"stop-criteria/{made.json()['id']}").status_code == 404
    assert StopCriterion.objects.standing().count() == 0
