"""Tools post with the key of a service; it opens one incident, or is refused in words."""

import hashlib
import hmac
import json
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from alerts.models import Alert
from clock.queries import now
from config.retention import forget_what_is_old
from incidents.deployments.models import Deployment
from incidents.record.models import Incident, Service
from incidents.roster.actions import join
from integrations.models import KeptBody
from people.models import User
from tests.conftest import Clock
from tests.incidents.board.test_board_races import at_once
from tests.incidents.cast import last_words
from tests.integrations.bodies import (
    AT,
    BODIES,
    OVER,
    alertmanager,
    event,
    generic,
    github,
    gitlab,
    grafana,
    old_grafana,
    pagerduty,
)
from tests.integrations.posting import post, refused, taken
from tests.programs import Programs

pytestmark = pytest.mark.django_db

TOOLS = list(BODIES)


@pytest.mark.parametrize("tool", TOOLS)
def test_each_tool_opens_one_incident_repeats_nothing_and_says_when_it_is_over(
    tool: str, key: str, shop: Service
) -> None:
    for _ in range(3):
        assert post(tool, key, BODIES[tool]()).status_code in (200, 202)
    incident = Incident.objects.get()
    assert list(incident.services.all()) == [shop]
    seq = incident.last_seq
    for _ in range(2):
        assert post(tool, key, OVER[tool]).status_code in (200, 202)
    assert not Alert.objects.firing().exists()
    assert Incident.objects.get().last_seq == seq + 1
    assert len(last_words(incident, "alert_over")) == 1


@pytest.mark.parametrize("tool", TOOLS)
def test_an_end_as_the_first_message_opens_nothing(tool: str, key: str) -> None:
    assert post(tool, key, OVER[tool]).status_code in (200, 202)
    assert not Incident.objects.exists()


def test_an_alert_of_alertmanager_is_read_whole(
    key: str, responder: User, program: Programs
) -> None:
    ref = taken(post("alertmanager", key, alertmanager()))
    incident = Incident.objects.get()
    assert (incident.ref, incident.title, incident.severity) == (
        ref,
        "Three of four calls fail",
        "sev1",
    )
    assert incident.detected_at is not None
    assert incident.detected_at.isoformat() == "2026-03-12T02:47:00.123456+00:00"
    (alert,) = program(responder).get(f"incidents/{ref}/alerts").json()["items"]
    received = alert.pop("received_at")
    assert received is not None
    assert alert == {
        "id": Alert.objects.get().pk,
        "incident": ref,
        "tool": "alertmanager",
        "name": "HighErrors",
        "summary": "Three of four calls fail",
        "url": "http://prometheus.example/graph?g0.expr=up",
        "severity": "critical",
        "labels": {"alertname": "HighErrors", "severity": "critical", "instance": "shop-1"},
        "state": "firing",
        "started_at": "2026-03-12T02:47:00.123456Z",
        "ended_at": None,
        "fired": 1,
        "flapping": False,
        "acknowledged_at": None,
        "noise": False,
        "noise_at": None,
        "noise_by": None,
    }


def test_p56_an_alert_is_marked_as_noise_over_the_api(
    key: str, responder: User, program: Programs
) -> None:
    ref = taken(post("alertmanager", key, alertmanager()))
    caller, alert = program(responder), Alert.objects.get()
    said = caller.post(f"alerts/{alert.pk}/noise").json()
    assert (said["noise"], said["noise_by"]) == (
        True,
        {"email": "tunde@example.com", "name": "Tunde Okafor"},
    )
    assert caller.delete(f"alerts/{alert.pk}/noise").json()["noise"] is False
    assert caller.get(f"incidents/{ref}/alerts").json()["items"][0]["noise"] is False


