"""The end state, its signals and who is blocked, over the API."""

from datetime import timedelta
from typing import Any

import pytest

from clock.queries import now
from incidents.board.actions import add_card
from incidents.endstate.models import Sample, Signal
from incidents.record.models import Incident
from people.models import User
from tests.programs import Program, Programs


@pytest.fixture
def api(program: Programs, commander: User) -> Program:
    """The commander's program."""
    return program(commander)


@pytest.fixture
def signal(api: Program, incident: Incident) -> dict[str, Any]:
    """Error rate at most 1 %, held for a minute."""
    answer = api.post(
        f"incidents/{incident.ref}/signals",
        {"name": "Error rate", "unit": "%", "comparator": "<=", "target": 1, "hold_s": 60},
    )
    assert answer.status_code == 201, answer.content
    return dict(answer.json())


def codes(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def test_p20_the_end_state_is_written(api: Program, incident: Incident) -> None:
    answer = api.put(f"incidents/{incident.ref}/end-state", {"text": "Calls work."})

    assert answer.status_code == 200
    assert answer.json() == {
        "text": "Calls work.",
        "written_at": answer.json()["written_at"],
        "agreed": [],
        "signals": [],
    }
    assert api.get(f"incidents/{incident.ref}").json()["end_state"] == answer.json()


def test_p21_rewording_clears_the_agreements(
    api: Program, incident: Incident, commander: User
) -> None:
    path = f"incidents/{incident.ref}/end-state"
    api.put(path, {"text": "Calls work."})

    agreed = api.post(f"{path}/agree").json()["agreed"]
    again = api.post(f"{path}/agree").json()["agreed"]

    me = {"person": commander.email, "email": commander.email, "name": commander.name}
    assert agreed == again == [{**me, "at": agreed[0]["at"]}]
    assert api.put(path, {"text": "Calls work again."}).json()["agreed"] == []


def test_an_old_version_is_stale(api: Program, incident: Incident) -> None:
    path = f"incidents/{incident.ref}"
    version = api.get(path).json()["version"]
    api.put(f"{path}/end-state", {"text": "Calls work."})

    answer = api.put(f"{path}/end-state", {"text": "Other words.", "version": version})

    assert codes(answer) == (409, "stale")
    assert answer.json()["current"] == api.get(path).json()


def test_an_end_state_says_something(api: Program, incident: Incident) -> None:
    for body in ({}, {"text": ""}, {"text": " "}, {"text": "x" * 501}, {"text": None}):
        answer = api.put(f"incidents/{incident.ref}/end-state", body)
        assert codes(answer) == (422, "invalid")
        assert [fault["field"] for fault in answer.json()["errors"]] == ["text"]


def test_p22_a_signal_knows_nothing_at_first(signal: dict[str, Any], incident: Incident) -> None:
    assert signal == {
        "id": Signal.objects.get().pk,
        "incident": incident.ref,
        "name": "Error rate",
        "unit": "%",
        "comparator": "<=",
        "target": 1.0,
        "hold_s": 60,
        "stale_after_s": signal["stale_after_s"],
        "required": True,
        "query": "",
        "value": None,
        "at": None,
        "state": "unknown",
        "held_s": 0,
        "no_data": None,
    }


def test_p22_samples_move_it(
    api: Program, incident: Incident, signal: dict[str, Any], clock: Any
) -> None:
    path = f"signals/{signal['id']}/samples"

    def state() -> tuple[Any, str]:
        found = api.get(f"incidents/{incident.ref}").json()["end_state"]["signals"][0]
        return found["value"], found["state"]

    sent = api.post(path, {"samples": [{"value": 74}]})
    assert (sent.status_code, sent.json()) == (202, {"accepted": 1, "rejected": 0})
    assert state() == (74.0, "unmet")
    clock.advance(seconds=10)
    api.post(path, {"samples": [{"value": 0.5}]})
    assert state() == (0.5, "holding")
    clock.advance(seconds=61)
    api.post(path, {"samples": [{"value": 0.4}]})
    assert state() == (0.4, "met")
    clock.advance(hours=1)
    assert state() == (0.4, "stale")


def test_samples_are_one_per_moment_and_come_in_any_order(
    api: Program, signal: dict[str, Any]
) -> None:
    moment = now().replace(microsecond=0)
    times = [(moment - timedelta(seconds=ago)).isoformat() for ago in (0, 30, 60)]
    batch = {"samples": [{"value": 1.5, "at": at} for at in times]}
    path = f"signals/{signal['id']}/samples"

    for _ in range(2):
        answer = api.post(path, batch)
        assert (answer.status_code, answer.json()) == (202, {"accepted": 3, "rejected": 0})
    assert Sample.objects.count() == 3


def test_samples_that_cannot_be_are_rejected_one_by_one(
    api: Program, signal: dict[str, Any]
) -> None:
    future = (now() + timedelta(days=1)).isoformat().replace("+00:00", "Z")
    body = (
        '{"samples": [{"value": 1}, {"value": NaN}, {"value": Infinity}, {"value": -1e999}, '
        f'{{"value": 1, "at": "{future}"}}]}}'
    )

    answer = api.post(f"signals/{signal['id']}/samples", body.encode())

    assert (answer.status_code, answer.json()) == (202, {"accepted": 1, "rejected": 4})


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "samples"),
        ({"samples": {}}, "samples"),
        ({"samples": [{"value": 1}] * 10_001}, "samples"),
        ({"samples": [{"value": 1}, {}]}, "samples.1.value"),
        ({"samples": [{"value": "NaN"}]}, "samples.0.value"),
        ({"samples": [{"value": True}]}, "samples.0.value"),
        ({"samples": [{"value": 1, "at": "yesterday"}]}, "samples.0.at"),
        ({"samples": [{"value": 10**400}]}, "samples.0.value"),
    ],
)
def test_samples_that_are_none_are_invalid(
    api: Program, signal: dict[str, Any], body: Any, field: str
) -> None:
    answer = api.post(f"signals/{signal['id']}/samples", body)

    assert codes(answer) == (422, "invalid")
    assert [fault["field"] for fault in answer.json()["errors"]] == [field]
    assert Sample.objects.count() == 0


