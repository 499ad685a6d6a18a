"""Who may call what: every operation of the API, walked through for everybody."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from config.api import api
from incidents.lifecycle.declaring import declare_incident
from incidents.record.models import Incident, Service
from people.models import User
from tests.programs import Programs, parts_of

#: What stakeholders may call too.
FOR_EVERYBODY = {
    "GET /me",
    "GET /notifications",
    "GET /subscriptions",
    "POST /subscriptions",
    "DELETE /subscriptions/{subscription_id}",
    "POST /notifications/{notification_id}/read",
    "GET /stakeholders/{ref}",
    "POST /incidents/{ref}/questions",
    "GET /postmortems",
    "GET /incidents/{ref}/postmortem",
    "GET /action-items",
    "GET /action-items/{item_id}",
    "PATCH /action-items/{item_id}",
    "POST /action-items/{item_id}/done",
    "POST /action-items/{item_id}/verify",
    "POST /action-items/{item_id}/move",
    "POST /action-items/{item_id}/decline",
    "POST /action-items/{item_id}/look",
    "GET /ideas",
    "GET /ideas/{idea_id}",
    "POST /language-check",
    "GET /insights",
    "GET /attachments/{attachment_id}",
}
#: A valid body for every operation that takes one and is about an incident.
BODIES: dict[str, Any] = {
    "PATCH /incidents/{ref}": {"blocker": "Waiting for the vendor"},
    "POST /incidents/{ref}/status": {"to": "identified"},
    "POST /incidents/{ref}/triage": {"choice": "identified"},
    "POST /incidents/{ref}/merge": {"into": "INC-1", "reason": "The same."},
    "POST /incidents/{ref}/roles": {"role": "responder"},
    "POST /incidents/{ref}/invitations": {"people": ["maya@example.com"]},
    "POST /incidents/{ref}/share-links": {},
    "POST /incidents/{ref}/attachments": {"file": SimpleUploadedFile("a.txt", b"a")},
    "POST /incidents/{ref}/obligations": {"name": "GDPR", "template": "gdpr"},
    "POST /obligations/{obligation_id}/file": {"reference": "A-7"},
    "POST /obligations/{obligation_id}/decline": {"reason": "No personal data."},
    "POST /incidents/{ref}/asks": {"what": "severity", "reason": "It is worse."},
    "PUT /incidents/{ref}/end-state": {"text": "Calls work."},
    "POST /incidents/{ref}/signals": {"name": "Errors", "comparator": "<=", "target": 1},
    "POST /incidents/{ref}/signals/try-query": {"query": "up"},
    "PATCH /signals/{signal_id}": {"target": 2},
    "POST /signals/{signal_id}/samples": {"samples": [{"value": 1}]},
    "POST /incidents/{ref}/impact": {
        "journey": "Pay",
        "blocked": "Partners",
        "amount": 3,
        "unit": "partners",
    },
    "PATCH /impact/{impact_id}": {"amount": 4},
    "POST /incidents/{ref}/escalations": {"text": "The replica lags."},
    "POST /incidents/{ref}/paused-work": {
        "title": "The re-index",
        "owner": "maya@example.com",
        "why": "It loads the database",
    },
    "POST /paused-work/{work_id}/settle": {"outcome": "resumed"},
    "POST /incidents/{ref}/stop": {"reason": "Errors rise."},
    "POST /incidents/{ref}/resume": {"reason": "It was the probe."},
    "POST /incidents/{ref}/stop-criteria": {"text": "A second region fails."},
    "POST /incidents/{ref}/cards": {"title": "Look"},
    "PATCH /cards/{card_id}": {"title": "Look twice", "version": 1},
    "POST /cards/{card_id}/move": {"to": "parked", "version": 1},
    "POST /cards/{card_id}/extend": {"minutes": 5, "reason": "Nearly."},
    "POST /cards/{card_id}/swap": {"with": 1},
    "POST /cards/{card_id}/rotate": {"owner": "maya@example.com", "note": "Yours."},
    "POST /cards/{card_id}/change": {"expectation": "It falls.", "rollback": "Flag off."},
    "POST /changes/{change_id}/send-back": {"reason": "How do we go back?"},
    "POST /changes/{change_id}/finish": {"outcome": "as_expected"},
    "POST /incidents/{ref}/go": {"reason": "We know why."},
    "POST /incidents/{ref}/second-change": {"reason": "They touch nothing in common."},
    "POST /incidents/{ref}/hypotheses": {"text": "The export."},
    "POST /hypotheses/{hypothesis_id}/take": {},
    "POST /hypotheses/{hypothesis_id}/evidence": {"text": "It ran at 02:31."},
    "PUT /incidents/{ref}/expected-back": {"at": None},
    "POST /incidents/{ref}/updates": {"status_text": "We look."},
    "POST /incidents/{ref}/questions": {"text": "Since when?"},
    "POST /questions/{question_id}/answer": {"text": "Since two."},
    "POST /questions/{question_id}/decline": {"text": "Not known."},
    "POST /incidents/{ref}/drafts": {"status_text": "Reads are back."},
    "POST /incidents/{ref}/notes": {"text": "A line."},
    "POST /incidents/{ref}/withdraw": {"seq": 1, "reason": "A password."},
    "PATCH /incidents/{ref}/postmortem": {"summary": "What happened."},
    "POST /incidents/{ref}/postmortem/facts": {"agree": True},
    "POST /incidents/{ref}/postmortem/whys": {"question": "Why?", "answer": "The query."},
    "POST /incidents/{ref}/postmortem/actions": {"title": "Limit queries"},
    "POST /incidents/{ref}/postmortem/ideas": {"text": "A copy of the largest account"},
    "PATCH /ideas/{idea_id}": {"text": "A copy of each account"},
    "POST /ideas/{idea_id}/drop": {"reason": "It costs too much."},
    "POST /incidents/{ref}/postmortem/marks": {"mark": "alert:x", "because": "It is tuned."},
    "POST /incidents/{ref}/postmortem/thanks": {"person": "maya@example.com", "text": "Calm."},
    "POST /incidents/{ref}/postmortem/publish": {},
    "POST /incidents/{ref}/postmortem/look-again": {"note": "It stands."},
    "POST /incidents/{ref}/thanks": {"person": "maya@example.com", "text": "Calm."},
    "PATCH /action-items/{item_id}": {"priority": "p0"},
    "POST /action-items/{item_id}/look": {"word": "Half."},
    "POST /action-items/{item_id}/verify": {"implemented": True},
    "POST /action-items/{item_id}/move": {"due_at": "2030-01-01T00:00:00Z", "reason": "Late."},
    "POST /action-items/{item_id}/decline": {"reason": "Not needed."},
    "POST /language-check": {"text": "Somebody forgot."},
    "POST /channels": {"kind": "slack", "url": "https://chat.example/hook", "name": "Ops"},
    "POST /subscriptions": {"to": "everything", "channel": "feed"},
    "POST /services/{name}/hook-keys": {"name": "Monitoring"},
    "PATCH /services/{name}/hook-keys/{key_id}": {"name": "Monitoring"},
    "PUT /services/{name}": {"description": "What partners call."},
    "POST /deployments": {"service": "partner-api", "version": "v118"},
}
WITHOUT_BODY = {
    "GET /incidents/{ref}/alerts",
    "GET /incidents/{ref}/attachments",
    "GET /attachments/{attachment_id}",
    "POST /alerts/{alert_id}/noise",
    "DELETE /alerts/{alert_id}/noise",
    "GET /incidents/{ref}",
    "GET /incidents/{ref}/promises",
    "GET /incidents/{ref}/share-links",
    "DELETE /share-links/{link_id}",
    "GET /incidents/{ref}/recent-changes",
    "DELETE /drafts/{draft_id}",
    "POST /incidents/{ref}/notes/{seq}/confirm",
    "POST /incidents/{ref}/notes/{seq}/reject",
    "POST /notes/{seq}/confirm",
    "POST /notes/{seq}/reject",
    "POST /incidents/{ref}/recent-changes/{deployment_id}/suspect",
    "GET /incidents/{ref}/updates",
    "GET /incidents/{ref}/questions",
    "GET /incidents/{ref}/timeline",
    "GET /stakeholders/{ref}",
    "DELETE /incidents/{ref}/roles/{role_id}",
    "POST /incidents/{ref}/command/ask",
    "POST /invitations/{invitation_id}/accept",
    "POST /invitations/{invitation_id}/decline",
    "DELETE /invitations/{invitation_id}",
    "POST /roles/{role_id}/accept",
    "POST /roles/{role_id}/decline",
    "POST /incidents/{ref}/command/accept",
    "POST /incidents/{ref}/end-state/agree",
    "DELETE /signals/{signal_id}",
    "DELETE /impact/{impact_id}",
    "DELETE /stop-criteria/{criterion_id}",
    "POST /escalations/{escalation_id}/acknowledge",
    "GET /changes/{change_id}",
    "POST /changes/{change_id}/ask",
    "POST /changes/{change_id}/withdraw",
    "POST /changes/{change_id}/approve",
    "POST /changes/{change_id}/start",
    "POST /changes/{change_id}/roll-back",
    "GET /incidents/{ref}/postmortem",
    "POST /incidents/{ref}/postmortem",
    "GET /action-items/{item_id}",
    "POST /action-items/{item_id}/done",
    "GET /ideas/{idea_id}",
    "POST /ideas/{idea_id}/take-up",
    "DELETE /ideas/{idea_id}",
}


#: Addresses whose blank names no part of an incident.
APART = ("/services/", "/channels/", "/subscriptions/")


def operations() -> list[str]:
    """Every operation as ``METHOD /path`` relative to the API's root, hooks apart.

    Those are opened by a key in their address and by nothing else.
    """
    paths = api.get_openapi_schema(path_prefix="")["paths"]
    return sorted(
        f"{method.upper()} {path}"
        for path, methods in paths.items()
        for method in methods
        if not path.startswith("/hooks/")
    )


ABOUT_INCIDENTS = [
    name
    for name in operations()
    if "{" in name and "notification" not in name and not name.partition(" ")[2].startswith(APART)
]


@pytest.fixture
def hidden(commander: User) -> dict[str, Any]:
    """The names in the addresses of a private incident's parts."""
    return parts_of(declare_incident(by=commander, title="Canary", severity="sev1", private=True))


