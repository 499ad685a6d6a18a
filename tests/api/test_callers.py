"""Who may call the API: tokens with scopes, sessions with CSRF, and nobody else."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from clock.queries import now
from incidents.record.models import Incident
from people.actions import issue_token
from people.models import ApiToken, User
from tests.programs import Program, Programs

UNAUTHENTICATED = {
    "type": "/api/v1/docs/errors#unauthenticated",
    "title": "Not signed in",
    "status": 401,
    "detail": "This token is unknown, expired or revoked.",
    "code": "unauthenticated",
}


def test_a_token_speaks_for_its_person(program: Programs, responder: User) -> None:
    answer = program(responder).get("me")

    assert answer.status_code == 200
    said = answer.json()
    addresses = [said.pop(name) for name in ("calendar_url", "feed_url")]
    assert all("?key=" in one for one in addresses)
    assert said == {
        "email": responder.email,
        "name": responder.name,
        "role": "responder",
        "time_zone": "UTC",
        "theme": "auto",
    }


def test_nobody_is_asked_to_sign_in(db: None) -> None:
    answer = Program("").get("me")

    assert answer.status_code == 401
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert answer.json() == {
        **UNAUTHENTICATED,
        "detail": "Send `Authorization: Bearer` with a valid token, or sign in.",
    }


@pytest.mark.parametrize("header", ["Bearer wrong", "Bearer", "Basic eA==", "es_naked", "Bearer é"])
def test_a_wrong_token_opens_nothing(db: None, header: str) -> None:
    answer = Program("").get("me", Authorization=header)

    assert (answer.status_code, answer.json()) == (401, UNAUTHENTICATED)


def test_a_wrong_token_is_not_helped_by_a_session(responder: User) -> None:
    client = Client()
    client.force_login(responder)

    answer = client.get("/api/v1/me", headers={"Authorization": "Bearer wrong"})

    assert (answer.status_code, answer.json()) == (401, UNAUTHENTICATED)


def test_an_expired_token_opens_nothing(program: Programs, responder: User, clock: Any) -> None:
    _, secret = issue_token(responder, name="short", expires_days=1)
    assert Program(secret).get("me").status_code == 200

    clock.advance(days=1)

    answer = Program(secret).get("me")
    assert (answer.status_code, answer.json()) == (401, UNAUTHENTICATED)


def test_a_revoked_token_opens_nothing(program: Programs, responder: User) -> None:
    caller = program(responder)
    ApiToken.objects.update(revoked_at=now())

    answer = caller.get("me")

    assert (answer.status_code, answer.json()) == (401, UNAUTHENTICATED)


def test_the_token_of_somebody_who_left_opens_nothing(program: Programs, responder: User) -> None:
    caller = program(responder)
    User.objects.filter(pk=responder.pk).update(is_active=False)

    answer = caller.get("me")

    assert (answer.status_code, answer.json()) == (401, UNAUTHENTICATED)


@pytest.mark.parametrize(
    ("scope", "method", "path", "status"),
    [
        ("read", "GET", "me", 200),
        ("write", "GET", "me", 403),
        ("ingest", "GET", "me", 403),
        ("read", "POST", "incidents/{ref}/notes", 403),
        ("write", "POST", "incidents/{ref}/notes", 201),
        ("ingest", "POST", "incidents/{ref}/notes", 403),
    ],
)
def test_a_token_does_what_its_scope_says(
    program: Programs,
    responder: User,
    incident: Incident,
    scope: str,
    method: str,
    path: str,
    status: int,
) -> None:
    body = {"text": "A line."} if method == "POST" else None

    answer = program(responder, scope).call(method, path.format(ref=incident.ref), body)

    assert answer.status_code == status
    if status == 403:
        needed = "read" if method == "GET" else "write"
        assert answer.json()["code"] == "forbidden"
        assert answer.json()["detail"] == f"This token lacks the scope {needed}."


def test_the_last_use_is_noted_once_a_minute(
    program: Programs, responder: User, clock: Any, django_assert_num_queries: Any
) -> None:
    caller = program(responder)
    caller.get("me")
    first = ApiToken.objects.get().last_used_at
    assert first is not None

    with django_assert_num_queries(1):
        caller.get("me")
    assert ApiToken.objects.get().last_used_at == first

    clock.advance(minutes=1)
    caller.get("me")
    second = ApiToken.objects.get().last_used_at
    assert second is not None
    assert second - first >= timedelta(minutes=1)


def test_a_session_works_with_its_csrf_token(responder: User, incident: Incident) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(responder)
    path = f"/api/v1/incidents/{incident.ref}/notes"
    body = {"text": "From the browser."}
    assert client.get("/api/v1/me").json()["email"] == responder.email

    refused = client.post(path, body, content_type="application/json")
    assert refused.status_code == 403
    assert refused.json() == {
        "type": "/api/v1/docs/errors#forbidden",
        "title": "That is not yours to do",
        "status": 403,
        "detail": "With a session, send the CSRF token in the X-CSRFToken header.",
        "code": "forbidden",
    }

    client.get("/accounts/login/")
    client.cookies["csrf"] = "a" * 32
    taken = client.post(
        path, body, content_type="application/json", headers={"X-CSRFToken": "a" * 32}
    )
    assert (taken.status_code, taken.json()["text"]) == (201, "From the browser.")


def test_a_session_of_nobody_reads_401_before_csrf(incident: Incident) -> None:
    client = Client(enforce_csrf_checks=True)

    answer = client.post(
        f"/api/v1/incidents/{incident.ref}/notes", {}, content_type="application/json"
    )

    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")


def test_people_are_found_whatever_the_case_of_their_address(
    program: Programs, commander: User, responder: User, incident: Incident
) -> None:
    answer = program(commander).post(
        f"incidents/{incident.ref}/roles",
        {"role": "scribe", "person": responder.email.upper()},
    )

    assert (answer.status_code, answer.json()["person"]) == (201, responder.email)
