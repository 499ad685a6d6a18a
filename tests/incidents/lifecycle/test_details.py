"""What is said about an incident: each field changes once, on the record, within its limits."""

from datetime import timedelta
from typing import Any

import pytest

from clock.queries import now
from deadlines.models import Deadline
from incidents.lifecycle.declaring import declare_incident
from incidents.lifecycle.details import change_incident
from incidents.lifecycle.times import correct_time
from incidents.record.models import TIME_NAMES, Incident, Service
from incidents.record.visibility import get_incident
from live import bell
from people.models import User
from refusals.errors import Forbidden, Invalid, NotVisible, Refused
from tests.conftest import Clock
from tests.incidents.cast import fresh, last_words

pytestmark = pytest.mark.django_db

CHANGES: list[tuple[str, Any, str, str]] = [
    ("title", "Logins fail", "title_changed", "renamed it: Logins fail"),
    ("statement", "Nobody signs in.", "statement_confirmed", "named the miss: Nobody signs in."),
    ("in_our_control", "The pool", "control_changed", "wrote what is in our control: The pool"),
    (
        "beyond_our_control",
        "The provider",
        "control_changed",
        "wrote what is beyond our control: The provider",
    ),
    ("blocker", "No access.", "blocker_changed", "named the blocker: No access."),
    ("severity", "sev2", "severity_changed", "changed severity from SEV1 to SEV2"),
    ("cadence", {"every_min": 5}, "cadence_changed", "set updates to every 5 minutes"),
    ("caused_by_change", True, "cause_marked", "marked it as caused by a change"),
    ("private", True, "privacy_changed", "made it private: only its roster sees it"),
    ("services", ["search"], "services_changed", "named the services: Search"),
]


@pytest.mark.parametrize(("field", "value", "kind", "words"), CHANGES)
def test_a_change_is_made_and_recorded_once(
    incident: Incident, commander: User, field: str, value: Any, kind: str, words: str
) -> None:
    Service.objects.create(name="Search", slug="search")
    change_incident(incident, by=commander, **{field: value})
    version = fresh(incident).version
    change_incident(incident, by=commander, **{field: value})
    if field == "services":
        assert [one.slug for one in incident.services.all()] == value
    else:
        assert getattr(fresh(incident), field) == value
    entry = incident.entries.get(kind=kind)
    assert (entry.text, entry.actor, fresh(incident).version) == (words, commander, version)


def test_every_change_announces_the_incident(
    incident: Incident,
    commander: User,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Any,
) -> None:
    rung: list[tuple[str, str]] = []
    monkeypatch.setattr(bell, "ring", lambda ringer, words: rung.append((ringer, words)))
    with django_capture_on_commit_callbacks(execute=True):
        change_incident(incident, by=commander, blocker="No access.")
    assert rung == [("topic", f"incident:{incident.pk}")]
    rung.clear()
    with django_capture_on_commit_callbacks(execute=True):
        change_incident(incident, by=commander, blocker="No access.")
    assert rung == []


def test_one_refused_field_changes_none(incident: Incident, commander: User) -> None:
    with pytest.raises(Invalid) as caught:
        change_incident(incident, by=commander, title="Logins fail", chat_url="ftp://x")
    assert list(caught.value.errors) == ["chat_url"]
    assert (fresh(incident).title, incident.entries.count()) == ("API calls fail", 1)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", " "),
        ("title", "x" * 201),
        ("title", "x\x00"),
        ("statement", "x" * 501),
        ("statement", "\ud800"),
        ("in_our_control", "x" * 2001),
        ("blocker", "x" * 301),
        ("chat_url", "javascript:alert(1)"),
        ("chat_url", "https://" + "x" * 500 + ".example"),
        ("call_url", "call.example"),
        ("severity", "sev0"),
        ("cadence", "hourly"),
        ("cadence", {"every_min": 16}),
        ("cadence", {"every_min": 0}),
        ("services", ["nothing"]),
        ("services", ["x\x00"]),
        ("owner", "me"),
    ],
)
def test_what_cannot_be_kept_is_refused_by_its_name(
    incident: Incident, commander: User, field: str, value: Any
) -> None:
    with pytest.raises(Invalid) as caught:
        change_incident(incident, by=commander, **{field: value})
    assert list(caught.value.errors) == [field]
    assert incident.entries.count() == 1