def test_a_root_that_fires_with_parts_that_are_over_goes_by_each_part(key: str) -> None:
    first, second = alertmanager()["alerts"][0], alertmanager("resolved")["alerts"][0]
    second = {**second, "fingerprint": "beef"}
    third = {**first, "fingerprint": "cafe"}
    ref = taken(post("alertmanager", key, alertmanager(alerts=[first, second, third])))
    assert Alert.objects.count() == 2
    over = {**second, "fingerprint": "cafe"}
    assert taken(post("alertmanager", key, alertmanager(alerts=[first, over]))) == ref
    assert [one.is_firing for one in Alert.objects.order_by("id")] == [True, False]


def test_alerts_that_were_left_out_are_said_and_end_with_the_group(key: str) -> None:
    more = {**alertmanager()["alerts"][0], "fingerprint": "beef"}
    both = [*alertmanager()["alerts"], more]
    post("alertmanager", key, alertmanager(alerts=both, truncatedAlerts=5))
    incident = Incident.objects.get()
    assert last_words(incident, "alert_fired") == [
        "HighErrors and 1 more fire (alertmanager); 2 firing now, and 5 more that were not listed"
    ]
    post("alertmanager", key, alertmanager("resolved", truncatedAlerts=6))
    assert not Alert.objects.firing().exists()


def test_alerts_without_a_fingerprint_are_told_apart_by_their_labels(key: str) -> None:
    one = {**alertmanager()["alerts"][0], "fingerprint": ""}
    other = {**one, "labels": {**one["labels"], "instance": "shop-2"}}
    for _ in range(2):
        taken(post("alertmanager", key, alertmanager(alerts=[one, other])))
    assert Alert.objects.count() == 2


def test_a_group_that_is_called_anew_stays_one_incident(key: str) -> None:
    ref = taken(post("alertmanager", key, alertmanager()))
    assert taken(post("alertmanager", key, alertmanager(groupKey='{}/{a="b"}:{}'))) == ref
    assert Incident.objects.count() == 1


def test_the_older_alerting_of_grafana_is_read_too(key: str) -> None:
    assert post("grafana", key, old_grafana("ok")).json()["status"] == "taken"
    assert post("grafana", key, old_grafana("pending")).json() == {
        "status": "ignored",
        "incident": None,
    }
    assert not Incident.objects.exists()
    taken(post("grafana", key, old_grafana()))
    assert Incident.objects.get().severity == "sev3"
    post("grafana", key, old_grafana("ok"))
    assert not Alert.objects.firing().exists()


def test_events_are_answered_as_their_api_does(key: str) -> None:
    answer = post("events", key, event())
    assert (answer.status_code, answer.json()) == (
        202,
        {"status": "success", "message": "Event processed", "dedup_key": "shop/errors"},
    )
    assert post("events", key, event("acknowledge"), "/v2/enqueue").status_code == 202
    assert Alert.objects.get().acknowledged_at is not None
    assert len(last_words(Incident.objects.get(), "alert_acknowledged")) == 1
    made = post("events", key, event(dedup_key=None), "/v2/enqueue").json()["dedup_key"]
    assert (len(made), Incident.objects.count()) == (36, 2)
    assert post("events", key, event("acknowledge", dedup_key="other")).status_code == 202
    assert Incident.objects.count() == 2


def test_pagerduty_tells_of_other_things_too(key: str) -> None:
    for kind in ("pagey.ping", "service.updated", "incident.annotated", "incident.acknowledged"):
        assert post("pagerduty", key, pagerduty(kind)).status_code == 200
    assert not Incident.objects.exists()
    assert not KeptBody.objects.exists()