def test_ten_thousand_samples_are_one_call(api: Program, signal: dict[str, Any]) -> None:
    start = now() - timedelta(seconds=20_000)
    samples = [
        {"value": number / 7, "at": (start + timedelta(seconds=number)).isoformat()}
        for number in range(10_000)
    ]

    answer = api.post(f"signals/{signal['id']}/samples", {"samples": samples})

    assert (answer.status_code, answer.json()) == (202, {"accepted": 10_000, "rejected": 0})


def test_a_sample_read_by_hand_stands_on_the_record(
    api: Program, incident: Incident, signal: dict[str, Any]
) -> None:
    api.post(f"signals/{signal['id']}/samples", {"samples": [{"value": 3}], "by_hand": True})

    kinds = [row["kind"] for row in api.get(f"incidents/{incident.ref}/timeline").json()["items"]]
    assert "sample_recorded" in kinds


def test_a_signal_is_changed_and_removed(
    api: Program, incident: Incident, signal: dict[str, Any]
) -> None:
    path = f"signals/{signal['id']}"

    changed = api.patch(path, {"target": 2.5, "required": False})
    removed = api.delete(path)
    gone = api.delete(path)

    assert changed.status_code == 200
    assert changed.json() == {**signal, "target": 2.5, "required": False}
    assert (removed.status_code, removed.content) == (204, b"")
    assert codes(gone) == (404, "not_found")


