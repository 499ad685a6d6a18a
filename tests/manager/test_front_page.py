"""The manager's front page: what needs somebody, in our words and by the reader's clock."""

import pytest
from django.test import Client
from django.urls import reverse

from clock.queries import now
from incidents.record.models import Incident, Service
from manager.needs import needs_at
from notifications.models import Delivery, State
from people.models import User
from tests.outbox import queue_delivery
from warroom.first_hour import first_steps

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager(admin: User, client: Client) -> Client:
    """Signed in, and so no stranger any more."""
    client.force_login(admin)
    User.objects.update(last_login=now())
    return client


def test_when_nothing_needs_anybody_the_page_says_only_that(manager: Client) -> None:
    page = manager.get("/admin/").content.decode()
    assert "✓ Nothing needs you." in page
    assert 'aria-labelledby="need-' not in page


def test_what_needs_somebody_stands_with_why_and_one_button(
    manager: Client, commander: User, incident: Incident
) -> None:
    Service.objects.create(name="export", slug="export")
    User.objects.filter(pk=commander.pk).update(last_login=None)
    queue_delivery(
        key="lost",
        kind="test",
        person=commander,
        channels=("email",),
        subject_line="The update is overdue",
        text="T",
    )
    Delivery.objects.update(state=State.DEAD, next_attempt_at=None, settled_at=now())
    needs = {need.key: (need.count, need.tone) for need in needs_at(now()) if need.count}
    assert needs == {"dead": (1, "bad"), "owner": (1, "warn"), "never": (1, "warn")}
    page = manager.get("/admin/").content.decode()
    assert "3 things, the most pressing first." in page
    for words in (
        "Deliveries given up",
        "The update is overdue",
        "Services without an owner",
        "you are woken instead of whoever knows",
        "Name one",
        "People who never signed in",
        "Maya Köhler",
    ):
        assert words in page, words
    assert "/admin/incidents/service/?owner__isnull=True" in page
    listed = manager.get("/admin/incidents/service/?owner__isnull=True").content.decode()
    assert "1 service" in listed
    assert page.index("Deliveries given up") < page.index("Services without an owner")


def test_the_row_of_figures_says_of_how_many(manager: Client, incident: Incident) -> None:
    Service.objects.create(name="export", slug="export")
    figures = {need.figure: (need.sign, need.count, need.of) for need in needs_at(now())}
    del figures[""]
    assert figures == {
        "Held by nobody": ("✓", 0, "people who left"),
        "Items late": ("✓", 0, "of 0 open"),
        "Not delivered": ("✓", 0, "messages given up"),
        "No owner": ("◔", 1, "of 1 services"),
        "Never signed in": ("◔", 1, "of 2 people"),
        "Updates late": ("✓", 0, "of 0 in thirty days"),
    }


def test_a_person_a_service_an_incident_and_a_setting_are_found_from_the_front_page(
    manager: Client, commander: User, incident: Incident
) -> None:
    Service.objects.create(name="Straßenkarte", slug="map")
    found = {
        words: [one.name for one in manager.get("/admin/", {"q": words}).context["found"]]
        for words in ("kohler", "STRASSE", incident.ref, "ladders", "nothing of the kind")
    }
    assert found == {
        "kohler": ["Maya Köhler"],
        "STRASSE": ["Straßenkarte"],
        incident.ref: [f"{incident.ref} {incident.called}"],
        "ladders": ["Severity policies"],
        "nothing of the kind": [],
    }


def test_the_lists_are_named_in_our_words_and_say_what_they_are_for(manager: Client) -> None:
    lists = manager.get("/admin/").context["lists"]
    assert [one.name for one in lists if not one.what] == []
    names = {one.name for one in lists}
    assert names >= {"API tokens", "Keys of tools", "Messages nobody could read", "People"}
    assert names & {"Passes", "Api tokens", "Hook keys", "Kept bodies"} == set()


def test_what_was_changed_is_said_from_what_to_what_the_newest_first(
    manager: Client, commander: User
) -> None:
    service = Service.objects.create(name="export", slug="export")
    page = f"/admin/incidents/service/{service.pk}/change/"
    for name in ("exports", "partner exports"):
        manager.post(page, {"name": name, "slug": "export", "people": [], "depends_on": []})
    said = [
        "Changed name from export to exports.",
        "Changed name from exports to partner exports.",
    ]
    assert [one.how for one in manager.get("/admin/").context["changed"]] == said[::-1]
    history = manager.get(f"/admin/incidents/service/{service.pk}/history/")
    assert [one.get_change_message() for one in history.context["action_list"]] == said[::-1]
    changes = manager.get("/admin/", {"changes": "1"})
    assert [(one.who, one.kind, one.what, one.how) for one in changes.context["changes"]] == [
        ("Ada Quist", "service", "partner exports", said[1]),
        ("Ada Quist", "service", "exports", said[0]),
    ]
    assert "What needs you</h1>" not in changes.content.decode()
    assert "/admin/?changes=1" in [one.href for one in changes.context["lists"]]


def test_a_history_without_changes_says_where_to_look(manager: Client, incident: Incident) -> None:
    page = manager.get(f"/admin/incidents/incident/{incident.pk}/history/").content.decode()
    assert "Nobody changed it on these pages." in page
    assert (
        "Who changes something here stands here"
        in manager.get("/admin/?changes=x").content.decode()
    )


def test_legal_clocks_are_called_so_and_backups_are_spoken_of(manager: Client) -> None:
    page = manager.get("/admin/").content.decode()
    assert "Legal clocks" in page
    assert "bligation template" not in page
    assert "Backups are made where the server runs" in page


def test_ones_password_is_changed_where_everybodys_is(manager: Client) -> None:
    for name in ("password_change", "password_change_done"):
        answer = manager.get(reverse(f"admin:{name}"))
        assert (answer.status_code, answer["Location"]) == (302, reverse("account_change_password"))


def test_only_who_may_own_a_service_is_offered_for_it(
    manager: Client, commander: User, stakeholder: User
) -> None:
    asked = {"app_label": "incidents", "model_name": "service", "field_name": "owner"}
    offered = manager.get("/admin/autocomplete/", {**asked, "term": ""}).json()["results"]
    names = {one["text"] for one in offered}
    assert str(commander) in names
    assert str(stakeholder) not in names


def test_the_admin_stands_under_the_bar_of_every_page_and_says_moments_by_the_readers_clock(
    manager: Client, admin: User, incident: Incident
) -> None:
    User.objects.filter(pk=admin.pk).update(time_zone="Pacific/Auckland")
    page = manager.get("/admin/incidents/incident/").content.decode()
    there = incident.declared_at.astimezone(User.objects.get(pk=admin.pk).zone)
    assert f"{there:%-d %b %Y %H:%M}" in page
    assert "UTC" not in page
    assert "Django" not in page
    for place in ("/stakeholders/", "/postmortems/", "/actions/", "/insights/"):
        assert f'href="{place}"' in page


def test_the_first_hour_is_a_list_that_goes_once_it_is_done(
    admin: User, commander: User, responder: User
) -> None:
    assert first_steps(commander) == []
    done = {step.title: step.is_done for step in first_steps(admin)}
    assert done == {
        "Sign in with a second factor": False,
        "Invite two people": True,
        "Let mail go out": False,
        "Name what can break": False,
        "Who hears when promises stay broken?": False,
        "Practise once": False,
    }
