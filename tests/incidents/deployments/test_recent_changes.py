"""What changed just before, on the signals' time axis, and *this one* in a click (P17)."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from clock.queries import now
from incidents.deployments.actions import report_deployment
from incidents.deployments.models import Deployment, Suspect
from incidents.deployments.queries import incidents_reached_by, recent_changes
from incidents.deployments.suspecting import suspect_deployment, way_back_of
from incidents.endstate.signals import add_signal, record_samples
from incidents.hypotheses.actions import add_evidence
from incidents.lifecycle.actions import change_status
from incidents.lifecycle.details import change_incident
from incidents.record.models import Incident, Service
from people.models import User
from refusals.errors import Forbidden, NotVisible
from tests.conftest import Clock
from tests.incidents.cast import fresh, last_words
from tests.programs import Programs

pytestmark = pytest.mark.django_db


def service(name: str, *needs: Service) -> Service:
    """A service that depends on others."""
    made = Service.objects.create(name=name, slug=name)
    made.depends_on.set(needs)
    return made


@pytest.fixture
def partner_api(incident: Incident, commander: User) -> Service:
    """The incident's service; the database is needed by what it needs."""
    database = service("database")
    export = service("export", database)
    database.depends_on.add(export)
    service("newsletter")
    api = service("api", export)
    change_incident(incident, by=commander, services=["api"])
    return api


def went_live(by: User, name: str, version: str, **ago: float) -> Deployment:
    """A deployment so long before the present."""
    deployment, _ = report_deployment(
        by=by, service=name, version=version, at=now() - timedelta(**ago)
    )
    return deployment


def shown(incident: Incident) -> list[str]:
    return [f"{one.service} {one.version}" for one in recent_changes(incident).deployments]


def test_p17_deployments_of_what_it_depends_on_stand_there_the_newest_first(
    incident: Incident, commander: User, partner_api: Service
) -> None:
    went_live(commander, "api", "412", minutes=19)
    went_live(commander, "export", "v118", minutes=3)
    went_live(commander, "database", "17.2", minutes=90)
    went_live(commander, "newsletter", "9", minutes=5)
    went_live(commander, "api", "399", hours=2, minutes=5)
    assert shown(incident) == ["export v118", "api 412", "database 17.2"]


def test_p17_the_strip_looks_back_two_hours_from_the_impact_until_now_or_the_end(
    incident: Incident, commander: User, partner_api: Service, clock: Clock
) -> None:
    began = clock.now - timedelta(hours=3)
    change_incident(
        incident,
        by=commander,
        times={"impact_started_at": {"at": began, "reason": "The graph says so"}},
    )
    incident = fresh(incident)
    early = went_live(commander, "api", "398", hours=4, minutes=50)
    went_live(commander, "api", "397", hours=5, minutes=10)
    late = went_live(commander, "api", "413", minutes=1)
    strip = recent_changes(incident)
    assert [(one.id, one.is_before) for one in strip.deployments] == [
        (late.pk, False),
        (early.pk, True),
    ]
    assert (strip.since, strip.impact_at) == (began - timedelta(hours=2), began)
    assert [one.x for one in strip.deployments] == sorted(
        (one.x for one in strip.deployments), reverse=True
    )
    assert 0 <= strip.deployments[1].x < strip.impact_x < strip.deployments[0].x <= 100


def test_p17_the_strip_of_a_cancelled_one_ends_with_it(
    incident: Incident, commander: User, partner_api: Service, clock: Clock
) -> None:
    went_live(commander, "api", "412", minutes=5)
    clock.advance(minutes=30)
    over = change_status(incident, by=commander, to="cancelled", reason="The probe was wrong.")
    clock.advance(minutes=30)
    later = went_live(commander, "api", "413", minutes=10)
    strip = recent_changes(incident)
    assert ([one.version for one in strip.deployments], strip.until) == (["412"], over.ended_at)
    with pytest.raises(NotVisible):
        suspect_deployment(incident, later.pk, by=commander)


def test_p17_a_signal_is_drawn_over_the_same_axis(
    incident: Incident, commander: User, partner_api: Service, clock: Clock
) -> None:
    signal = add_signal(incident, by=commander, name="Errors", comparator="<=", target=1)
    moment = clock.now
    record_samples(
        signal.pk,
        by=commander,
        samples=[(float(n), moment - timedelta(minutes=n)) for n in range(60, -1, -2)],
    )
    strip = recent_changes(incident)
    assert strip.signal == "Errors"
    first = float(strip.line.split(" ")[0][1:])
    assert 40 < first < 60, "an hour of two is the second half of the axis"
    assert strip.target_line is not None


