"""Legal clocks (P66): started by a template or a time, settled with proof, stopped by no end."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from clock.queries import now
from deadlines.actions import sweep
from deadlines.models import Deadline
from incidents.lifecycle.actions import AllClear, change_status, what_is_open
from incidents.lifecycle.declaring import declare_incident
from incidents.lifecycle.details import change_incident
from incidents.lifecycle.merging import merge_incident
from incidents.obligations.actions import decline_obligation, file_obligation, start_obligation
from incidents.obligations.models import Obligation, ObligationStep, ObligationTemplate
from incidents.record.models import Incident, SeverityPolicy
from incidents.record.timeline import verify
from incidents.roster.actions import join
from notifications.models import Delivery
from people.actions import deactivate_person
from people.models import User
from refusals.errors import Invalid, Refused
from tests.conftest import Clock
from tests.incidents.cast import fresh, last_words
from tests.matrix.hidden import signed_in
from tests.programs import Program, Programs

pytestmark = pytest.mark.django_db


@pytest.fixture
def api(program: Programs, commander: User) -> Program:
    """The commander's program."""
    return program(commander)


@pytest.fixture
def owed(incident: Incident, commander: User, responder: User) -> Obligation:
    """Tunde tells the authority within 72 hours."""
    (made,) = start_obligation(
        incident,
        by=commander,
        name="Tell the authority",
        aware_at=now(),
        due_at=now() + timedelta(hours=72),
        owner=responder,
    )
    return made


def resolve(incident: Incident, by: User) -> Incident:
    return change_status(
        incident,
        by=by,
        to="resolved",
        all_clear=AllClear("It works.", statement="Three of four API calls fail."),
        override_reason="No signal yet.",
    )


def asked(step: str) -> list[str]:
    rows = Delivery.objects.filter(kind="obligation", channel="in_app", step=step)
    rows = rows.exclude(state="cancelled")
    return sorted(rows.values_list("person__name", flat=True))


def test_p66_four_regimes_are_there_and_an_administrator_keeps_them(admin: User, db: None) -> None:
    kept = {
        one.slug: [(step.name, step.hours, step.months) for step in one.steps.all()]
        for one in ObligationTemplate.objects.all()
    }
    three = [("Incident notification", 72, None), ("Final report", None, 1)]
    assert kept["gdpr"] == [("Notification of the authority", 72, None)]
    assert sorted(kept) == ["cra", "dora", "gdpr", "nis2"]
    assert sorted(kept["nis2"], key=str) == sorted([("Early warning", 24, None), *three], key=str)
    gdpr = ObligationTemplate.objects.get(slug="gdpr")
    step = gdpr.steps.get()
    answer = signed_in(admin).post(
        f"/admin/incidents/obligationtemplate/{gdpr.pk}/change/",
        {
            "name": "GDPR, Article 33",
            "slug": "gdpr",
            "advice": "Ask Legal.",
            "steps-TOTAL_FORMS": "1",
            "steps-INITIAL_FORMS": "1",
            "steps-MIN_NUM_FORMS": "0",
            "steps-MAX_NUM_FORMS": "1000",
            "steps-0-id": str(step.pk),
            "steps-0-template": str(gdpr.pk),
            "steps-0-name": "Notification",
            "steps-0-hours": "48",
            "steps-0-months": "",
        },
    )
    assert answer.status_code == 302
    step.refresh_from_db()
    gdpr.refresh_from_db()
    assert (gdpr.name, step.name, step.hours) == ("GDPR, Article 33", "Notification", 48)


@pytest.mark.parametrize(
    ("aware", "due"),
    [
        (datetime(2026, 1, 31, 4, tzinfo=UTC), datetime(2026, 2, 28, 4, tzinfo=UTC)),
        (datetime(2026, 12, 15, 4, tzinfo=UTC), datetime(2027, 1, 15, 4, tzinfo=UTC)),
        (datetime(2028, 1, 31, 4, tzinfo=UTC), datetime(2028, 2, 29, 4, tzinfo=UTC)),
    ],
)
def test_p66_a_month_ends_on_the_same_day_or_the_last_of_a_shorter_one(
    aware: datetime, due: datetime
) -> None:
    assert ObligationStep(months=1).due_after(aware) == due


def test_p66_nothing_is_filed_before_anybody_was_aware_of_it_nor_in_time_to_come(
    owed: Obligation, responder: User
) -> None:
    for at in (owed.aware_at - timedelta(seconds=1), now() + timedelta(hours=1)):
        with pytest.raises(Invalid) as caught:
            file_obligation(owed.pk, by=responder, reference="DPA-118", at=at)
        assert list(caught.value.errors) == ["at"]
    filed = file_obligation(owed.pk, by=responder, reference="DPA-118", at=owed.aware_at)
    assert (filed.filed_at, filed.reference) == (owed.aware_at, "DPA-118")


