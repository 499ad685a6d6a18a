"""Pipelines report what went live; the same report twice is one deployment."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from clock.queries import now
from incidents.deployments.actions import report_deployment
from incidents.deployments.models import Deployment
from incidents.record.models import Service
from people.models import User
from refusals.errors import Forbidden, Invalid
from tests.incidents.board.test_board_races import at_once
from tests.programs import Programs

AT = "2026-03-09T09:58:00Z"
UNSAID = {"url": "", "by": "", "environment": ""}


@pytest.fixture
def service(db: None) -> Service:
    """What is deployed."""
    return Service.objects.create(name="Partner API", slug="partner-api")


def said(answer: Any) -> tuple[int, str, list[str]]:
    problem = answer.json()
    return answer.status_code, problem["code"], [one["field"] for one in problem["errors"]]


def test_a_deployment_is_reported_by_the_slug_or_the_name_of_its_service(
    program: Programs, responder: User, service: Service
) -> None:
    caller = program(responder)

    by_slug = caller.post("deployments", {"service": "partner-api", "version": "v118", "at": AT})
    by_name = caller.post(
        "deployments",
        {"service": " partner api ", "version": "v119", "at": "2026-03-09T11:00:00+01:00"},
    )

    first, second = Deployment.objects.order_by("at")
    assert (by_slug.status_code, by_slug.json()) == (
        201,
        {"id": first.pk, "service": "partner-api", "version": "v118", "at": AT, **UNSAID},
    )
    assert (by_name.status_code, by_name.json()) == (
        201,
        {
            "id": second.pk,
            "service": "partner-api",
            "version": "v119",
            "at": "2026-03-09T10:00:00Z",
            **UNSAID,
        },
    )
    assert {one.reported_by for one in (first, second)} == {responder}


def test_reported_again_it_is_the_same_row(
    program: Programs, responder: User, outsider: User, service: Service
) -> None:
    body = {"service": "partner-api", "version": "v118", "at": AT}

    first = program(responder).post("deployments", body)
    again = program(outsider).post("deployments", {**body, "service": "Partner API"})
    other = program(responder).post("deployments", {**body, "version": "v119"})

    assert [one.status_code for one in (first, again, other)] == [201, 200, 201]
    assert again.json() == first.json()
    assert Deployment.objects.get(version="v118").reported_by == responder


def test_without_a_time_it_went_live_now_and_a_key_makes_it_once(
    program: Programs, responder: User, service: Service
) -> None:
    caller, before = program(responder), now()
    body, key = {"service": "partner-api", "version": "v118"}, {"Idempotency-Key": "build-118"}

    first = caller.post("deployments", body, **key)
    again = caller.post("deployments", body, **key)
    conflict = caller.post("deployments", {**body, "version": "v119"}, **key)

    assert before <= datetime.fromisoformat(first.json()["at"]) <= now()
    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["Idempotent-Replayed"] == "true"
    assert (conflict.status_code, conflict.json()["code"]) == (409, "idempotency_conflict")
    assert Deployment.objects.count() == 1


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"service": "none"}, "service"),
        ({"service": "  "}, "service"),
        ({"service": 5}, "service"),
        ({"service": "p" * 121}, "service"),
        ({"version": " "}, "version"),
        ({"version": 118}, "version"),
        ({"version": "v" * 121}, "version"),
        ({"at": "2026-03-09T09:58:00"}, "at"),
        ({"at": "yesterday"}, "at"),
        ({"at": 1_773_000_000}, "at"),
        ({"at": "1969-12-31T23:59:59Z"}, "at"),
        ({"at": "0001-01-01T00:00:00+14:00"}, "at"),
        ({"at": "2199-01-01T00:00:00Z"}, "at"),
    ],
)
def test_what_cannot_be_a_deployment_is_named(
    program: Programs, responder: User, service: Service, given: dict[str, Any], field: str
) -> None:
    answer = program(responder).post(
        "deployments", {"service": "partner-api", "version": "v118", "at": AT, **given}
    )

    assert said(answer) == (422, "invalid", [field])
    assert not Deployment.objects.exists()


def test_each_missing_field_is_named(program: Programs, responder: User) -> None:
    assert said(program(responder).post("deployments", {})) == (
        422,
        "invalid",
        ["service", "version"],
    )


@pytest.mark.parametrize("sign", ["\\u0000", "\\ud800", "\\udfff"])
@pytest.mark.parametrize("field", ["service", "version"])
def test_text_that_cannot_be_stored_is_refused(
    program: Programs, responder: User, service: Service, field: str, sign: str
) -> None:
    texts = {"service": "partner-api", "version": "v118"}
    texts[field] += sign
    body = '{{"service": "{service}", "version": "{version}"}}'.format(**texts)

    answer = program(responder).post("deployments", body.encode())

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")


def test_a_clock_may_be_5_minutes_ahead(responder: User, service: Service) -> None:
    def report(ahead: timedelta) -> bool:
        _, is_new = report_deployment(
            by=responder, service=service, version="v118", at=now() + ahead
        )
        return is_new

    assert report(timedelta(minutes=4, seconds=50))
    with pytest.raises(Invalid):
        report(timedelta(minutes=5, seconds=1))


def test_the_action_takes_no_naive_time_and_no_stakeholder(
    responder: User, stakeholder: User, service: Service
) -> None:
    naive = now().replace(tzinfo=None)
    with pytest.raises(Invalid):
        report_deployment(by=responder, service=service, version="v118", at=naive)
    with pytest.raises(Forbidden):
        report_deployment(by=stakeholder, service=service, version="v118")


@pytest.mark.parametrize(("scope", "status"), [("ingest", 201), ("write", 201), ("read", 403)])
def test_the_scope_ingest_is_enough(
    program: Programs, responder: User, service: Service, scope: str, status: int
) -> None:
    answer = program(responder, scope).post(
        "deployments", {"service": "partner-api", "version": "v118"}
    )

    assert answer.status_code == status


@pytest.mark.django_db(transaction=True)
def test_two_reports_at_once_are_one_deployment(responder: User, service: Service) -> None:
    moment = now()

    def report() -> bool:
        _, is_new = report_deployment(by=responder, service=service, version="v118", at=moment)
        return is_new

    results = at_once(report, report)

    assert sorted(map(str, results)) == ["False", "True"]
    assert Deployment.objects.count() == 1