def test_github_and_gitlab_say_what_went_live(key: str, shop: Service) -> None:
    raw = json.dumps(github()).encode()
    good = "sha256=" + hmac.new(key.encode(), raw, hashlib.sha256).hexdigest()
    event_of = {"X-GitHub-Event": "deployment_status"}
    for _ in range(2):
        answer = post("github", key, raw, **event_of, **{"X-Hub-Signature-256": good})
        assert (answer.status_code, answer.json()["status"]) == (200, "taken")
    wrong = post("github", key, raw, **event_of, **{"X-Hub-Signature-256": "sha256=00"})
    assert refused(wrong) == (401, "unauthenticated")
    assert post("github", key, github("failure"), **event_of).json()["status"] == "ignored"
    ping = post("github", key, {"zen": "Keep it."}, **{"X-GitHub-Event": "ping"})
    assert ping.json()["status"] == "ignored"
    assert post("gitlab", key, gitlab(), **{"X-Gitlab-Token": key}).json()["status"] == "taken"
    assert refused(post("gitlab", key, gitlab(), **{"X-Gitlab-Token": "x"}))[0] == 401
    assert post("gitlab", key, gitlab("failed")).json()["status"] == "ignored"
    rows = Deployment.objects.order_by("id")
    assert [
        (one.service, one.version, one.by, one.environment, one.url, f"{one.at:%H:%M}")
        for one in rows
    ] == [
        (shop, "a84d88e7554f", "octo", "production", "https://shop.example", "02:30"),
        (shop, "279484c0", "ada", "production", "https://shop.example", "02:30"),
    ]


WRONG: dict[str, list[Any]] = {
    "alertmanager": [
        alertmanager(version="5"),
        {name: said for name, said in alertmanager().items() if name != "groupKey"},
        alertmanager(groupKey=""),
        alertmanager(groupKey={}),
        alertmanager(alerts="none"),
        alertmanager(alerts=[7]),
        alertmanager(status="on fire"),
    ],
    "grafana": [
        grafana(version="7"),
        grafana(groupKey=None),
        old_grafana("burning"),
        old_grafana(ruleId=None, ruleName=""),
    ],
    "pagerduty": [{"messages": []}, {"event": {}}, pagerduty(id=None), {"event": "x"}],
    "events": [
        event("explode"),
        event(payload={}),
        event("resolve", dedup_key=None),
        event(dedup_key="x" * 300),
        event(dedup_key=[1]),
    ],
    "generic": [{"title": "No group"}, {"group": "x"}, generic("perhaps"), generic(group=[])],
    "github": [{}, {"deployment_status": 7}],
    "gitlab": [{}, {"object_kind": "deployment", "status": "success"}],
}
GARBAGE = [b"", b"{", b"\xff\xfe", b"[]", b"7", b'"x"', b"null", b"[" * 100_000]


@pytest.mark.parametrize("tool", list(WRONG))
def test_what_cannot_be_read_is_refused_and_kept_for_a_week(
    tool: str, key: str, clock: Clock
) -> None:
    bodies = [*WRONG[tool], *GARBAGE]
    for body in bodies:
        answer = post(tool, key, body)
        assert (body, *refused(answer)) in (
            (body, 422, "invalid"),
            (body, 400, "malformed"),
        )
    assert not Incident.objects.exists()
    assert KeptBody.objects.filter(tool=tool).count() == len(bodies)
    kept = KeptBody.objects.earliest("id")
    assert (json.loads(bytes(kept.body)), kept.why != "") == (bodies[0], True)
    clock.advance(days=6)
    forget_what_is_old()
    assert KeptBody.objects.count() == len(bodies)
    clock.advance(days=1, minutes=1)
    assert forget_what_is_old()["unreadable bodies"] == len(bodies)


@pytest.mark.parametrize("tool", TOOLS)
def test_times_ahead_and_odd_words_are_read_as_far_as_they_go(tool: str, key: str) -> None:
    ahead = (now() + timedelta(days=400)).isoformat()
    odd = json.dumps(BODIES[tool]()).replace(AT, ahead).replace("HighErrors", "\\u202eHigh " * 50)
    assert post(tool, key, odd.encode()).status_code in (200, 202)
    incident = Incident.objects.get()
    assert incident.detected_at is not None
    assert incident.detected_at <= now()
    assert all(one.started_at <= now() and len(one.name) <= 200 for one in Alert.objects.all())