def test_p17_this_one_marks_the_cause_opens_a_hypothesis_and_offers_the_way_back(
    incident: Incident, commander: User, responder: User, partner_api: Service
) -> None:
    deployment = went_live(commander, "export", "v118", minutes=3)
    suspect = suspect_deployment(incident, deployment.pk, by=responder)
    assert fresh(incident).caused_by_change is True
    assert suspect.hypothesis.text == "export v118 broke it, live 3 min before it began"
    assert suspect.hypothesis.owner == responder
    back = way_back_of(suspect)
    assert (back.title, back.undoes, back.tests) == (
        "Roll back export v118",
        "export v118",
        suspect.hypothesis_id,
    )
    assert last_words(incident, "deployment_suspected") == [
        "took export v118 for the cause, live 3 min before it began"
    ]
    assert [one.hypothesis for one in recent_changes(incident).deployments] == [
        suspect.hypothesis_id
    ]


def test_p17_the_same_one_twice_is_once(
    incident: Incident, commander: User, responder: User, partner_api: Service
) -> None:
    deployment = went_live(commander, "export", "v118", minutes=3)
    first = suspect_deployment(incident, deployment.pk, by=responder)
    before = fresh(incident).last_seq
    assert suspect_deployment(incident, deployment.pk, by=commander) == first
    assert fresh(incident).last_seq == before
    assert Suspect.objects.count() == 1


def test_p17_what_is_not_on_the_strip_is_nobodys_cause(
    incident: Incident, commander: User, stakeholder: User, partner_api: Service
) -> None:
    other = went_live(commander, "newsletter", "9", minutes=5)
    for wanted in (other.pk, 999_999):
        with pytest.raises(NotVisible):
            suspect_deployment(incident, wanted, by=commander)
    mine = went_live(commander, "api", "412", minutes=5)
    with pytest.raises(Forbidden):
        suspect_deployment(incident, mine.pk, by=stakeholder)
    change_incident(incident, by=commander, private=True)
    assert not Suspect.objects.exists()


def test_p17_a_report_reaches_the_open_pages_of_what_needs_the_service(
    incident: Incident, commander: User, partner_api: Service
) -> None:
    database = Service.objects.get(slug="database")
    assert list(incidents_reached_by(database)) == [incident]
    assert list(incidents_reached_by(Service.objects.get(slug="newsletter"))) == []


def test_p17_on_the_page_one_click_each(
    incident: Incident, commander: User, responder: User, partner_api: Service
) -> None:
    client = Client()
    client.force_login(responder)
    room = f"/incidents/{incident.ref}/"
    assert "Nothing went live since two hours before" in client.get(room).content.decode()
    deployment = went_live(commander, "export", "v118", minutes=3)
    page = client.get(room).content.decode()
    path = f"{room}recent-changes/{deployment.pk}/"
    assert f'formaction="{path}"' in page
    assert "This one" in page
    assert client.post(f"{path}card/").status_code == 404
    assert client.post(path).status_code == 302
    page = client.get(room).content.decode()
    assert "this one · H1" in page
    assert f'formaction="{path}card/"' in page
    assert client.post(f"{path}card/").status_code == 302
    assert client.post(f"{path}card/").status_code == 302
    card = incident.cards.get()
    assert (card.title, card.undoes, card.tests_id, card.column) == (
        "Roll back export v118",
        "export v118",
        Suspect.objects.get().hypothesis_id,
        "next",
    )
    assert f'formaction="{path}card/"' not in client.get(room).content.decode()


def made(answer: Any, status: int = 200) -> Any:
    assert answer.status_code == status, answer.content
    return answer.json()


def test_p17_over_the_api(
    incident: Incident, commander: User, partner_api: Service, program: Programs, clock: Clock
) -> None:
    api = program(commander)
    at = (clock.now - timedelta(minutes=3)).isoformat()
    body = {
        "service": "export",
        "version": "v118",
        "at": at,
        "url": "https://ci/118",
        "by": "Rosa",
        "environment": "production",
    }
    deployment = made(api.post("deployments", body), 201)
    listed = made(api.get(f"incidents/{incident.ref}/recent-changes"))
    (one,) = listed["items"]
    assert {name: one[name] for name in ("id", "url", "by", "environment", "hypothesis")} == {
        "id": deployment["id"],
        "url": "https://ci/118",
        "by": "Rosa",
        "environment": "production",
        "hypothesis": None,
    }
    assert 150 <= one["before_s"] <= 180
    path = f"incidents/{incident.ref}/recent-changes/{deployment['id']}/suspect"
    found = made(api.post(path), 201)
    assert found["card"] == {
        "title": "Roll back export v118",
        "rolls_back": "export v118",
        "tests": found["hypothesis"],
    }
    assert made(api.get(f"incidents/{incident.ref}"))["caused_by_change"] is True
    card = made(api.post(f"incidents/{incident.ref}/cards", found["card"]), 201)
    assert card["rolls_back"] == "export v118"
    assert api.post(f"incidents/{incident.ref}/recent-changes/9999/suspect").status_code == 404


