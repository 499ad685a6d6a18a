"""Incidents, updates, questions and the record over the API."""

from typing import Any

import pytest

from incidents.record.models import Incident, Service
from incidents.updates.models import Update
from people.models import User
from tests.incidents.conftest import codes, soon
from tests.programs import Program, Programs

STATE = {
    *("ref", "title", "kind", "severity", "status", "statement", "in_our_control"),
    *("beyond_our_control", "blocker", "chat_url", "call_url", "times", "roles", "end_state"),
    *("impact", "board", "stopped", "next_update_at", "update_overdue", "paused_work", "version"),
}


TIMES = [
    *("impact_started_at", "detected_at", "declared_at", "acknowledged_at", "mitigated_at"),
    *("resolved_at", "closed_at"),
]


def test_p01_declaring_needs_a_title_and_a_severity(api: Program, commander: User) -> None:
    answer = api.post("incidents", {"title": "API calls fail", "severity": "sev1"})

    state = answer.json()
    incident = Incident.objects.get()
    assert answer.status_code == 201
    assert set(state) >= STATE
    assert (state["ref"], state["title"], state["kind"]) == (
        incident.ref,
        "API calls fail",
        "incident",
    )
    assert (state["severity"], state["status"]) == ("sev1", "investigating")
    assert [(role["role"], role["person"]) for role in state["roles"]] == [
        ("commander", commander.email)
    ]
    assert state["board"] == {"now": [], "next": [], "done": [], "parked": []}
    assert state["end_state"] == {"text": "", "written_at": None, "agreed": [], "signals": []}
    assert (state["stopped"], state["paused_work"], state["impact"]) == (None, [], [])
    assert state["update_overdue"] is False
    assert api.get(f"incidents/{incident.ref}").json() == state


def test_p40_the_first_update_is_promised_and_falls_due(api: Program, clock: Any) -> None:
    state = api.post("incidents", {"title": "Down", "severity": "sev1"}).json()
    assert state["next_update_at"].endswith("Z")

    clock.advance(minutes=15, seconds=1)

    late = api.get(f"incidents/{state['ref']}").json()
    assert (late["next_update_at"], late["update_overdue"]) == (state["next_update_at"], True)


def test_times_say_where_they_come_from(api: Program) -> None:
    started = soon(-30)
    state = api.post(
        "incidents", {"title": "Down", "severity": "sev2", "impact_started_at": started}
    ).json()

    assert list(state["times"]) == TIMES
    nothing = {"at": None, "source": None, "by": None, "reason": None}
    assert state["times"]["impact_started_at"]["at"] == started
    assert state["times"]["impact_started_at"]["source"] == "manual"
    assert state["times"]["declared_at"]["source"] == "auto"
    assert state["times"]["resolved_at"] == nothing


def test_what_happened_earlier_is_recorded_afterwards(api: Program) -> None:
    state = api.post(
        "incidents", {"title": "Was down", "severity": "sev3", "occurred_at": soon(-600)}
    ).json()

    first = api.get(f"incidents/{state['ref']}/timeline").json()["items"][0]
    assert (first["kind"], first["afterwards"]) == ("declared", True)
    assert first["at"] == state["times"]["declared_at"]["at"]


def test_services_are_named_by_slug_or_name(api: Program) -> None:
    Service.objects.create(name="Payments", slug="payments", chat_url="https://chat.example/pay")
    Service.objects.create(name="Front Door", slug="front-door")

    state = api.post(
        "incidents",
        {"title": "Down", "severity": "sev2", "services": ["payments", "Front Door"]},
    ).json()

    assert sorted(state["services"]) == ["front-door", "payments"]
    assert state["chat_url"] == "https://chat.example/pay"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", ""),
        ("title", "x" * 201),
        ("title", None),
        ("severity", "sev5"),
        ("severity", None),
        ("kind", "party"),
        ("statement", "x" * 501),
        ("services", ["nothing"]),
        ("services", "payments"),
        ("services", ["x"] * 51),
        ("impact_started_at", "2190-01-01T00:00:00Z"),
        ("occurred_at", "2190-01-01T00:00:00Z"),
        ("private", "yes"),
    ],
)
def test_a_declaration_that_cannot_be_is_invalid(api: Program, field: str, value: Any) -> None:
    answer = api.post("incidents", {"title": "Down", "severity": "sev1", field: value})

    assert codes(answer) == (422, "invalid")
    assert {fault["field"].split(".")[0] for fault in answer.json()["errors"]} == {field}
    assert Incident.objects.count() == 0