def send(caller: Any, operation: str, names: dict[str, Any]) -> Any:
    method, path = operation.split(" ", 1)
    return caller.call(method, path.lstrip("/").format(**names), BODIES.get(operation))


def outcome(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"] if answer.status_code >= 400 else ""


def test_nobody_calls_anything(program: Programs, hidden: dict[str, Any]) -> None:
    caller = program(None)

    answers = {one: outcome(send(caller, one, hidden)) for one in operations()}

    assert answers == dict.fromkeys(operations(), (401, "unauthenticated"))


def test_stakeholders_are_kept_out_of_the_war_room(
    program: Programs, hidden: dict[str, Any], stakeholder: User
) -> None:
    caller = program(stakeholder)

    answers = {one: outcome(send(caller, one, hidden)) for one in operations()}

    assert answers == {
        one: (403, "forbidden")
        if one not in FOR_EVERYBODY
        else (404, "not_found")
        if "{" in one
        else (201 if one == "POST /subscriptions" else 200, "")
        for one in operations()
    }


def test_every_operation_about_an_incident_is_walked() -> None:
    walked = set(BODIES) | WITHOUT_BODY

    assert set(ABOUT_INCIDENTS) == walked - {
        "POST /language-check",
        "POST /channels",
        "POST /subscriptions",
        "POST /deployments",
        "PUT /services/{name}",
        "POST /services/{name}/hook-keys",
        "PATCH /services/{name}/hook-keys/{key_id}",
    }


def test_what_is_private_is_not_there_for_outsiders(
    program: Programs, hidden: dict[str, Any], outsider: User
) -> None:
    caller = program(outsider)
    unknown = {
        name: 999_999_999 if name.endswith(("_id", "seq")) else "INC-999999" for name in hidden
    }

    for operation in ABOUT_INCIDENTS:
        answer, nothing = send(caller, operation, hidden), send(caller, operation, unknown)
        assert (operation, *outcome(answer)) == (operation, 404, "not_found")
        assert answer.json() == nothing.json()
        assert b"Canary" not in answer.content


def test_a_private_incident_is_in_no_list_of_outsiders(
    program: Programs, hidden: dict[str, Any], outsider: User, commander: User
) -> None:
    path = "incidents?q=canary"

    assert program(outsider).get(path).json() == {"items": [], "next": None}
    assert [row["ref"] for row in program(commander).get(path).json()["items"]] == [hidden["ref"]]


def test_the_ingest_scope_sends_samples_and_deployments_and_nothing_else(
    program: Programs, hidden: dict[str, Any], commander: User
) -> None:
    Service.objects.create(name="Partner API", slug="partner-api")
    caller = program(commander, "ingest")

    sent = send(caller, "POST /signals/{signal_id}/samples", hidden)

    assert (sent.status_code, sent.json()) == (202, {"accepted": 1, "rejected": 0})
    assert send(caller, "POST /deployments", hidden).status_code == 201
    for operation in operations():
        if operation in ("POST /signals/{signal_id}/samples", "POST /deployments"):
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