def test_p66_the_api_starts_files_and_declines(
    api: Program, incident: Incident, responder: User
) -> None:
    join(incident, by=responder)
    aware = now() - timedelta(hours=2)
    made = api.post(
        f"incidents/{incident.ref}/obligations",
        {
            "name": "GDPR",
            "template": "gdpr",
            "aware_at": aware.isoformat(),
            "owner": responder.email,
        },
    )
    assert made.status_code == 201
    first = made.json()
    assert datetime.fromisoformat(first["due_at"]) == aware + timedelta(hours=72)
    shown = {
        name: first[name] for name in ("name", "template", "owner", "state", "overdue", "also")
    }
    assert shown == {
        "name": "GDPR",
        "template": "gdpr",
        "owner": responder.email,
        "state": "owed",
        "overdue": False,
        "also": [],
    }
    listed = api.get(f"incidents/{incident.ref}").json()["obligations"]
    assert [one["id"] for one in listed] == [first["id"]]
    place = f"obligations/{first['id']}"
    bare = api.post(f"{place}/file", {"reference": " "})
    assert (bare.status_code, bare.json()["code"]) == (409, "proof_required")
    filed = api.post(f"{place}/file", {"reference": "DPA-2026-118"}).json()
    assert (filed["state"], filed["reference"], filed["late_by_s"]) == (
        "filed",
        "DPA-2026-118",
        None,
    )
    assert api.post(f"{place}/file", {"reference": "Another"}).json()["reference"] == "DPA-2026-118"
    declined = api.post(f"{place}/decline", {"reason": "No personal data was read."})
    assert (declined.status_code, declined.json()["code"]) == (409, "invalid_transition")
    three = api.post(
        f"incidents/{incident.ref}/obligations",
        {
            "name": "NIS2",
            "template": "NIS2",
            "aware_at": aware.isoformat(),
            "owner": responder.email,
        },
    ).json()
    names = [three["name"], *(one["name"] for one in three["also"])]
    assert names == ["NIS2: Early warning", "NIS2: Incident notification", "NIS2: Final report"]
    empty = api.post(f"obligations/{three['id']}/decline", {"reason": " "})
    assert (empty.status_code, empty.json()["code"]) == (409, "reason_required")
    gone = api.post(f"obligations/{three['id']}/decline", {"reason": "We are no such entity."})
    assert (gone.json()["state"], gone.json()["declined_because"]) == (
        "declined",
        "We are no such entity.",
    )


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("name", {"name": "", "template": None}),
        ("aware_at", {"aware_at": None}),
        ("aware_at", {"aware_at": "2199-01-01T00:00:00Z"}),
        ("due_at", {"template": None}),
        ("due_at", {"due_at": "2001-01-01T00:00:00Z"}),
        ("template", {"template": "hipaa"}),
        ("owner", {"owner": "ingrid@example.com"}),
        ("owner", {"owner": "nobody@example.com"}),
    ],
)
def test_p66_what_is_missing_is_said_at_its_field(
    api: Program, incident: Incident, stakeholder: User, field: str, change: dict[str, Any]
) -> None:
    whole = {
        "name": "GDPR",
        "template": "gdpr",
        "aware_at": now().isoformat(),
        "owner": "maya@example.com",
    }
    given = {name: value for name, value in {**whole, **change}.items() if value is not None}
    answer = api.post(f"incidents/{incident.ref}/obligations", given)
    assert answer.status_code == 422
    assert [one["field"] for one in answer.json()["errors"]] == [field]


def test_p66_its_ladder_runs_at_any_hour_and_after_the_end(
    owed: Obligation, incident: Incident, commander: User, admin: User, clock: Clock
) -> None:
    SeverityPolicy.objects.get(severity="sev1").escalation_contacts.set([admin])
    assert Delivery.objects.filter(kind="obligation_given", channel="in_app").count() == 1
    resolve(incident, commander)
    clock.advance(hours=61)
    sweep()
    assert asked("before") == ["Tunde Okafor"]
    clock.advance(hours=11, minutes=1)
    sweep()
    # Nobody commands any more: the next in line, here the administrator.
    assert asked("due") == ["Ada Quist", "Tunde Okafor"]
    assert last_words(incident, "deadline_missed") == [
        "“Tell the authority” was not filed when it was due"
    ]
    clock.advance(hours=4)
    sweep()
    assert asked("escalated") == ["Ada Quist", "Tunde Okafor"]
    file_obligation(owed.pk, by=commander, reference="DPA-118")
    assert not Deadline.objects.open().filter(kind="obligation").exists()
    assert last_words(incident, "obligation_filed") == [
        "filed “Tell the authority” after it was due: DPA-118"
    ]
    assert verify(fresh(incident)) is None


