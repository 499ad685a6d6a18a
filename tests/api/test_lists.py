"""Lists: pages by keyset, filters, and as many queries for thirty rows as for three."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from incidents.board.actions import add_card
from incidents.endstate.signals import add_signal
from incidents.impact.actions import add_impact
from incidents.lifecycle.declaring import declare_incident
from incidents.lifecycle.notes import add_note
from incidents.record.models import Incident, Service
from incidents.updates.questions import ask_question
from people.models import User
from tests.outbox import queue_delivery
from tests.programs import Program, Programs


@pytest.fixture
def api(program: Programs, commander: User) -> Program:
    """The commander's program, its token's use noted already."""
    caller = program(commander)
    caller.get("me")
    return caller


def queries_of(api: Program, path: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert api.get(path).status_code == 200
    return len(queries)


def refs(answer: Any) -> list[str]:
    return [row["ref"] for row in answer.json()["items"]]


def test_pages_follow_each_other_while_rows_are_added(api: Program, commander: User) -> None:
    made = [
        declare_incident(by=commander, title=f"Number {number}", severity="sev4").ref
        for number in range(5)
    ][::-1]

    first = api.get("incidents?limit=2")
    declare_incident(by=commander, title="Meanwhile", severity="sev1")
    second = api.get(f"incidents?limit=2&cursor={first.json()['next']}")
    third = api.get(f"incidents?limit=2&cursor={second.json()['next']}")

    assert refs(first) + refs(second) + refs(third) == made
    assert third.json()["next"] is None


def test_incidents_are_filtered(api: Program, commander: User) -> None:
    Service.objects.create(name="Payments", slug="payments")
    given: dict[str, dict[str, Any]] = {
        "pay": {"title": "Pay fails", "severity": "sev1", "services": ["payments"]},
        "slow": {"title": "All is slow", "severity": "sev3", "statement": "Pages crawl."},
        "near": {"title": "Close call", "severity": "sev4", "kind": "near_miss"},
    }
    made = {name: declare_incident(by=commander, **one).ref for name, one in given.items()}
    api.post(f"incidents/{made['slow']}/status", {"to": "cancelled", "reason": "A false alarm."})

    for query, names in {
        "severity=sev1": ["pay"],
        "severity=sev1,sev3": ["slow", "pay"],
        "status=cancelled": ["slow"],
        "kind=near_miss": ["near"],
        "service=payments": ["pay"],
        "service=PAYMENTS": ["pay"],
        "q=crawl": ["slow"],
        f"q={made['near']}": ["near"],
        "q=100%25": [],
        "open=true": ["near", "pay"],
        "open=false": ["slow"],
        "open=true&severity=sev3": [],
    }.items():
        assert (query, refs(api.get(f"incidents?{query}"))) == (query, [made[one] for one in names])


def test_the_list_of_incidents_takes_as_many_queries_for_thirty_as_for_three(
    api: Program, commander: User
) -> None:
    Service.objects.create(name="Payments", slug="payments")

    def declare(count: int) -> None:
        for _ in range(count):
            declare_incident(by=commander, title="Down", severity="sev2", services=["payments"])

    declare(3)
    three = queries_of(api, "incidents?limit=200")
    declare(27)

    assert queries_of(api, "incidents?limit=200") == three <= 6


def test_the_whole_state_takes_as_many_queries_for_thirty_as_for_three(
    api: Program, incident: Incident, commander: User, responder: User
) -> None:
    def fill(count: int) -> None:
        for number in range(count):
            signal = add_signal(
                incident, by=commander, name=f"Signal {number}", comparator="<=", target=1
            )
            add_impact(
                incident,
                by=commander,
                journey="Pay",
                blocked="All",
                amount=1,
                unit="people",
                signal=signal,
            )
            add_card(incident, by=commander, title="Look", owner=responder, serves=signal.pk)

    fill(3)
    three = queries_of(api, f"incidents/{incident.ref}")
    fill(27)

    assert queries_of(api, f"incidents/{incident.ref}") == three <= 12


@pytest.mark.parametrize("what", ["timeline", "questions", "updates"])
def test_lists_of_an_incident_take_as_many_queries_for_thirty_as_for_three(
    api: Program, incident: Incident, commander: User, what: str
) -> None:
    def fill(count: int, start: int) -> None:
        for number in range(start, start + count):
            add_note(incident, by=commander, text="A line.")
            ask_question(incident, by=commander, text=f"Why {number}?")

    fill(3, 0)
    three = queries_of(api, f"incidents/{incident.ref}/{what}")
    fill(27, 3)

    assert queries_of(api, f"incidents/{incident.ref}/{what}") == three <= 4


def test_notifications_are_mine_newest_first(
    api: Program, program: Programs, commander: User, outsider: User
) -> None:
    def fill(count: int, start: int) -> None:
        for number in range(start, start + count):
            queue_delivery(
                key=f"test:{number}",
                kind="role",
                subject_line=f"Number {number}",
                text="You are scribe.",
                person=commander,
                channels=("in_app",),
            )

    fill(3, 0)
    three = queries_of(api, "notifications")
    fill(27, 3)

    assert queries_of(api, "notifications") == three <= 2
    mine = api.get("notifications?limit=200").json()["items"]
    assert [item["subject"] for item in mine] == [
        f"Number {number}" for number in range(29, -1, -1)
    ]
    assert program(outsider).get("notifications").json() == {"items": [], "next": None}

    read = api.post(f"notifications/{mine[0]['id']}/read")
    assert (read.status_code, read.json()) == (200, {**mine[0], "read": True})
    assert api.post(f"notifications/{mine[0]['id']}/read").json() == read.json()
    assert program(outsider).post(f"notifications/{mine[0]['id']}/read").status_code == 404
