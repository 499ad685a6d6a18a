"""What an incident's page says about whether its promises are watched."""

from datetime import timedelta

import pytest
from django.test import Client

from deadlines.models import Pass
from deadlines.passes import run_pass
from incidents.lifecycle.actions import change_status
from incidents.record.models import Incident
from notifications.models import Delivery, State
from people.models import User
from tests.conftest import Clock
from tests.outbox import queue_delivery
from warroom.enforcement import watch_of

pytestmark = pytest.mark.django_db


def line(client: Client, incident: Incident) -> str:
    """The line as the page asks for it."""
    answer = client.get(f"{incident.get_absolute_url()}enforcement/")
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def test_the_page_says_when_enforcement_last_ran(
    incident: Incident, commander: User, client: Client, clock: Clock
) -> None:
    client.force_login(commander)
    assert "Enforcement has not run yet" in line(client, incident)
    run_pass("loop")
    said = line(client, incident)
    assert ("Enforcement last ran at" in said, "banner" in said) == (True, False)
    assert said in " ".join(client.get(incident.get_absolute_url()).content.decode().split())


def test_a_minute_without_a_pass_is_said_loudly(
    incident: Incident, commander: User, client: Client, clock: Clock
) -> None:
    run_pass("loop")
    client.force_login(commander)
    clock.advance(seconds=61)
    assert "Nudges come late until it runs again" in line(client, incident)
    run_pass("beat")
    assert "Nudges come late" not in line(client, incident)
    assert Pass.objects.count() == 2


def test_what_could_not_be_delivered_is_counted_on_its_incident(
    incident: Incident, commander: User, client: Client, clock: Clock
) -> None:
    run_pass("loop")
    before = watch_of(incident)
    assert (before.waiting, before.dead) == (0, 0)
    for number in range(2):
        queue_delivery(
            key=f"test:{number}",
            kind="role",
            subject_line="You are needed",
            text="Come.",
            person=commander,
            incident_id=incident.pk,
            incident_ref=incident.ref,
            url=incident.get_absolute_url(),
        )
    underway = Delivery.objects.underway().count()
    clock.advance(minutes=2)
    assert watch_of(incident).waiting == underway > 0
    given_up = Delivery.objects.underway().first()
    assert given_up is not None
    Delivery.objects.filter(pk=given_up.pk).update(
        state=State.DEAD, settled_at=clock.now, next_attempt_at=None
    )
    watch = watch_of(incident)
    assert (watch.waiting, watch.dead) == (underway - 1, 1)
    assert watch.at - before.at >= timedelta(minutes=2)
    client.force_login(commander)
    assert "1 message about this incident could not be delivered" in line(client, incident)


def test_an_ended_incident_says_nothing_about_enforcement(
    incident: Incident, commander: User, client: Client
) -> None:
    change_status(incident, by=commander, to="cancelled", reason="A false alarm.")
    client.force_login(commander)
    assert 'id="enforcement"' not in client.get(incident.get_absolute_url()).content.decode()


def test_nobody_else_is_told(
    incident: Incident, stakeholder: User, outsider: User, client: Client
) -> None:
    client.force_login(stakeholder)
    assert client.get(f"{incident.get_absolute_url()}enforcement/").status_code == 403
    Incident.objects.filter(pk=incident.pk).update(private=True)
    client.force_login(outsider)
    assert client.get(f"{incident.get_absolute_url()}enforcement/").status_code == 404
