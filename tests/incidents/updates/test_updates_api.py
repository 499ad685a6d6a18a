"""Updates, questions and the executive page over the API."""

from typing import Any

import pytest

from incidents.record.models import Incident
from incidents.updates.models import Question, Update
from people.models import User
from tests.incidents.conftest import an_update, codes
from tests.programs import Program, Programs


def test_p42_an_update_promises_the_next(api: Program, incident: Incident) -> None:
    body = an_update(next_moves=["Add the index", "Warm the cache"], risks="More load at nine.")

    answer = api.post(f"incidents/{incident.ref}/updates", body)

    update = answer.json()
    assert answer.status_code == 201
    written = ("status_text", "hypothesis", "current_action", "executive_summary", "risks")
    assert {name: update[name] for name in written} == {name: body[name] for name in written}
    assert (update["number"], update["next_moves"]) == (1, body["next_moves"])
    assert (update["next_update_at"], update["by"]) == (body["next_update_at"], "maya@example.com")
    assert update["facts"]["severity"] == "sev1"
    state = api.get(f"incidents/{incident.ref}").json()
    assert state["next_update_at"] == body["next_update_at"]
    assert state["statement"] == body["statement"]
    assert api.get(f"incidents/{incident.ref}/updates").json()["items"] == [update]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"statement": None}, "statement_required"),
        ({"status_text": " "}, "status_required"),
        ({"hypothesis": None}, "status_required"),
        ({"current_action": ""}, "status_required"),
        ({"executive_summary": "x" * 281}, "summary_too_long"),
        ({"next_update_at": None}, "next_update_required"),
        ({"next_update_at": "2020-01-01T00:00:00Z"}, "next_update_required"),
        ({"next_update_at": "2190-01-01T00:00:00Z"}, "next_update_too_late"),
    ],
)
def test_an_update_that_says_too_little_is_refused(
    api: Program, incident: Incident, change: dict[str, Any], code: str
) -> None:
    answer = api.post(f"incidents/{incident.ref}/updates", {**an_update(), **change})

    assert codes(answer) == (409, code)
    assert Update.objects.count() == 0


def test_an_empty_update_hears_the_rule_and_not_the_schema(
    api: Program, incident: Incident
) -> None:
    assert codes(api.post(f"incidents/{incident.ref}/updates", {})) == (409, "status_required")


def test_a_stakeholder_asks_and_is_answered(
    api: Program, program: Programs, incident: Incident, stakeholder: User
) -> None:
    asked = program(stakeholder).post(
        f"incidents/{incident.ref}/questions", {"text": "Since when?"}
    )
    question = asked.json()
    refused = api.post(f"questions/{question['id']}/decline", {})
    answered = api.post(f"questions/{question['id']}/answer", {"text": "Since half past two."})

    assert asked.status_code == 201
    assert question == {
        "id": Question.objects.get().pk,
        "incident": incident.ref,
        "text": "Since when?",
        "by": stakeholder.email,
        "by_person": {"email": stakeholder.email, "name": stakeholder.name},
        "asked_at": question["asked_at"],
        "answer_by": api.get(f"incidents/{incident.ref}").json()["next_update_at"],
        "answer": "",
        "answered_at": None,
        "answered_by": None,
        "declined_at": None,
        "declined_because": "",
    }
    assert codes(refused) == (409, "reason_required")
    assert answered.status_code == 200
    assert (answered.json()["answer"], answered.json()["answered_by"]) == (
        "Since half past two.",
        "maya@example.com",
    )
    assert api.get(f"incidents/{incident.ref}/questions").json()["items"] == [answered.json()]
    page = program(stakeholder).get(f"stakeholders/{incident.ref}").json()
    assert page["questions"] == [answered.json()]


def test_a_question_is_answered_by_an_update(api: Program, incident: Incident) -> None:
    question = api.post(f"incidents/{incident.ref}/questions", {"text": "Since when?"}).json()

    api.post(f"incidents/{incident.ref}/updates", an_update(answers=[question["id"]]))

    assert Question.objects.get().answered_at is not None


def test_the_stakeholder_page_has_the_facts(
    api: Program, program: Programs, incident: Incident, stakeholder: User
) -> None:
    api.post(f"incidents/{incident.ref}/updates", an_update())

    answer = program(stakeholder).get(f"stakeholders/{incident.ref}")

    page = answer.json()
    assert answer.status_code == 200
    assert page["statement"] == "Partners cannot process payments."
    assert (page["commander"], page["fix_owner"]) == ("maya@example.com", None)
    assert page["latest_update"] == page["updates"][0]
    assert page["latest_update"]["executive_summary"] == an_update()["executive_summary"]
    assert page["next_update_at"] == page["latest_update"]["next_update_at"]
    assert (page["update_overdue"], page["questions"], page["done"]) == (False, [], [])


def test_a_drill_is_not_for_stakeholders(
    api: Program, program: Programs, stakeholder: User
) -> None:
    drill = api.post("incidents", {"title": "Rehearsal", "severity": "sev1", "kind": "drill"})

    answer = program(stakeholder).get(f"stakeholders/{drill.json()['ref']}")

    assert codes(answer) == (404, "not_found")