@pytest.mark.parametrize(("tool", "body"), [("github", github()), ("gitlab", gitlab())])
def test_what_went_live_in_the_future_is_refused_and_just_ahead_is_of_now(
    tool: str, body: dict[str, Any], key: str
) -> None:
    def told(ahead: timedelta) -> Any:
        moment = f"{now() + ahead:%Y-%m-%dT%H:%M:%SZ}"
        words = json.dumps(body).replace("2026-03-12T02:30:00Z", moment)
        return post(tool, key, words.replace("2026-03-12 03:30:00 +0100", moment).encode())

    assert refused(told(timedelta(days=400))) == (422, "invalid")
    assert refused(told(timedelta(minutes=6))) == (422, "invalid")
    assert told(timedelta(minutes=4)).json()["status"] == "taken"
    assert Deployment.objects.count() == 1


TIMED: dict[str, tuple[Any, Any]] = {
    "alertmanager": (alertmanager(), OVER["alertmanager"]),
    "grafana": (grafana(), OVER["grafana"]),
    "pagerduty": (pagerduty(), OVER["pagerduty"]),
    "events": (
        event(payload={"summary": "Full", "timestamp": AT}),
        event("resolve", payload={"timestamp": "2026-03-12T02:59:00Z"}),
    ),
    "generic": (generic(at=AT), generic("ok", at="2026-03-12T02:59:00Z")),
}


@pytest.mark.parametrize("tool", TIMED)
def test_what_was_recorded_and_is_posted_again_later_opens_and_changes_nothing(
    tool: str, key: str
) -> None:
    fires, over = TIMED[tool]
    for body in (fires, over):
        assert post(tool, key, body).status_code in (200, 202)
    before = Incident.objects.get()
    for body in (fires, over, fires):
        assert post(tool, key, body).status_code in (200, 202)
    after = Incident.objects.get()
    assert (after.last_seq, after.version) == (before.last_seq, before.version)
    assert not Alert.objects.firing().exists()


@pytest.mark.parametrize("tool", list(WRONG))
def test_no_hook_takes_513_kb(tool: str, key: str) -> None:
    body = {**{**BODIES, "github": github, "gitlab": gitlab}[tool](), "more": "x" * 513 * 1024}
    assert refused(post(tool, key, body)) == (413, "too_large")
    assert (Incident.objects.count(), Deployment.objects.count()) == (0, 0)
    assert not KeptBody.objects.exists()


def test_a_private_incident_is_not_named_to_the_tool(key: str) -> None:
    taken(post("generic", key, generic()))
    Incident.objects.update(private=True)
    assert post("generic", key, generic()).json() == {"status": "taken", "incident": None}


def test_a_storm_of_twenty_groups_opens_twenty_incidents(key: str) -> None:
    for group in range(20):
        alerts = [
            {**alertmanager()["alerts"][0], "fingerprint": f"{group}-{number}"}
            for number in range(500)
        ]
        for _ in range(2):
            taken(post("alertmanager", key, alertmanager(groupKey=f"g{group}", alerts=alerts)))
    assert (Incident.objects.count(), Alert.objects.count()) == (20, 10_000)


def test_p01_what_an_alert_opened_begins_when_somebody_joins(key: str, responder: User) -> None:
    taken(post("generic", key, generic()))
    incident = Incident.objects.get()
    assert incident.unattended
    join(incident, by=responder)
    assert Incident.objects.get().next_update_at is not None


@pytest.mark.django_db(transaction=True)
def test_fifty_posts_at_once_are_one_incident(key: str) -> None:
    answers = at_once(*[lambda: post("alertmanager", key, alertmanager())] * 50)
    assert {taken(one) for one in answers} == {Incident.objects.get().ref}


@pytest.mark.django_db(transaction=True)
def test_fifty_posts_at_once_of_every_tool_are_one_incident_or_one_deployment_each(
    key: str,
) -> None:
    said = {
        **{tool: made() for tool, made in BODIES.items()},
        "github": github(),
        "gitlab": gitlab(),
    }
    posts = [partial(post, tool, key, body) for tool, body in said.items() for _ in range(8)]
    answers = at_once(*posts)
    assert {one.status_code for one in answers} == {200, 202}
    assert (Incident.objects.count(), Alert.objects.count()) == (len(BODIES), len(BODIES))
    assert Deployment.objects.count() == 2
