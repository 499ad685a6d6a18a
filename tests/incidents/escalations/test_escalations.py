"""Escalating early (P14): who hears, who may acknowledge, and how it climbs."""

from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from deadlines.actions import sweep
from deadlines.models import Deadline
from incidents.escalations.actions import acknowledge_escalation, escalate
from incidents.escalations.models import Escalation
from incidents.lifecycle.actions import change_status
from incidents.lifecycle.declaring import declare_incident
from incidents.record.models import Incident, SeverityPolicy
from incidents.record.timeline import verify
from incidents.roster.actions import assign_role, join
from incidents.updates.actions import AllClear
from notifications.models import Delivery
from people.models import User
from refusals.errors import Forbidden, Invalid, NotVisible, Refused
from tests.conftest import Clock
from tests.incidents.cast import fresh, last_words
from tests.outbox import why_stale

pytestmark = pytest.mark.django_db


def told(kind: str = "escalation", *, step: str | None = None) -> list[str]:
    """Who got a message of that kind in the product, of one step when given."""
    rows = Delivery.objects.filter(kind=kind, channel="in_app").exclude(state="cancelled")
    if step is not None:
        rows = rows.filter(step=step)
    return sorted(rows.values_list("person__name", flat=True))


def test_p14_one_line_reaches_the_commander_at_once(
    incident: Incident, commander: User, responder: User
) -> None:
    made = escalate(incident, by=responder, text=" The replica\ndoes not catch up ")
    assert (made.text, made.concern, made.by) == (
        "The replica does not catch up",
        "stuck",
        responder,
    )
    assert told() == [commander.name]
    assert last_words(incident, "escalated") == ["is stuck: The replica does not catch up"]
    assert incident.roles.active().filter(person=responder).exists()
    assert verify(fresh(incident)) is None


def test_p14_a_doubt_is_said_as_one(incident: Incident, responder: User) -> None:
    escalate(incident, by=responder, text="The graph is flat", concern="doubt")
    assert last_words(incident, "escalated") == ["doubts it: The graph is flat"]


def test_p14_the_commander_reaches_the_fix_owner(
    incident: Incident, commander: User, responder: User
) -> None:
    assign_role(incident, by=commander, role="fix_owner", person=responder)
    escalate(incident, by=commander, text="Is it the cache?")
    assert told() == [responder.name]


def test_p14_without_anybody_it_reaches_who_is_next(responder: User, admin: User, db: None) -> None:
    incident = declare_incident(by=None, title="An alert", severity="sev1")
    escalate(incident, by=responder, text="Who leads?")
    assert told() == [admin.name]


def test_p14_the_same_words_still_waiting_are_one(
    incident: Incident, commander: User, responder: User
) -> None:
    first = escalate(incident, by=responder, text="The replica lags")
    assert escalate(incident, by=responder, text="The replica lags") == first
    acknowledge_escalation(first.pk, by=commander)
    assert escalate(incident, by=responder, text="The replica lags") != first


@pytest.mark.parametrize(
    "given", [{"text": " "}, {"text": "x" * 501}, {"text": "x", "concern": "angry"}]
)
def test_p14_what_cannot_be_taken_is_said(
    incident: Incident, responder: User, given: dict[str, Any]
) -> None:
    with pytest.raises(Invalid):
        escalate(incident, by=responder, **given)
    assert not Escalation.objects.exists()


def test_p14_somebody_else_acknowledges_and_the_person_hears(
    incident: Incident, commander: User, responder: User
) -> None:
    made = escalate(incident, by=responder, text="The replica lags")
    with pytest.raises(Forbidden):
        acknowledge_escalation(made.pk, by=responder)
    waiting = Delivery.objects.get(kind="escalation", channel="email")
    assert why_stale(waiting) is None
    heard = acknowledge_escalation(made.pk, by=commander)
    assert heard.acknowledged_by == commander
    assert acknowledge_escalation(made.pk, by=commander).acknowledged_at == heard.acknowledged_at
    assert told("escalation_acknowledged") == [responder.name]
    assert last_words(incident, "escalation_acknowledged") == [
        f"heard {responder.name}: The replica lags"
    ]
    waiting.refresh_from_db()
    assert (waiting.state, waiting.cancelled_reason) == ("cancelled", "Somebody has it.")
    assert why_stale(waiting) == "Somebody has it, or the incident has ended."
    assert Deadline.objects.get(kind="escalation").state == "kept"