def test_p66_what_is_due_by_then_is_settled_before_closing(
    owed: Obligation, incident: Incident, commander: User, clock: Clock
) -> None:
    resolve(incident, commander)
    assert [one for one in what_is_open(incident) if one["kind"] == "obligation"] == []
    clock.advance(hours=73)
    named = {"kind": "obligation", "text": "Obligation: Tell the authority (Tunde Okafor)"}
    assert named in what_is_open(incident)
    with pytest.raises(Refused) as refused:
        change_status(incident, by=commander, to="closed")
    assert refused.value.code == "not_closable"
    assert named in refused.value.facts["open"]
    decline_obligation(owed.pk, by=commander, reason="No personal data was read.")
    assert named not in what_is_open(incident)


def test_p66_it_stands_in_the_war_room_the_all_clear_and_the_review_and_nowhere_outside(
    owed: Obligation, incident: Incident, commander: User, stakeholder: User, clock: Clock
) -> None:
    browser = signed_in(commander)
    room = browser.get(incident.get_absolute_url()).content.decode()
    assert f'id="obligation-{owed.pk}"' in room
    assert (
        "Legal clocks that run on"
        in browser.get(f"/incidents/{incident.ref}/status/").content.decode()
    )
    place = f"/incidents/{incident.ref}/obligations/"
    assert "NIS2" in browser.get(place).content.decode()
    made = browser.post(
        place,
        {
            "template": str(ObligationTemplate.objects.get(slug="gdpr").pk),
            "name": "",
            "aware_at": f"{now() - timedelta(hours=1):%Y-%m-%dT%H:%M}",
            "owner": str(commander.pk),
        },
    )
    assert made.status_code == 302
    assert Obligation.objects.filter(name="GDPR", owner=commander).count() == 1
    refused = browser.post(f"{place}{owed.pk}/", {"to": "filed", "reference": ""})
    assert refused.status_code == 409
    clock.advance(hours=73)
    browser.post(f"{place}{owed.pk}/", {"to": "filed", "reference": "DPA-118"})
    settled = browser.get(f"{place}{owed.pk}/").content.decode()
    assert "DPA-118" in settled
    assert '<button class="primary">' not in settled, "nothing is sent any more"
    resolve(incident, commander)
    review = browser.get(f"/postmortems/{incident.ref}/").content.decode()
    assert "DPA-118" in review
    assert "late" in review
    markdown = browser.get(f"/postmortems/{incident.ref}/?as=md").content.decode()
    assert "## Legal clocks" in markdown
    assert "DPA-118" in markdown
    outside = signed_in(stakeholder).get(f"/stakeholders/{incident.ref}/").content.decode()
    assert "DPA-118" not in outside
    assert "Tell the authority" not in outside


def test_p66_it_moves_along_with_a_merge_and_stays_inside_a_private_one(
    owed: Obligation, incident: Incident, commander: User, responder: User
) -> None:
    target = declare_incident(by=commander, title="The same", severity="sev1")
    merge_incident(incident, by=commander, into=target, reason="One cause.")
    owed.refresh_from_db()
    assert owed.incident == target
    clock_of = Deadline.objects.open().get(kind="obligation")
    assert (clock_of.incident_id, clock_of.due_at) == (target.pk, owed.due_at)
    secret = declare_incident(by=commander, title="Canary", severity="sev1", private=True)
    with pytest.raises(Invalid):
        start_obligation(secret, by=commander, name="Tell", aware_at=now(), owner=responder)
    (kept,) = start_obligation(
        secret,
        by=commander,
        name="Tell",
        aware_at=now(),
        due_at=now() + timedelta(days=1),
        owner=commander,
    )
    merge_incident(secret, by=commander, into=target, reason="One cause.")
    kept.refresh_from_db()
    assert kept.incident == secret


def test_p66_who_leaves_hands_it_on_at_the_same_due_time(
    owed: Obligation, incident: Incident, responder: User, admin: User
) -> None:
    deactivate_person(responder, by=admin)
    owed.refresh_from_db()
    clock_of = Deadline.objects.open().get(kind="obligation")
    assert (owed.owner, clock_of.owner, clock_of.due_at) == (admin, admin, owed.due_at)


def test_p66_a_private_incident_tells_its_owner_outside_nothing(
    owed: Obligation, incident: Incident, commander: User, clock: Clock
) -> None:
    change_incident(incident, by=commander, private=True)
    clock.advance(hours=72, minutes=1)
    sweep()
    assert asked("due") == ["Maya Köhler"]