def test_p22_a_signal_that_a_card_serves_is_in_use(
    api: Program, incident: Incident, signal: dict[str, Any], commander: User
) -> None:
    add_card(incident, by=commander, title="Look", serves=signal["id"])

    answer = api.delete(f"signals/{signal['id']}")

    assert codes(answer) == (409, "in_use")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "x" * 121),
        ("unit", "x" * 31),
        ("comparator", "!="),
        ("target", "1"),
        ("target", None),
        ("hold_s", -1),
        ("hold_s", 604_801),
        ("stale_after_s", 1.5),
        ("required", "yes"),
        ("query", "x" * 2001),
    ],
)
def test_a_signal_that_cannot_be_is_invalid(
    api: Program, incident: Incident, field: str, value: Any
) -> None:
    body = {"name": "Errors", "comparator": "<=", "target": 1, field: value}

    answer = api.post(f"incidents/{incident.ref}/signals", body)

    assert codes(answer) == (422, "invalid")
    assert [fault["field"] for fault in answer.json()["errors"]] == [field]


def test_a_target_is_a_number(api: Program, incident: Incident) -> None:
    for number in (b"NaN", b"Infinity", b"1e999"):
        body = b'{"name": "Errors", "comparator": "<=", "target": ' + number + b"}"
        answer = api.post(f"incidents/{incident.ref}/signals", body)
        assert codes(answer) == (422, "invalid")


def test_p04_impact_runs_on_by_its_rate(api: Program, incident: Incident, clock: Any) -> None:
    path = f"incidents/{incident.ref}"
    body = {
        "journey": "Paying",
        "blocked": "Partners",
        "amount": 120,
        "unit": "transactions",
        "per_minute": 30,
    }

    first = api.post(f"{path}/impact", body)
    clock.advance(minutes=2)
    after = api.get(path).json()["impact"]

    assert first.status_code == 201
    assert first.json() == {
        **body,
        "id": first.json()["id"],
        "incident": incident.ref,
        "at": first.json()["at"],
        "signal": None,
        "currency": "",
        "story": "",
        "cut_off": "",
        "cut_off_at": None,
        "at_least": True,
        "total": 120.0,
    }
    assert after == [{**first.json(), "total": 180.0}]


def test_p04_impact_is_read_from_a_signal(
    api: Program, incident: Incident, signal: dict[str, Any]
) -> None:
    api.post(f"signals/{signal['id']}/samples", {"samples": [{"value": 74}]})

    answer = api.post(
        f"incidents/{incident.ref}/impact",
        {
            "journey": "Calling",
            "blocked": "Everybody",
            "amount": 1,
            "unit": "%",
            "signal": signal["id"],
        },
    )

    assert (answer.json()["signal"], answer.json()["total"]) == (signal["id"], 74.0)
    assert codes(api.delete(f"signals/{signal['id']}")) == (409, "in_use")


def test_impact_is_changed_and_removed(api: Program, incident: Incident) -> None:
    body = {"journey": "Paying", "blocked": "All", "amount": 5, "unit": "people", "per_minute": 1}
    made = api.post(f"incidents/{incident.ref}/impact", body).json()

    changed = api.patch(f"impact/{made['id']}", {"per_minute": None, "amount": 7.5})
    removed = api.delete(f"impact/{made['id']}")

    assert changed.status_code == 200
    assert (changed.json()["per_minute"], changed.json()["total"]) == (None, 7.5)
    assert (removed.status_code, removed.content) == (204, b"")
    assert api.get(f"incidents/{incident.ref}").json()["impact"] == []
    assert codes(api.patch(f"impact/{made['id']}", {"amount": 1})) == (404, "not_found")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("journey", ""),
        ("blocked", "x" * 201),
        ("amount", -1),
        ("amount", "5"),
        ("amount", 1e16),
        ("unit", " "),
        ("at", "2199-01-01T00:00:00Z"),
        ("per_minute", -0.5),
        ("signal", 999_999_999),
    ],
)
def test_impact_that_cannot_be_is_invalid(
    api: Program, incident: Incident, field: str, value: Any
) -> None:
    body = {"journey": "Pay", "blocked": "All", "amount": 5, "unit": "people", field: value}

    answer = api.post(f"incidents/{incident.ref}/impact", body)

    assert codes(answer) == (422, "invalid")
    assert [fault["field"] for fault in answer.json()["errors"]] == [field]