def test_p14_unheard_it_climbs_to_all_who_lead_and_then_beyond(
    incident: Incident,
    commander: User,
    responder: User,
    other_responder: User,
    admin: User,
    clock: Clock,
) -> None:
    SeverityPolicy.objects.get(severity="sev1").escalation_contacts.add(admin)
    assign_role(incident, by=commander, role="deputy", person=other_responder)
    escalate(incident, by=responder, text="The replica lags")
    clock.advance(minutes=2, seconds=59)
    sweep()
    assert told(step="due") == []
    clock.advance(seconds=2)
    sweep()
    assert told(step="due") == sorted([commander.name, other_responder.name])
    missed = f"Nobody acknowledged {responder.name} for three minutes: The replica lags"
    assert missed in last_words(incident, "deadline_missed")
    clock.advance(minutes=5)
    sweep()
    assert told(step="escalated") == [admin.name]


def test_p14_heard_in_time_nothing_climbs(
    incident: Incident, commander: User, responder: User, clock: Clock
) -> None:
    made = escalate(incident, by=responder, text="The replica lags")
    acknowledge_escalation(made.pk, by=commander)
    clock.advance(minutes=20)
    sweep()
    assert told(step="due") == []


def test_p14_an_ended_incident_lets_go(
    incident: Incident, commander: User, responder: User, clock: Clock
) -> None:
    escalate(incident, by=responder, text="The replica lags")
    change_status(
        incident,
        by=commander,
        to="resolved",
        all_clear=AllClear("It works.", statement="Three of four API calls fail."),
        override_reason="No signal yet.",
    )
    assert Deadline.objects.get(kind="escalation").state == "released"
    clock.advance(minutes=20)
    sweep()
    assert told(step="due") == []
    with pytest.raises(Refused) as refusal:
        escalate(incident, by=responder, text="Again")
    assert refusal.value.code == "invalid_transition"


def test_p14_who_may_not_be_here_may_not_escalate(
    incident: Incident, responder: User, outsider: User, stakeholder: User
) -> None:
    made = escalate(incident, by=responder, text="The replica lags")
    with pytest.raises(Forbidden):
        escalate(incident, by=stakeholder, text="How long?")
    Incident.objects.filter(pk=incident.pk).update(private=True)
    with pytest.raises(NotVisible):
        escalate(incident, by=outsider, text="x")
    with pytest.raises(NotVisible):
        acknowledge_escalation(made.pk, by=outsider)
    with pytest.raises(NotVisible):
        acknowledge_escalation(0, by=responder)


def test_p14_the_database_knows_that_nobody_hears_themselves(
    incident: Incident, responder: User
) -> None:
    made = escalate(incident, by=responder, text="The replica lags")
    rows = Escalation.objects.filter(pk=made.pk)
    for who in (responder, None):
        with pytest.raises(IntegrityError), transaction.atomic():
            rows.update(acknowledged_at=made.at, acknowledged_by=who)


def test_p14_every_board_shows_who_was_not_heard(
    incident: Incident, commander: User, responder: User, client: Client
) -> None:
    join(incident, by=responder)
    client.force_login(responder)
    page = reverse("warroom:escalations", args=[incident.ref])
    empty = client.post(page, {"concern": "stuck", "text": ""})
    assert empty.status_code == 422
    assert b"Say in a line what you need" in empty.content
    assert client.post(page, {"concern": "doubt", "text": "The graph is flat"}).status_code == 302
    made = Escalation.objects.get()
    client.force_login(commander)
    board = client.get(incident.get_absolute_url()).content.decode()
    assert f"▲ {responder.name} says this does not look right since" in board
    assert "The graph is flat" in board
    one = reverse("warroom:escalation", args=[incident.ref, made.pk])
    assert one in board
    assert client.post(one).status_code == 302
    board = client.get(incident.get_absolute_url()).content.decode()
    assert "does not look right since" not in board
    assert client.post(one.replace(str(made.pk), "999")).status_code == 404
