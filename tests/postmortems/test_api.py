"""The review over the API: answers, refusals as problem documents, who may."""

from datetime import datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from incidents.deployments.actions import report_deployment
from incidents.lifecycle.actions import change_status
from incidents.lifecycle.declaring import declare_incident
from incidents.lifecycle.details import change_incident
from incidents.record.models import Incident, Service
from people.models import User
from postmortems.items.actions import add_item
from postmortems.items.models import ActionItem
from postmortems.publication.actions import publish_postmortem
from postmortems.review.models import Postmortem
from tests.conftest import Clock
from tests.postmortems.conftest import MONDAY, SYSTEMIC, resolve
from tests.programs import Program, Programs

pytestmark = pytest.mark.django_db
DUE = "2026-04-10T12:00:00Z"


def refusal(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def whole(owner: User, **other: Any) -> dict[str, Any]:
    return {
        "title": "A query limit in the ORM",
        "type": "guardrail",
        "owner": owner.email,
        "due_at": DUE,
        "priority": "p1",
        "success_criterion": "No query reads more than 10 000 rows.",
        **other,
    }


def ask(caller: Program, path: str) -> None:
    parent = None
    for count, answer in enumerate(SYSTEMIC, 1):
        why = {"answer": answer, "parent": parent, "sure": "likely"}
        if count == len(SYSTEMIC):
            why["safeguard"] = "limit"
        answered = caller.post(f"{path}/whys", why).json()
        assert answered["sure"] == "likely"
        parent = answered["id"]


def test_the_whole_review_over_the_api(
    resolved: Incident,
    commander: User,
    other_responder: User,
    responder: User,
    program: Programs,
    subtests: pytest.Subtests,
) -> None:
    caller = program(commander)
    path = f"incidents/{resolved.ref}/postmortem"

    with subtests.test("drafted"):
        drafted = caller.get(path).json()
        assert drafted["state"] == "draft"
        assert drafted["facilitator"] == commander.email
        assert drafted["due_at"] is not None
        assert {entry["kind"] for entry in drafted["timeline"]} >= {"declared", "resolved"}
        assert drafted["figures"]["mttr_s"] is None
        assert drafted["figures"]["mtta_s"] == 0
        assert drafted["figures"]["formulas"]["mttr_s"] == "resolved − impact started"

    with subtests.test("facts first"):
        assert refusal(caller.post(f"{path}/whys", {"answer": "x"})) == (409, "facts_not_agreed")
        assert refusal(caller.patch(path, {"analysis": "x"})) == (409, "facts_not_agreed")
        assert caller.post(f"{path}/facts", {"agree": True}).json()["state"] == "facts_agreed"
        ask(caller, path)

    with subtests.test("changed"):
        changed = caller.patch(
            path,
            {
                "summary": "The database ran out of CPU.",
                "analysis": "It was **human error**.",
                "grid": {"worked": {"tooling": ["The flag"]}},
                "meeting_at": "2026-03-12T09:00:00Z",
                "version": 0,
            },
        ).json()
        assert changed["analysis_html"] == "<p>It was <strong>human error</strong>.</p>\n"
        assert changed["grid"]["worked"]["tooling"] == ["The flag"]
        assert changed["meeting_at"] == "2026-03-12T09:00:00Z"

    with subtests.test("an old version"):
        stale = caller.patch(path, {"analysis": "Mine.", "version": 0})
        assert refusal(stale) == (409, "stale")
        assert stale.json()["current"]["analysis"] == "It was **human error**."

    with subtests.test("thanks"):
        thanked = caller.post(f"{path}/thanks", {"person": responder.email, "text": "For asking."})
        assert (thanked.status_code, thanked.json()["name"]) == (201, responder.name)

    with subtests.test("an item lacks parts"):
        lacking = caller.post(f"{path}/actions", {"title": "A query limit in the ORM"})
        assert refusal(lacking) == (409, "action_incomplete")
        assert lacking.json()["missing"] == [
            "type",
            "owner",
            "due_at",
            "priority",
            "success_criterion",
        ]

    with subtests.test("an item asks for care"):
        careful = caller.post(f"{path}/actions", whole(other_responder, title="Be more careful"))
        assert refusal(careful) == (409, "action_not_systemic")

    with subtests.test("words that blame"):
        flagged = caller.post(f"{path}/publish", {})
        assert refusal(flagged) == (409, "language_flagged")
        (finding,) = flagged.json()["findings"]
        assert (finding["place"], finding["text"], finding["start"], finding["end"]) == (
            "analysis",
            "human error",
            9,
            20,
        )

    with subtests.test("nothing to do"):
        caller.patch(path, {"analysis": "The console shows both databases alike."})
        unready = caller.post(f"{path}/publish", {})
        assert refusal(unready) == (409, "not_publishable")
        assert unready.json()["open"] == [
            {"kind": "actions", "text": "There is no action item, and no reason for none."}
        ]

    with subtests.test("an item"):
        made = caller.post(f"{path}/actions", whole(other_responder))
        assert (made.status_code, made.json()["state"], made.json()["owner"]) == (
            201,
            "open",
            other_responder.email,
        )

    with subtests.test("published"):
        published = caller.post(f"{path}/publish", {}).json()
        assert (published["state"], published["findings"], published["open"]) == (
            "published",
            [],
            [],
        )
        assert (
            caller.post(f"{path}/publish", {}).json()["published_at"] == published["published_at"]
        )


def test_keeping_a_finding_over_the_api(
    asked: Postmortem, commander: User, responder: User, program: Programs
) -> None:
    path = f"incidents/{asked.incident.ref}/postmortem"
    caller = program(commander)
    caller.patch(path, {"analysis": "We say human error no more."})
    flagged = caller.post(f"{path}/publish", {"no_actions_because": "Retired."}).json()
    keep = {"finding": flagged["findings"][0], "reason": "A quotation."}
    body = {"no_actions_because": "Retired.", "keep": [keep]}
    assert refusal(program(responder).post(f"{path}/publish", body)) == (403, "forbidden")
    assert caller.post(f"{path}/publish", body).json()["state"] == "published"


def test_an_action_item_is_followed_over_the_api(
    item: ActionItem,
    commander: User,
    other_responder: User,
    program: Programs,
    monday: Clock,
) -> None:
    owner, other = program(other_responder), program(commander)
    first = owner.get("action-items?owner=me").json()
    assert "items" in first, first
    assert [one["id"] for one in first["items"]] == [item.pk]
    assert other.get("action-items?owner=me").json()["items"] == []
    assert owner.get("action-items?overdue=true").json()["items"] == []
    assert refusal(owner.get("action-items?state=lost")) == (422, "invalid")
    path = f"action-items/{item.pk}"
    assert refusal(owner.post(f"{path}/move", {"due_at": DUE})) == (409, "reason_required")
    moved = owner.post(f"{path}/move", {"due_at": DUE, "reason": "The vendor is late."}).json()
    assert (moved["due_at"], moved["moved_count"]) == (DUE, 1)
    changed = owner.patch(path, {"priority": "p0", "version": moved["version"]}).json()
    assert changed["priority"] == "p0"
    stale = owner.patch(path, {"priority": "p2", "version": moved["version"]})
    assert (refusal(stale), stale.json()["current"]) == ((409, "stale"), changed)
    assert owner.post(f"{path}/done", {"note": "Merged."}).json()["state"] == "done"
    own = owner.post(f"{path}/verify", {"implemented": True, "moving": True})
    assert refusal(own) == (409, "cannot_verify_own")
    no = other.post(f"{path}/verify", {"implemented": False, "note": "Not in staging."}).json()
    assert (no["state"], no["reopened_count"]) == ("open", 1)
    owner.post(f"{path}/done")
    early = other.post(f"{path}/verify", {"implemented": True, "moving": True})
    assert refusal(early) == (409, "not_yet")
    open_answers = other.post(f"{path}/verify", {"implemented": True})
    assert refusal(open_answers) == (409, "answer_required")
    assert open_answers.json()["missing"] == ["moving"]
    monday.advance(days=7)
    yes = other.post(f"{path}/verify", {"implemented": True, "moving": True}).json()
    assert (yes["state"], yes["verified_by"]) == ("verified", commander.email)
    assert refusal(owner.post(f"{path}/decline", {"reason": "Late."})) == (
        409,
        "invalid_transition",
    )


def test_who_may_over_the_api(
    item: ActionItem, stakeholder: User, commander: User, outsider: User, program: Programs
) -> None:
    path = f"incidents/{item.postmortem.incident.ref}/postmortem"
    guest = program(stakeholder)
    assert refusal(guest.get(path)) == (404, "not_found")
    assert refusal(guest.patch(path, {"summary": "x"})) == (403, "forbidden")
    assert refusal(guest.post(f"action-items/{item.pk}/done")) == (404, "not_found")
    none = guest.get("postmortems").json()
    assert none == {"items": [], "next": None}
    publish_postmortem(item.postmortem, by=commander)
    assert guest.get(path).json()["state"] == "published"
    assert [one["incident"] for one in guest.get("postmortems?q=pages cpu").json()["items"]] == [
        item.postmortem.incident.ref
    ]
    assert guest.get("postmortems?q=nowhere").json()["items"] == []
    assert refusal(guest.post(f"action-items/{item.pk}/done")) == (403, "forbidden")
    secret = declare_incident(by=commander, title="Hush", severity="sev1", private=True)
    resolve(secret, commander)
    hidden = f"incidents/{secret.ref}/postmortem"
    assert program(commander).post(hidden).status_code == 201
    assert refusal(program(outsider).get(hidden)) == (404, "not_found")
    assert refusal(program(outsider).post(hidden)) == (404, "not_found")
    assert refusal(program(None).get(path)) == (401, "unauthenticated")


def test_a_near_miss_gets_its_review_with_the_first_write(
    commander: User, program: Programs
) -> None:
    miss = declare_incident(by=commander, title="Almost", severity="sev3", kind="near_miss")
    caller = program(commander)
    path = f"incidents/{miss.ref}/postmortem"
    assert refusal(caller.get(path)) == (404, "not_found")
    assert caller.patch(path, {"summary": "The backup was empty."}).json()["summary"] == (
        "The backup was empty."
    )
    assert caller.get(path).json()["required"] is False


def test_the_language_check_over_the_api(commander: User, program: Programs) -> None:
    caller = program(commander)
    text = "Lena should have asked."
    answer = caller.post("language-check", {"text": text, "people": ["Lena Fischer"]}).json()
    assert [(one["start"], one["end"], one["text"], one["kind"]) for one in answer["findings"]] == [
        (0, 4, "Lena", "person"),
        (5, 16, "should have", "should_have"),
    ]
    assert refusal(caller.post("language-check", {})) == (422, "invalid")


def test_p61_insights_over_the_api(
    item: ActionItem, commander: User, outsider: User, program: Programs
) -> None:
    found = program(outsider).get("insights").json()
    assert len(found["months"]) == 6
    assert found["total"]["incidents"] == 1
    assert found["total"]["mttr"] == {"n": 0, "median_s": None, "mean_s": None, "p90_s": None}
    assert found["total"]["on_time"] == {"part": 0, "n": 0, "percent": None}
    assert refusal(program(outsider).get("insights?service=none")) == (422, "invalid")
    assert refusal(
        program(outsider).get("insights?from=2026-03-01T00:00:00Z&to=2026-02-01T00:00:00Z")
    ) == (422, "invalid")


def changed(by: User, services: tuple[Service, ...] = (), **more: Any) -> Incident:
    one = declare_incident(by=by, title="Calls fail", severity="sev3", services=services, **more)
    return change_incident(one, by=by, caused_by_change=True)


def test_p61_the_change_failure_rate_is_marked_incidents_by_deployments(
    monday: Clock, commander: User, stakeholder: User, program: Programs
) -> None:
    api = Service.objects.create(name="Partner API", slug="partner-api")
    pay = Service.objects.create(name="Payments", slug="payments")
    caller = program(commander)

    def rate(path: str = "insights", by: Program = caller) -> dict[str, Any]:
        answer = by.get(path).json()
        assert "÷ deployments reported" in answer["formulas"]["change_failure_rate"]
        found: dict[str, Any] = answer["total"]["change_failure_rate"]
        return found

    changed(commander, (api,))
    assert rate() == {"part": 1, "n": 0, "percent": None}
    for version, at in (
        ("v1", "2025-09-30T23:59:59Z"),
        ("v2", "2026-02-28T23:59:59Z"),
        ("v3", "2026-03-01T00:00:00Z"),
        ("v4", "2026-03-09T10:04:00Z"),
    ):
        report_deployment(by=commander, service=api, version=version, at=datetime.fromisoformat(at))
    report_deployment(by=commander, service=pay, version="v9", at=MONDAY)
    monday.advance(minutes=10)
    assert rate() == {"part": 1, "n": 4, "percent": 25}
    assert rate("insights?service=partner-api") == {"part": 1, "n": 3, "percent": 33}
    assert rate("insights?service=payments") == {"part": 0, "n": 1, "percent": 0}
    assert rate("insights?from=2026-03-01T00:00:00Z&to=2026-03-09T10:03:00Z")["n"] == 2
    months = [one["change_failure_rate"] for one in caller.get("insights").json()["months"]]
    assert months[-3:] == [
        {"part": 0, "n": 0, "percent": None},
        {"part": 0, "n": 1, "percent": 0},
        {"part": 1, "n": 3, "percent": 33},
    ]

    declare_incident(by=commander, title="Not a change", severity="sev3")
    changed(commander, kind="drill")
    changed(commander, kind="near_miss")
    false_alarm = changed(commander)
    change_status(false_alarm, by=commander, to="cancelled", reason="A test alert.")
    assert rate()["part"] == 1
    changed(commander, private=True)
    assert rate() == {"part": 2, "n": 4, "percent": 50}
    assert rate(by=program(stakeholder)) == {"part": 1, "n": 4, "percent": 25}


def test_p55_a_review_says_whether_a_change_caused_it(
    review: Postmortem, commander: User, program: Programs
) -> None:
    caller = program(commander)
    path = f"incidents/{review.ref}/postmortem"
    for known in (None, True, False):
        change_incident(review.incident, by=commander, caused_by_change=known)
        assert caller.get(path).json()["figures"]["caused_by_change"] is known


@pytest.mark.parametrize("path", ["action-items?limit=200", "postmortems?limit=200"])
def test_lists_cost_the_same_for_3_rows_and_for_30(
    item: ActionItem, commander: User, other_responder: User, program: Programs, path: str
) -> None:
    caller = program(commander)

    def cost(rows: int) -> int:
        while ActionItem.objects.count() < rows:
            more = declare_incident(by=commander, title="More", severity="sev3")
            resolve(more, commander)
            review = caller.post(f"incidents/{more.ref}/postmortem")
            assert review.status_code == 201
            add_item(
                Postmortem.objects.get(incident=more),
                by=commander,
                title="A query limit",
                type="guardrail",
                owner=other_responder,
                due_at=MONDAY.replace(month=6),
                priority="p2",
                success_criterion="None reads more.",
            )
        with CaptureQueriesContext(connection) as queries:
            assert len(caller.get(path).json()["items"]) == rows
        return len(queries)

    assert cost(3) == cost(30)


def test_p60_thanks_at_any_time_over_the_api_open_no_review(
    incident: Incident, commander: User, responder: User, program: Programs
) -> None:
    caller, path = program(commander), f"incidents/{incident.ref}"
    body = {"person": responder.email, "text": "For asking early."}
    for address in (f"{path}/thanks", f"{path}/postmortem/thanks"):
        assert caller.post(address, body).status_code == 201
    assert refusal(caller.get(f"{path}/postmortem")) == (404, "not_found")
    assert refusal(caller.patch(f"{path}/postmortem", {"summary": "It broke."})) == (
        409,
        "invalid_transition",
    )
    assert refusal(caller.get(f"{path}/postmortem")) == (404, "not_found")


def test_p50_a_meeting_before_the_resolution_is_refused_over_the_api(
    review: Postmortem, commander: User, program: Programs
) -> None:
    path = f"incidents/{review.ref}/postmortem"
    answer = program(commander).patch(path, {"meeting_held_at": "2001-01-01T00:00:00Z"})
    assert refusal(answer) == (422, "invalid")
    review.refresh_from_db()
    assert review.meeting_held_at is None
