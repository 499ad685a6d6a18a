"""Everything that is refused is a problem document, and nothing that is sent makes a 5xx."""

from typing import Any

import pytest
from django.db import OperationalError, connection

from api.problems import GENERAL
from incidents.record.models import Incident
from people.models import User
from refusals.codes import CODES
from tests.programs import Program, Programs


def problem(code: str, detail: str, **facts: Any) -> dict[str, Any]:
    status, title, _ = GENERAL.get(code) or (409, CODES[code].title, "")
    return {
        **facts,
        "type": f"/api/v1/docs/errors#{code}",
        "title": title,
        "status": status,
        "detail": detail,
        "code": code,
    }


def assert_problem(answer: Any, expected: dict[str, Any]) -> None:
    assert answer.json() == expected
    assert answer.status_code == expected["status"]
    assert answer.headers["Content-Type"] == "application/problem+json"


@pytest.fixture
def notes(program: Programs, responder: User, incident: Incident) -> Any:
    """Posts a body to the incident's notes."""
    caller = program(responder)
    return lambda body, **headers: caller.post(f"incidents/{incident.ref}/notes", body, **headers)


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"text=hello",
        b"\xff\xfe{\x00}\x00",
        b'{"text": "\xc3\x28"}',
        b'{"text": "a"} {"text": "b"}',
        b"[" * 100_000,
        b'{"text": ' + b"9" * 5000 + b"}",
    ],
    ids=["cut", "form", "utf-16", "not-utf-8", "two", "deep", "long-number"],
)
def test_what_is_not_json_is_malformed(notes: Any, body: bytes) -> None:
    expected = problem("malformed", "The body is not one JSON document in UTF-8.")

    assert_problem(notes(body), expected)


@pytest.mark.parametrize(
    "body",
    [
        b'{"text": "a\\u0000b"}',
        b'{"text": "a\\ud800b"}',
        b'{"text": "a\\uDFFFb"}',
        b'{"text": "a", "x": {"\\ud83d": 1}}',
        b'{"text": "a", "x": [["\\u0000"]]}',
    ],
    ids=["nul", "high", "low", "in-a-name", "deep-inside"],
)
def test_text_that_cannot_be_kept_is_invalid(notes: Any, body: bytes) -> None:
    sentence = "A text holds a NUL character or half of a surrogate pair."
    faults = [{"field": "body", "message": sentence}]

    assert_problem(notes(body), problem("invalid", f"body: {sentence}", errors=faults))


def test_whole_surrogate_pairs_and_escaped_backslashes_are_text(notes: Any) -> None:
    answer = notes(b'{"text": "\\ud83d\\ude80 \\\\u0000 \\\\ud800"}')

    assert (answer.status_code, answer.json()["text"]) == (201, "🚀 \\u0000 \\ud800")


@pytest.mark.parametrize(
    ("body", "field", "message"),
    [
        (None, "body", "This field is required."),
        ({}, "text", "This field is required."),
        ({"text": None}, "text", "Input should be a valid string."),
        ({"text": 5}, "text", "Input should be a valid string."),
        ({"text": "x" * 2001}, "text", "String should have at most 2000 characters."),
        ({"text": "a", "kind": "shout"}, "kind", "Input should be 'note' or 'decision'."),
        (
            {"text": "a", "at": "2026-03-13T03:15:00"},
            "at",
            "Write an RFC 3339 time with its zone, such as 2026-03-13T03:15:00Z.",
        ),
        (
            {"text": "a", "at": 1},
            "at",
            "Write an RFC 3339 time with its zone, such as 2026-03-13T03:15:00Z.",
        ),
        ({"text": "a", "at": "2026-02-30T03:15:00Z"}, "at", "There is no such time."),
        ({"text": "a", "at": "0001-01-01T00:00:00+14:00"}, "at", "There is no such time."),
        (
            {"text": "a", "at": "1969-12-31T23:59:59Z"},
            "at",
            "Times lie between the years 1970 and 2199.",
        ),
    ],
)
def test_a_field_that_does_not_fit_is_named(
    notes: Any, body: Any, field: str, message: str
) -> None:
    faults = [{"field": field, "message": message}]

    assert_problem(notes(body), problem("invalid", f"{field}: {message}", errors=faults))


def test_a_body_that_is_no_object_is_invalid(notes: Any) -> None:
    bodies: list[Any] = [[], "text", 5, True]
    for body in bodies:
        answer = notes(body)
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
        assert [fault["field"] for fault in answer.json()["errors"]] == ["body"]


def test_a_body_over_one_megabyte_is_too_large(notes: Any) -> None:
    expected = problem("too_large", "A body holds at most 1 MiB, a file 10 MB. Send less at once.")
    body = b'{"text": "' + b"x" * 1_048_576 + b'"}'

    assert_problem(notes(body), expected)
    assert_problem(notes(body, **{"Idempotency-Key": "k"}), expected)


def test_an_unknown_address_is_not_found(db: None) -> None:
    expected = problem("not_found", "The API has no address /api/v1/nope/.")

    assert_problem(Program("").get("nope/"), expected)


def test_another_method_is_not_allowed(program: Programs, responder: User) -> None:
    answer = program(responder).delete("me")

    assert_problem(answer, problem("method_not_allowed", "This address takes GET."))
    assert answer.headers["Allow"] == "GET"


def test_a_nul_in_an_address_is_not_found(program: Programs, responder: User) -> None:
    answer = program(responder).get("incidents/INC-1%00")

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_a_nul_in_a_query_is_invalid(program: Programs, responder: User) -> None:
    answer = program(responder).get("incidents?q=%00")

    assert (answer.status_code, answer.json()["errors"]) == (
        422,
        [{"field": "query", "message": "It holds a NUL character."}],
    )


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("limit=x", "limit"),
        ("cursor=x", "cursor"),
        ("cursor=WzFd", "cursor"),
        ("cursor=W10", "cursor"),
        ("cursor=" + "A" * 401, "cursor"),
        ("status=sleeping", "status"),
        ("severity=sev9", "severity"),
        ("kind=party", "kind"),
        ("open=perhaps", "open"),
        ("q=" + "x" * 201, "q"),
    ],
)
def test_a_bad_query_is_named(program: Programs, responder: User, query: str, field: str) -> None:
    answer = program(responder).get(f"incidents?{query}")

    assert answer.status_code == 422
    assert answer.json()["code"] == "invalid"
    assert [fault["field"] for fault in answer.json()["errors"]] == [field]


@pytest.mark.parametrize("number", ["0", "99999999999999999999999", "-1", "1.5", "x", "%20", "٣"])
def test_ids_that_cannot_be_are_not_found(program: Programs, responder: User, number: str) -> None:
    caller = program(responder)

    for answer in (
        caller.post(f"cards/{number}/move", {"to": "now", "version": 1}),
        caller.get(f"incidents/INC-{number}"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_a_database_that_is_away_is_unavailable(program: Programs, responder: User) -> None:
    caller = program(responder)

    def away(*call: Any) -> None:
        raise OperationalError("the connection is closed")

    with connection.execute_wrapper(away):
        answer = caller.get("me")

    assert answer.status_code == 503
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["Retry-After"] == "3"
    assert answer.json()["code"] == "unavailable"