def test_p02_the_miss_keeps_a_name(incident: Incident, commander: User) -> None:
    change_incident(incident, by=commander, statement="Orders fail.")
    with pytest.raises(Invalid):
        change_incident(incident, by=commander, statement=" ")
    assert fresh(incident).statement == "Orders fail."


def test_p40_a_higher_severity_moves_the_triage_window_too(commander: User, clock: Clock) -> None:
    incident = declare_incident(by=commander, title="It is slow", severity="sev3")
    assert not Deadline.objects.open().filter(kind="fix_owner").exists()
    clock.advance(minutes=4)
    change_incident(incident, by=commander, severity="sev1")
    asked = Deadline.objects.open().get(kind="fix_owner")
    assert asked.due_at == incident.declared_at + timedelta(minutes=15)
    change_incident(incident, by=commander, severity="sev4")
    assert not Deadline.objects.open().filter(kind="fix_owner").exists()


@pytest.mark.parametrize("name", TIME_NAMES)
def test_a_time_of_the_future_is_refused(incident: Incident, commander: User, name: str) -> None:
    with pytest.raises(Invalid) as caught:
        correct_time(
            incident, by=commander, name=name, at=now() + timedelta(minutes=1), reason="A guess."
        )
    assert list(caught.value.errors) == [f"times.{name}"]


def test_impact_may_have_started_after_the_detection(
    incident: Incident, commander: User, clock: Clock
) -> None:
    clock.advance(minutes=5)
    at = now()
    corrected = correct_time(incident, by=commander, name="impact_started_at", at=at, reason="")
    assert (corrected.impact_started_at, corrected.time_sources["impact_started_at"]) == (
        at,
        {"source": "manual", "by": commander.email, "reason": ""},
    )
    with pytest.raises(Refused) as caught:
        correct_time(incident, by=commander, name="impact_started_at", at=None, reason="")
    assert caught.value.code == "reason_required"


def test_an_end_never_lies_before_its_start(incident: Incident, commander: User) -> None:
    with pytest.raises(Invalid) as caught:
        change_incident(
            incident,
            by=commander,
            times={
                "mitigated_at": {
                    "at": incident.declared_at - timedelta(minutes=1),
                    "reason": "The graph says so.",
                }
            },
        )
    assert list(caught.value.errors) == ["times.mitigated_at"]


def test_private_and_unknown_look_alike(
    incident: Incident, commander: User, outsider: User, stakeholder: User, admin: User
) -> None:
    change_incident(incident, by=commander, private=True)
    for person in (outsider, stakeholder):
        with pytest.raises(NotVisible):
            get_incident(person, incident.ref)
        with pytest.raises(NotVisible):
            change_incident(incident, by=person, blocker="I see it.")
    assert get_incident(admin, incident.ref.lower()) == incident
    for ref in ("INC-0", "INC-999999", "INC-1x", "1", "INC-٣"):
        with pytest.raises(NotVisible):
            get_incident(admin, ref)


def test_a_stakeholder_changes_nothing(incident: Incident, stakeholder: User) -> None:
    with pytest.raises(Forbidden):
        change_incident(incident, by=stakeholder, blocker="Me.")


def test_a_near_miss_is_reported_in_one_step(commander: User) -> None:
    near = declare_incident(
        by=commander,
        title="The lock file saved us",
        severity="sev4",
        kind="near_miss",
        occurred_at=now() - timedelta(hours=2),
    )
    assert last_words(near, "declared") == ["declared SEV4: The lock file saved us"]
    assert near.entries.get().afterwards is True
    assert not Deadline.objects.open().filter(incident_id=near.pk).exists()
