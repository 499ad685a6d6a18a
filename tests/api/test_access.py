"""Who may call what: every operation of the API, walked through for everybody."""

from typing import Any

import pytest

from config.api import api
from incidents.actions.board import add_card
from incidents.actions.declare import declare_incident
from incidents.actions.impact import add_impact
from incidents.actions.questions import ask_question
from incidents.actions.signals import add_signal
from incidents.models import Incident
from people.models import User
from tests.api.conftest import Programs

#: What stakeholders may call too.
FOR_EVERYBODY = {
    "GET /me",
    "GET /notifications",
    "POST /notifications/{notification_id}/read",
    "GET /stakeholders/{ref}",
    "POST /incidents/{ref}/questions",
}
#: A valid body for every operation that takes one and is about an incident.
BODIES: dict[str, Any] = {
    "PATCH /incidents/{ref}": {"blocker": "Waiting for the vendor"},
    "POST /incidents/{ref}/status": {"to": "identified"},
    "POST /incidents/{ref}/merge": {"into": "INC-1", "reason": "The same."},
    "POST /incidents/{ref}/roles": {"role": "responder"},
    "PUT /incidents/{ref}/end-state": {"text": "Calls work."},
    "POST /incidents/{ref}/signals": {"name": "Errors", "comparator": "<=", "target": 1},
    "PATCH /signals/{signal_id}": {"target": 2},
    "POST /signals/{signal_id}/samples": {"samples": [{"value": 1}]},
    "POST /incidents/{ref}/impact": {
        "journey": "Pay",
        "blocked": "Partners",
        "amount": 3,
        "unit": "partners",
    },
    "PATCH /impact/{impact_id}": {"amount": 4},
    "POST /incidents/{ref}/cards": {"title": "Look"},
    "PATCH /cards/{card_id}": {"title": "Look twice", "version": 1},
    "POST /cards/{card_id}/move": {"to": "parked", "version": 1},
    "POST /cards/{card_id}/extend": {"minutes": 5, "reason": "Nearly."},
    "POST /cards/{card_id}/swap": {"with": 1},
    "POST /incidents/{ref}/updates": {"status_text": "We look."},
    "POST /incidents/{ref}/questions": {"text": "Since when?"},
    "POST /questions/{question_id}/answer": {"text": "Since two."},
    "POST /questions/{question_id}/decline": {"text": "Not known."},
    "POST /incidents/{ref}/notes": {"text": "A line."},
}
WITHOUT_BODY = {
    "GET /incidents/{ref}",
    "GET /incidents/{ref}/updates",
    "GET /incidents/{ref}/questions",
    "GET /incidents/{ref}/timeline",
    "GET /stakeholders/{ref}",
    "DELETE /incidents/{ref}/roles/{role_id}",
    "POST /incidents/{ref}/command/ask",
    "POST /incidents/{ref}/command/accept",
    "POST /incidents/{ref}/end-state/agree",
    "DELETE /signals/{signal_id}",
    "DELETE /impact/{impact_id}",
}


def operations() -> list[str]:
    """Every operation as ``METHOD /path`` relative to the API's root."""
    paths = api.get_openapi_schema(path_prefix="")["paths"]
    return sorted(
        f"{method.upper()} {path}" for path, methods in paths.items() for method in methods
    )


ABOUT_INCIDENTS = [name for name in operations() if "{" in name and "notification" not in name]


@pytest.fixture
def hidden(commander: User, responder: User) -> dict[str, Any]:
    """The names in the addresses of a private incident's parts."""
    incident = declare_incident(
        by=commander, title="Canary", severity="sev1", private=True, kind="incident"
    )
    impact = add_impact(
        incident, by=commander, journey="Pay", blocked="All", amount=1, unit="people"
    )
    signal = add_signal(incident, by=commander, name="Errors", comparator="<=", target=1)
    question = ask_question(incident, by=commander, text="Since when?")
    card = add_card(incident, by=commander, title="Look")
    role = incident.roles.get(role="commander")
    return {
        "ref": incident.ref,
        "card_id": card.pk,
        "signal_id": signal.pk,
        "impact_id": impact.pk,
        "question_id": question.pk,
        "role_id": role.pk,
        "notification_id": "00000000-0000-0000-0000-000000000000",
        "item_id": 1,
    }


def send(caller: Any, operation: str, names: dict[str, Any]) -> Any:
    method, path = operation.split(" ", 1)
    return caller.call(method, path.lstrip("/").format(**names), BODIES.get(operation))


@pytest.mark.parametrize("operation", operations())
def test_nobody_calls_anything(operation: str, program: Programs, hidden: dict[str, Any]) -> None:
    answer = send(program(None), operation, hidden)

    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")


@pytest.mark.parametrize("operation", operations())
def test_stakeholders_are_kept_out_of_the_war_room(
    operation: str, program: Programs, hidden: dict[str, Any], stakeholder: User
) -> None:
    answer = send(program(stakeholder), operation, hidden)

    if operation in FOR_EVERYBODY:
        assert answer.status_code in (200, 404)
    else:
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


def test_every_operation_about_an_incident_is_walked() -> None:
    assert set(ABOUT_INCIDENTS) == set(BODIES) | WITHOUT_BODY


@pytest.mark.parametrize("operation", ABOUT_INCIDENTS)
def test_what_is_private_is_not_there_for_outsiders(
    operation: str, program: Programs, hidden: dict[str, Any], outsider: User
) -> None:
    caller = program(outsider)
    unknown = {**hidden, "ref": "INC-999999"} | {
        name: 999_999_999 for name in hidden if name.endswith("_id")
    }

    answer, nothing = send(caller, operation, hidden), send(caller, operation, unknown)

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert answer.json() == nothing.json()
    assert b"Canary" not in answer.content


def test_a_private_incident_is_in_no_list_of_outsiders(
    program: Programs, hidden: dict[str, Any], outsider: User, commander: User
) -> None:
    path = "incidents?q=canary"

    assert program(outsider).get(path).json() == {"items": [], "next": None}
    assert [row["ref"] for row in program(commander).get(path).json()["items"]] == [hidden["ref"]]


def test_the_ingest_scope_sends_samples_and_nothing_else(
    program: Programs, hidden: dict[str, Any], commander: User
) -> None:
    caller = program(commander, "ingest")

    sent = send(caller, "POST /signals/{signal_id}/samples", hidden)

    assert (sent.status_code, sent.json()) == (202, {"accepted": 1, "rejected": 0})
    for operation in operations():
        if operation == "POST /signals/{signal_id}/samples":
            continue
        answer = send(caller, operation, hidden)
        assert (operation, answer.status_code) == (operation, 403)


def test_an_incident_that_became_private_is_gone_for_the_others(
    program: Programs, incident: Incident, outsider: User
) -> None:
    caller = program(outsider)
    assert caller.get(f"incidents/{incident.ref}").status_code == 200

    Incident.objects.filter(pk=incident.pk).update(private=True)

    assert caller.get(f"incidents/{incident.ref}").status_code == 404
