"""The manager's front page: what needs somebody, in our words and by the reader's clock."""

import pytest
from django.test import Client

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
    needs = {need.key: (need.count, need.tone) for need in needs_at(now())}
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
