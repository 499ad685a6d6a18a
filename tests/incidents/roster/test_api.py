"""Roles over the API."""

from typing import Any

import pytest

from incidents.record.models import Incident, RoleAssignment
from notifications.models import Delivery
from people.models import User
from tests.programs import Program, Programs


@pytest.fixture
def api(program: Programs, commander: User) -> Program:
    """The commander's program."""
    return program(commander)


def codes(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def name(api: Program, incident: Incident, role: str, person: User, note: str = "") -> Any:
    body = {"role": role, "person": person.email, "note": note}
    return api.post(f"incidents/{incident.ref}/roles", body)


def test_a_role_answers_who_holds_it(api: Program, incident: Incident, responder: User) -> None:
    answer = name(api, incident, "fix_owner", responder)

    role = answer.json()
    assert answer.status_code == 201
    assert role == {
        "id": RoleAssignment.objects.get(role="fix_owner").pk,
        "role": "fix_owner",
        "person": responder.email,
        "email": responder.email,
        "name": responder.name,
        "note": "",
        "started_at": role["started_at"],
        "accepted_at": role["accepted_at"],
        "asked_at": None,
        "ended_at": None,
        "state": "held",
    }
    roles = api.get(f"incidents/{incident.ref}").json()["roles"]
    assert role in roles


def test_the_same_holder_again_changes_nothing(
    api: Program, incident: Incident, responder: User
) -> None:
    first = name(api, incident, "fix_owner", responder)
    version = api.get(f"incidents/{incident.ref}").json()["version"]

    again = name(api, incident, "fix_owner", responder)

    assert (again.status_code, again.json()) == (200, first.json())
    assert api.get(f"incidents/{incident.ref}").json()["version"] == version


def test_p06_a_held_seat_passes_on_with_a_note(
    api: Program, incident: Incident, responder: User, other_responder: User
) -> None:
    name(api, incident, "fix_owner", responder)

    refused = name(api, incident, "fix_owner", other_responder)
    passed = name(api, incident, "fix_owner", other_responder, "Tunde rests, index is building.")

    assert codes(refused) == (409, "note_required")
    assert (passed.status_code, passed.json()["person"]) == (201, other_responder.email)
    seats = api.get(f"incidents/{incident.ref}").json()["roles"]
    assert [seat["person"] for seat in seats if seat["role"] == "fix_owner"] == [
        other_responder.email
    ]


def test_p11_command_is_handed_over_with_a_note(
    api: Program, program: Programs, incident: Incident, responder: User
) -> None:
    refused = name(api, incident, "commander", responder)
    passed = name(api, incident, "commander", responder, "Cause found, fix in review.")
    accepted = program(responder).post(f"incidents/{incident.ref}/command/accept")

    assert codes(refused) == (409, "note_required")
    assert (passed.status_code, passed.json()["state"]) == (202, "offered")
    assert (accepted.status_code, accepted.json()["id"]) == (200, passed.json()["id"])
    assert accepted.json()["accepted_at"] is not None


def test_p11_command_is_taken_over_two_minutes_after_asking(
    program: Programs, incident: Incident, responder: User, clock: Any
) -> None:
    caller = program(responder)
    take = {"role": "commander", "note": "No answer."}
    path = f"incidents/{incident.ref}"

    too_early = caller.post(f"{path}/roles", take)
    asked = caller.post(f"{path}/command/ask")
    clock.advance(minutes=2, seconds=1)
    taken = caller.post(f"{path}/roles", take)

    assert codes(too_early) == (409, "role_taken")
    assert asked.status_code == 200
    assert asked.json()["asked_at"] is not None
    assert (taken.status_code, taken.json()["person"]) == (201, responder.email)


def test_p11_command_is_never_dropped(api: Program, incident: Incident) -> None:
    seat = RoleAssignment.objects.get(role="commander")

    answer = api.delete(f"incidents/{incident.ref}/roles/{seat.pk}", {"note": "Going home."})

    assert codes(answer) == (409, "note_required")


@pytest.mark.parametrize("where", ["body", "query"])
def test_a_role_ends_with_a_note(
    api: Program, incident: Incident, responder: User, where: str
) -> None:
    seat = name(api, incident, "scribe", responder).json()
    path = f"incidents/{incident.ref}/roles/{seat['id']}"

    refused = api.delete(path)
    ended = (
        api.delete(path, {"note": "Done."}) if where == "body" else api.delete(f"{path}?note=Done.")
    )

    assert codes(refused) == (409, "note_required")
    assert (ended.status_code, ended.content) == (204, b"")
    assert RoleAssignment.objects.get(pk=seat["id"]).ended_at is not None


def test_a_role_of_another_incident_is_not_found(api: Program, incident: Incident) -> None:
    other = api.post("incidents", {"title": "Another", "severity": "sev3"}).json()
    seat = RoleAssignment.objects.get(role="commander", incident=incident)

    answer = api.delete(f"incidents/{other['ref']}/roles/{seat.pk}")

    assert codes(answer) == (404, "not_found")


def test_nobody_named_means_me(program: Programs, incident: Incident, responder: User) -> None:
    answer = program(responder).post(f"incidents/{incident.ref}/roles", {"role": "scribe"})

    assert (answer.status_code, answer.json()["person"]) == (201, responder.email)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "role"),
        ({"role": "boss"}, "role"),
        ({"role": "scribe", "person": "nobody@example.com"}, "person"),
        ({"role": "scribe", "person": "ingrid@example.com"}, "person"),
        ({"role": "scribe", "person": 7}, "person"),
        ({"role": "scribe", "note": "x" * 1001}, "note"),
    ],
)
def test_a_role_that_cannot_be_is_invalid(
    api: Program, incident: Incident, stakeholder: User, body: Any, field: str
) -> None:
    answer = api.post(f"incidents/{incident.ref}/roles", body)

    assert codes(answer) == (422, "invalid")
    assert [fault["field"] for fault in answer.json()["errors"]] == [field]


def test_p11_an_offer_is_accepted_or_declined_by_whom_it_was_made_to(
    api: Program, program: Programs, incident: Incident, responder: User, other_responder: User
) -> None:
    first = name(api, incident, "commander", responder, "Yours.").json()
    declined = program(responder).post(f"roles/{first['id']}/decline", {"note": "On a train."})
    second = name(api, incident, "commander", responder, "Now?").json()
    not_mine = program(other_responder).post(f"roles/{second['id']}/accept")
    accepted = program(responder).post(f"roles/{second['id']}/accept")

    assert (declined.status_code, declined.json()["state"]) == (200, "ended")
    assert codes(not_mine) == (403, "forbidden")
    assert (accepted.status_code, accepted.json()["state"]) == (200, "held")


def test_what_one_may_not_do_is_asked_of_who_may(
    program: Programs, incident: Incident, commander: User, responder: User
) -> None:
    caller = program(responder)
    refused = caller.patch(f"incidents/{incident.ref}", {"severity": "sev2"})
    asked = caller.post(
        f"incidents/{incident.ref}/asks",
        {"what": refused.json()["ask"], "to": "sev2", "reason": "Half of it is back."},
    )
    told = Delivery.objects.filter(kind="asked_for", channel="in_app").get()

    assert codes(refused) == (409, "only_commander")
    assert (asked.status_code, asked.json()) == (
        201,
        {"what": "severity", "asked": [commander.email]},
    )
    assert told.person == commander
    assert "asks you to change the severity to SEV2" in told.subject_line
    assert codes(caller.post(f"incidents/{incident.ref}/asks", {"what": "tea"})) == (422, "invalid")
