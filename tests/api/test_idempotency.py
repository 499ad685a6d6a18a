"""The same POST sent twice has one effect and one answer."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection

from api.models import KeptAnswer
from incidents.record.models import Incident, Service, TimelineEntry
from people.models import User
from tests.programs import Programs

KEY = {"Idempotency-Key": "4d0c1a5e"}


def notes_of(incident: Incident) -> list[str]:
    entries = TimelineEntry.objects.filter(incident=incident, kind="note").order_by("seq")
    return list(entries.values_list("text", flat=True))


def test_the_same_key_and_body_answers_the_first_result_again(
    program: Programs, responder: User, incident: Incident
) -> None:
    caller = program(responder)
    path = f"incidents/{incident.ref}/notes"

    first = caller.post(path, {"text": "Once.", "kind": "note"}, **KEY)
    again = caller.post(path, b'{ "kind":"note", "text":"Once."}', **KEY)

    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert again.headers["Content-Type"] == first.headers["Content-Type"]
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    assert notes_of(incident) == ["Once."]


def test_the_same_key_with_another_body_is_refused(
    program: Programs, responder: User, incident: Incident
) -> None:
    caller = program(responder)
    path = f"incidents/{incident.ref}/notes"
    caller.post(path, {"text": "Once."}, **KEY)

    other = caller.post(path, {"text": "Twice."}, **KEY)

    assert (other.status_code, other.json()["code"]) == (409, "idempotency_conflict")
    assert notes_of(incident) == ["Once."]


def test_without_a_key_twice_is_twice(
    program: Programs, responder: User, incident: Incident
) -> None:
    caller = program(responder)
    for _ in range(2):
        caller.post(f"incidents/{incident.ref}/notes", {"text": "Line."})

    assert notes_of(incident) == ["Line.", "Line."]


def test_a_refusal_is_not_kept(program: Programs, responder: User, incident: Incident) -> None:
    caller = program(responder)
    path = f"incidents/{incident.ref}/notes"

    refused = caller.post(path, {"text": 5}, **KEY)
    put_right = caller.post(path, {"text": "Five."}, **KEY)

    assert (refused.status_code, put_right.status_code) == (422, 201)
    assert notes_of(incident) == ["Five."]


def test_a_key_belongs_to_one_person_and_one_address(
    program: Programs, responder: User, other_responder: User, incident: Incident
) -> None:
    body = {"text": "Line."}
    path = f"incidents/{incident.ref}/notes"
    program(responder).post(path, body, **KEY)

    someone_else = program(other_responder).post(path, body, **KEY)
    elsewhere = program(responder).post(f"incidents/{incident.ref}/questions", body, **KEY)

    assert (someone_else.status_code, elsewhere.status_code) == (201, 201)
    assert notes_of(incident) == ["Line.", "Line."]


def test_after_a_day_the_key_is_free_again(
    program: Programs, responder: User, incident: Incident, clock: Any
) -> None:
    caller = program(responder)
    path = f"incidents/{incident.ref}/notes"
    caller.post(path, {"text": "Monday."}, **KEY)
    clock.advance(hours=24)

    answer = caller.post(path, {"text": "Tuesday."}, **KEY)

    assert answer.status_code == 201
    assert notes_of(incident) == ["Monday.", "Tuesday."]
    assert KeptAnswer.objects.count() == 1


def test_old_answers_are_forgotten(
    program: Programs, responder: User, incident: Incident, clock: Any
) -> None:
    caller = program(responder)
    path = f"incidents/{incident.ref}/notes"
    for number in range(3):
        caller.post(path, {"text": "Line."}, **{"Idempotency-Key": f"old-{number}"})
    clock.advance(hours=25)

    caller.post(path, {"text": "Line."}, **KEY)

    assert list(KeptAnswer.objects.values_list("key", flat=True)) == [KEY["Idempotency-Key"]]


@pytest.mark.parametrize("key", ["", " ", "x" * 256, "naïve", "tab\there"])
def test_a_key_that_is_none_is_invalid(
    program: Programs, responder: User, incident: Incident, key: str
) -> None:
    answer = program(responder).post(
        f"incidents/{incident.ref}/notes", {"text": "Line."}, **{"Idempotency-Key": key}
    )

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert [fault["field"] for fault in answer.json()["errors"]] == ["Idempotency-Key"]
    assert notes_of(incident) == []


def test_a_kept_answer_is_not_for_a_token_that_may_only_read(
    program: Programs, responder: User, incident: Incident
) -> None:
    path, body = f"incidents/{incident.ref}/notes", {"text": "Line."}
    program(responder).post(path, body, **KEY)

    answer = program(responder, "read").post(path, body, **KEY)

    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


def test_a_key_means_nothing_on_a_get(program: Programs, responder: User) -> None:
    caller = program(responder)

    assert caller.get("me", **KEY).json() == caller.get("me").json()
    assert KeptAnswer.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_the_same_event_in_parallel_has_one_effect(
    program: Programs, responder: User, incident: Incident
) -> None:
    caller = program(responder)
    path = f"incidents/{incident.ref}/notes"

    def send(_: int) -> tuple[int, str]:
        try:
            answer = caller.post(path, {"text": "Once."}, **KEY)
            return answer.status_code, answer.content.decode()
        finally:
            connection.close()

    with ThreadPoolExecutor(10) as threads:
        answers = set(threads.map(send, range(50)))

    assert len(answers) == 1
    assert answers.pop()[0] == 201
    assert notes_of(incident) == ["Once."]


@pytest.mark.parametrize("where", ["before the record is written", "after everything is written"])
def test_an_error_leaves_neither_half_an_effect_nor_a_kept_answer(
    where: str,
    program: Programs,
    responder: User,
    incident: Incident,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The key's lock, the effect and the answer are one: a 5xx can be sent again."""
    caller = program(responder)
    path = f"incidents/{incident.ref}/notes"
    before = (incident.version, incident.roles.count())

    def breaks(*_: Any, **__: Any) -> None:
        raise RuntimeError("broken on purpose")

    with monkeypatch.context() as patch:
        if where.startswith("before"):
            patch.setattr("incidents.record.hooks.entry_recorded.send", breaks)
        else:
            patch.setattr("incidents.lifecycle.timeline_api.entry_answer", breaks)
        with pytest.raises(RuntimeError, match="on purpose"):
            caller.post(path, {"text": "Once."}, **KEY)
    incident.refresh_from_db()
    assert (incident.version, incident.roles.count()) == before
    assert (notes_of(incident), KeptAnswer.objects.count()) == ([], 0)
    again = caller.post(path, {"text": "Once."}, **KEY)
    assert (again.status_code, "Idempotent-Replayed" in again.headers) == (201, False)
    assert notes_of(incident) == ["Once."]


@pytest.mark.parametrize(
    ("path", "body", "secret"),
    [
        ("channels", {"kind": "webhook", "url": "https://1.1.1.1/", "name": "Ops"}, "secret"),
        ("services/shop/hook-keys", {"name": "Prometheus"}, "key"),
        ("subscriptions", {"to": "everything", "channel": "feed"}, "url"),
    ],
)
def test_an_answer_with_a_secret_is_kept_unreadable(
    program: Programs, admin: User, path: str, body: dict[str, str], secret: str
) -> None:
    Service.objects.create(name="Shop", slug="shop")
    caller = program(admin)
    first, again = (caller.post(path, body, **KEY) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json()[secret] == again.json()[secret]
    assert first.json()[secret] not in KeptAnswer.objects.get().content
    assert first.headers["Cache-Control"] == again.headers["Cache-Control"] == "no-store"