def test_what_is_missing_is_named(api: Program) -> None:
    answer = api.post("incidents", {})

    assert answer.json()["errors"] == [
        {"field": "title", "message": "This field is required."},
        {"field": "severity", "message": "This field is required."},
    ]


def test_the_miss_and_the_blocker_are_changed(api: Program, incident: Incident) -> None:
    path = f"incidents/{incident.ref}"
    given = {
        "title": "Payment calls fail",
        "statement": "Partners cannot process payments.",
        "in_our_control": "The query.",
        "beyond_our_control": "The vendor.",
        "blocker": "Waiting for a replica.",
        "chat_url": "https://chat.example/room",
        "call_url": "https://call.example/42",
        "severity": "sev2",
        "caused_by_change": True,
        "private": True,
        "cadence": "interval",
    }

    answer = api.patch(path, given)

    assert answer.status_code == 200
    del given["cadence"]
    assert {name: answer.json()[name] for name in given} == given
    assert api.patch(path, {"blocker": None}).json()["blocker"] == ""
    assert api.patch(path, {"caused_by_change": None}).json()["caused_by_change"] is None


def test_a_time_is_corrected_with_a_reason(
    api: Program, incident: Incident, commander: User
) -> None:
    path = f"incidents/{incident.ref}"
    earlier = soon(-20)

    refused = api.patch(path, {"times": {"detected_at": {"at": earlier}}})
    corrected = api.patch(
        path, {"times": {"detected_at": {"at": earlier, "reason": "The first alert."}}}
    )

    assert codes(refused) == (409, "reason_required")
    assert corrected.json()["times"]["detected_at"] == {
        "at": earlier,
        "source": "manual",
        "by": commander.email,
        "reason": "The first alert.",
    }


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"title": ""}, "title"),
        ({"severity": "bad"}, "severity"),
        ({"chat_url": "javascript:alert(1)"}, "chat_url"),
        ({"cadence": "sometimes"}, "cadence"),
        ({"cadence": {"every_min": 0}}, "cadence"),
        ({"cadence": {"every_min": 999}}, "cadence"),
        ({"times": {"lunch_at": {"at": None}}}, "times"),
        ({"times": {"declared_at": {"at": "noon"}}}, "times"),
        ({"version": "1"}, "version"),
        ({"private": 1}, "private"),
    ],
)
def test_a_change_that_cannot_be_is_invalid(
    api: Program, incident: Incident, body: Any, field: str
) -> None:
    answer = api.patch(f"incidents/{incident.ref}", body)

    assert codes(answer) == (422, "invalid")
    assert {fault["field"].split(".")[0] for fault in answer.json()["errors"]} == {field}


def test_a_stale_change_carries_the_incident_as_it_is(api: Program, incident: Incident) -> None:
    path = f"incidents/{incident.ref}"
    version = api.get(path).json()["version"]
    changed = api.patch(path, {"blocker": "First", "version": version})

    stale = api.patch(path, {"blocker": "Second", "version": version})

    assert changed.status_code == 200
    assert codes(stale) == (409, "stale")
    assert stale.json()["current"] == changed.json()


def test_only_the_commander_changes_severity(
    program: Programs, incident: Incident, responder: User
) -> None:
    answer = program(responder).patch(f"incidents/{incident.ref}", {"severity": "sev3"})

    assert codes(answer) == (409, "only_commander")