def test_p17_an_administrator_says_what_a_service_depends_on(
    commander: User, admin: User, program: Programs
) -> None:
    api, manager = program(commander), program(admin)
    assert api.put("services/api", {}).status_code == 403
    assert api.get("services/api").status_code == 403
    made(manager.put("services/database", {"description": "Postgres"}))
    kept = made(manager.put("services/API", {"name": "Partner API", "depends_on": ["database"]}))
    assert (kept["slug"], kept["name"], kept["depends_on"]) == ("api", "Partner API", ["database"])
    assert made(manager.get("services/partner api"))["depends_on"] == ["database"]
    itself = manager.put("services/api", {"depends_on": ["api"]})
    assert (itself.status_code, itself.json()["errors"][0]["field"]) == (422, "depends_on")
    unknown = manager.put("services/api", {"depends_on": ["nothing"]})
    assert unknown.status_code == 422
    owned = manager.put("services/api", {"owner": "maya@example.com", "people": [admin.email]})
    assert (made(owned)["owner"], owned.json()["people"]) == ("maya@example.com", [admin.email])
    assert made(manager.put("services/api", {"owner": None}))["owner"] is None
    assert manager.get("services/nothing").status_code == 404


def test_p17_a_service_that_depends_on_itself_is_refused_in_the_admin(admin: User) -> None:
    one, other = service("api"), service("database")
    client = Client()
    client.force_login(admin)
    path = f"/admin/incidents/service/{one.pk}/change/"
    fields = {"name": "api", "slug": "api", "depends_on": [one.pk]}
    refused = client.post(path, fields)
    assert "api cannot depend on itself." in refused.content.decode()
    assert client.post(path, {**fields, "depends_on": [other.pk]}).status_code == 302
    assert list(one.depends_on.all()) == [other]


def test_p17_a_cause_that_is_ruled_out_is_open_again(
    incident: Incident, commander: User, partner_api: Service
) -> None:
    first = suspect_deployment(
        incident, went_live(commander, "api", "9", minutes=5).pk, by=commander
    )
    second = suspect_deployment(
        incident, went_live(commander, "export", "3", minutes=9).pk, by=commander
    )
    add_evidence(first.hypothesis_id, by=commander, state="ruled_out", text="Flat since.")
    assert fresh(incident).caused_by_change is True
    add_evidence(second.hypothesis_id, by=commander, state="ruled_out", text="Never called.")
    assert fresh(incident).caused_by_change is None
    assert last_words(incident, "cause_marked")[-1] == "It counts as of unknown cause again"


def test_p17_what_is_ruled_out_no_more_is_the_cause_again(
    incident: Incident, commander: User, partner_api: Service
) -> None:
    suspect = suspect_deployment(
        incident, went_live(commander, "api", "9", minutes=5).pk, by=commander
    )
    said = [(None, "ruled_out"), (True, "open"), (None, "ruled_out"), (True, "supported")]
    for cause, state in said:
        add_evidence(suspect.hypothesis_id, by=commander, state=state, text="We look closer.")
        assert fresh(incident).caused_by_change is cause
    change_incident(incident, by=commander, caused_by_change=False)
    for state in ("ruled_out", "open"):
        add_evidence(suspect.hypothesis_id, by=commander, state=state, text="We look closer.")
        assert fresh(incident).caused_by_change is False


def test_p17_what_somebody_marked_themselves_stays(
    incident: Incident, commander: User, partner_api: Service
) -> None:
    change_incident(incident, by=commander, caused_by_change=True)
    suspect = suspect_deployment(
        incident, went_live(commander, "api", "9", minutes=5).pk, by=commander
    )
    add_evidence(suspect.hypothesis_id, by=commander, state="ruled_out", text="Flat since.")
    assert fresh(incident).caused_by_change is True
