"""The API's endpoints about updates: everything that was said, and what an update may carry."""

from datetime import timedelta
from typing import Any

import pytest

from clock.queries import now
from incidents.lifecycle.notes import add_note
from incidents.record.models import Incident
from incidents.updates.questions import ask_question
from people.models import User
from tests.conftest import Clock
from tests.programs import Program, Programs

pytestmark = pytest.mark.django_db


@pytest.fixture
def api(program: Programs, commander: User) -> Program:
    """The commander's program."""
    return program(commander)


def an_update(**more: Any) -> dict[str, Any]:
    """A whole update."""
    at = (now() + timedelta(minutes=10)).isoformat().replace("+00:00", "Z")
    return {
        "statement": "Calls fail.",
        "status_text": "Errors at 74 %.",
        "hypothesis": "A query.",
        "current_action": "Reading the logs.",
        "executive_summary": "Most calls fail.",
        "next_update_at": at,
        **more,
    }


def test_p43_the_answer_carries_facts_moves_end_state_and_what_the_note_embeds(
    api: Program, incident: Incident, commander: User
) -> None:
    api.put(f"incidents/{incident.ref}/end-state", {"text": "Calls succeed."})
    add_note(incident, by=commander, text="No rollback.", kind="decision")
    answer = api.post(f"incidents/{incident.ref}/updates", an_update(technical_note="See *logs*."))
    update = answer.json()
    assert answer.status_code == 201
    assert (update["end_state"], update["fewer_than_two_moves"]) == (
        "Calls succeed.",
        "Fewer than two moves are planned.",
    )
    assert update["technical"] == (
        "See *logs*.\n\n### Decisions since the last update\n\n- No rollback."
    )
    assert update["facts"]["decisions"] == ["No rollback."]
    page = api.get(f"stakeholders/{incident.ref}").json()
    listed = api.get(f"incidents/{incident.ref}/updates").json()["items"]
    assert page["latest_update"] == listed[0] == update


def test_p47_answers_are_an_id_or_a_line(
    api: Program, incident: Incident, stakeholder: User
) -> None:
    lost = ask_question(incident, by=stakeholder, text="Is data lost?")
    when = ask_question(incident, by=stakeholder, text="Since when?")
    answers = [{"question": lost.pk, "text": "No, none."}, when.pk]
    update = api.post(f"incidents/{incident.ref}/updates", an_update(answers=answers)).json()
    assert [(one["question"], one["text"], one["answer"]) for one in update["answers"]] == [
        (lost.pk, "Is data lost?", "No, none."),
        (when.pk, "Since when?", "Most calls fail."),
    ]
    asked = api.get(f"stakeholders/{incident.ref}").json()["questions"]
    assert [(one["text"], one["answer"]) for one in asked] == [
        ("Since when?", "Most calls fail."),
        ("Is data lost?", "No, none."),
    ]


def test_p41_for_update_refuses_what_was_written_before(api: Program, incident: Incident) -> None:
    path = f"incidents/{incident.ref}/updates"
    assert api.post(path, an_update(for_update=1)).status_code == 201
    refused = api.post(path, an_update(for_update=1, status_text="Errors at 12 %."))
    assert (refused.status_code, refused.json()["code"]) == (409, "stale")
    assert (refused.json()["current"]["number"], refused.json()["current"]["status_text"]) == (
        1,
        "Errors at 74 %.",
    )


def test_p41_occurred_at_records_afterwards(api: Program, incident: Incident, clock: Clock) -> None:
    clock.advance(minutes=10)
    at = (now() - timedelta(minutes=5)).isoformat().replace("+00:00", "Z")
    body = an_update(occurred_at=at, next_update_at=None)
    update = api.post(f"incidents/{incident.ref}/updates", body).json()
    assert (update["afterwards"], update["published_at"], update["next_update_at"]) == (
        True,
        at,
        None,
    )


def test_p40_the_cadence_takes_set_times_quiet_hours_and_a_watch(
    api: Program, incident: Incident, responder: User
) -> None:
    path = f"incidents/{incident.ref}"
    daily = {
        "daily_at": ["09:00", "17:00"],
        "time_zone": "Europe/Berlin",
        "quiet": ["20:00", "08:00"],
        "watching": responder.email,
    }
    refused = api.patch(path, {"cadence": daily})
    taken = api.patch(path, {"cadence": {**daily, "reason": "The vendor works."}})
    assert (refused.status_code, refused.json()["code"]) == (409, "reason_required")
    assert (taken.status_code, taken.json()["cadence"]) == (200, daily)
    unknown = api.patch(path, {"cadence": {**daily, "watching": "nobody@example.com"}})
    assert (unknown.status_code, unknown.json()["errors"][0]["field"]) == (422, "cadence.watching")


def test_p02_the_all_clear_may_carry_the_statement(api: Program, incident: Incident) -> None:
    path = f"incidents/{incident.ref}/status"
    clear = {"executive_summary": "It works."}
    body = {"to": "resolved", "all_clear": clear, "override": {"reason": "No metric."}}
    refused = api.post(path, body)
    taken = api.post(path, {**body, "all_clear": {**clear, "statement": "Calls failed."}})
    assert (refused.status_code, refused.json()["code"]) == (409, "statement_required")
    assert (taken.status_code, taken.json()["statement"]) == (200, "Calls failed.")


def test_p04_money_has_a_currency_and_a_cut_off_a_time(api: Program, incident: Incident) -> None:
    path = f"incidents/{incident.ref}/impact"
    body = {"journey": "Orders", "blocked": "partners", "amount": 120, "unit": "lost revenue"}
    at = (now() + timedelta(hours=2)).isoformat().replace("+00:00", "Z")
    for more, field in (
        ({}, "currency"),
        ({"currency": "XQX"}, "currency"),
        ({"currency": "EUR", "cut_off": "the settlement"}, "cut_off_at"),
    ):
        refused = api.post(path, {**body, **more})
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, field)
    assert api.post(path, {**body, "unit": "EUR of revenue"}).status_code == 201
    whole = {"currency": "EUR", "cut_off": "the settlement", "cut_off_at": at, "story": "Acme."}
    taken = api.post(path, {**body, **whole}).json()
    assert {name: taken[name] for name in whole} == whole
    assert taken["at_least"] is True


def test_p45_the_api_lists_every_promise(api: Program, incident: Incident, clock: Clock) -> None:
    clock.advance(minutes=17)
    api.post(f"incidents/{incident.ref}/updates", an_update())
    items = api.get(f"incidents/{incident.ref}/promises").json()["items"]
    updates = [one for one in items if one["kind"] == "update"]
    assert (updates[0]["outcome"], updates[0]["owner"], updates[0]["late_by_s"]) == (
        "open",
        "maya@example.com",
        None,
    )
    assert updates[1]["outcome"] == "late"
    assert updates[1]["late_by_s"] >= 120