def test_p49_resolving_carries_its_all_clear(api: Program, incident: Incident) -> None:
    path = f"incidents/{incident.ref}/status"
    all_clear = {
        "executive_summary": "Calls work again.",
        "watching": "Maya until six",
        "statement": "Three of four API calls fail.",
    }

    refused = api.post(path, {"to": "resolved", "override": {"reason": "No metric."}})
    unmet = api.post(path, {"to": "resolved", "all_clear": all_clear})
    resolved = api.post(
        path, {"to": "resolved", "all_clear": all_clear, "override": {"reason": "No metric."}}
    )

    assert codes(refused) == (409, "all_clear_required")
    assert codes(unmet) == (409, "end_state_not_met")
    assert unmet.json()["signals"] == []
    assert resolved.status_code == 200
    assert (resolved.json()["status"], resolved.json()["roles"]) == ("resolved", [])
    assert resolved.json()["resolved_override"] == "No metric."
    assert resolved.json()["times"]["mitigated_at"]["source"] == "inferred"
    assert resolved.json()["next_update_at"] is None
    assert Update.objects.get().is_all_clear


def test_the_lifecycle_refuses_what_it_does_not_know(api: Program, incident: Incident) -> None:
    path = f"incidents/{incident.ref}/status"

    assert api.post(path, {"to": "monitoring"}).json()["status"] == "monitoring"
    assert codes(api.post(path, {"to": "identified"})) == (409, "reason_required")
    assert codes(api.post(path, {"to": "closed"})) == (409, "invalid_transition")
    assert codes(api.post(path, {"to": "asleep"})) == (422, "invalid")
    assert codes(api.post(path, {"to": "cancelled"})) == (409, "reason_required")
    ended = api.post(path, {"to": "cancelled", "reason": "A false alarm."})
    assert (ended.status_code, ended.json()["status"]) == (200, "cancelled")


def test_closing_says_what_is_open(api: Program, incident: Incident) -> None:
    path = f"incidents/{incident.ref}"
    api.post(
        f"{path}/status",
        {
            "to": "resolved",
            "all_clear": {"executive_summary": "Calls work again.", "statement": "Calls fail."},
            "override": {"reason": "No metric."},
        },
    )

    api.post(f"{path}/questions", {"text": "Since when?"})

    answer = api.post(f"{path}/status", {"to": "closed"})

    assert codes(answer) == (409, "not_closable")
    assert {"kind": "question", "text": "Since when?"} in answer.json()["open"]


def test_an_incident_is_merged_into_another(api: Program, incident: Incident) -> None:
    other = api.post("incidents", {"title": "The same", "severity": "sev2"}).json()
    path = f"incidents/{other['ref']}/merge"

    refused = api.post(path, {"into": incident.ref})
    unknown = api.post(path, {"into": "INC-999999", "reason": "Same cause."})
    merged = api.post(path, {"into": incident.ref, "reason": "Same cause."})

    assert codes(refused) == (409, "reason_required")
    assert codes(unknown) == (422, "invalid")
    assert merged.status_code == 200
    assert (merged.json()["status"], merged.json()["merged_into"]) == ("merged", incident.ref)


def test_a_note_stands_on_the_record(api: Program, incident: Incident, commander: User) -> None:
    path = f"incidents/{incident.ref}"
    earlier = soon(-5)

    note = api.post(f"{path}/notes", {"text": "Rolled back.", "at": earlier, "kind": "decision"})

    entry = note.json()
    assert note.status_code == 201
    assert (entry["kind"], entry["at"], entry["afterwards"]) == ("decision", earlier, True)
    assert (entry["actor"], entry["text"]) == (commander.email, "Rolled back.")
    assert entry["actor_person"] == {"email": commander.email, "name": commander.name}
    items = api.get(f"{path}/timeline").json()["items"]
    assert [item["seq"] for item in items] == list(range(1, len(items) + 1))
    assert items[-1] == entry
    after = api.get(f"{path}/timeline?after={entry['seq'] - 1}").json()
    assert after == {"items": [entry], "next": None}


def test_a_note_in_the_future_is_invalid(api: Program, incident: Incident) -> None:
    answer = api.post(f"incidents/{incident.ref}/notes", {"text": "Later.", "at": soon()})

    assert codes(answer) == (422, "invalid")
    assert [fault["field"] for fault in answer.json()["errors"]] == ["at"]
