"""What the war room shows of an incident, and at which cost."""

from typing import Any

import pytest
from django.test import Client

from incidents.board.actions import add_card
from incidents.endstate.signals import add_signal, record_samples
from incidents.impact.actions import add_impact
from incidents.lifecycle.details import change_incident
from incidents.lifecycle.notes import add_note
from incidents.record.models import Incident, Service
from incidents.roster.actions import join
from incidents.updates.questions import ask_question
from people.models import User
from tests.warroom.signing_in import signed_in


def fill_up(incident: Incident, commander: User, stakeholder: User, number: int) -> None:
    for index in range(number):
        add_card(incident, by=commander, title=f"Card {index}", column="next")
        add_note(incident, by=commander, text=f"Note {index}")
        ask_question(incident, by=stakeholder, text=f"Question {index}?")
        signal = add_signal(
            incident, by=commander, name=f"Signal {index}", comparator="<=", target=1.0
        )
        record_samples(signal.pk, by=commander, samples=[(float(index), None)])
        add_impact(
            incident, by=commander, journey="Orders", blocked="all", amount=index, unit="orders"
        )


@pytest.mark.parametrize("number", [3, 12])
def test_the_war_room_costs_twelve_queries_however_full_it_is(
    incident: Incident,
    commander: User,
    responder: User,
    stakeholder: User,
    django_assert_max_num_queries: Any,
    number: int,
) -> None:
    join(incident, by=responder)
    fill_up(incident, commander, stakeholder, number)
    client = signed_in(commander)
    with django_assert_max_num_queries(12):
        answer = client.get(incident.get_absolute_url())
    assert answer.status_code == 200


def test_the_war_room_names_the_services_with_their_runbooks(
    incident: Incident, commander: User, client: Client
) -> None:
    for name, runbook in (("Search", ""), ("Checkout", "https://runbooks.example/checkout")):
        service = Service.objects.create(name=name, slug=name.lower(), runbook_url=runbook)
        change_incident(incident, by=commander, services=[*incident.services.all(), service])
    page = page_of(client, commander, incident)
    assert page.index('Checkout · <a href="https://runbooks.example/checkout"') < page.index(
        ">Search</p>"
    )


def test_the_war_room_shows_everything_an_incident_can_have(
    incident: Incident, commander: User, responder: User, stakeholder: User, client: Client
) -> None:
    join(incident, by=responder)
    signal = add_signal(incident, by=commander, name="Errors", comparator="<=", target=1, unit="%")
    record_samples(signal.pk, by=commander, samples=[(3.5, None)])
    add_impact(
        incident,
        by=commander,
        journey="Payments",
        blocked="buyers abroad",
        amount=1200,
        unit="people",
        signal=None,
    )
    add_card(incident, by=responder, title="Compare logs", owner=responder, serves=signal.pk)
    ask_question(incident, by=stakeholder, text="Is data lost?")
    page = page_of(client, commander, incident)
    for words in ("Errors", "3.5 %", "<path", "buyers abroad", "1\u202f200", "serves Errors"):
        assert words in page
    for words in ("Compare logs", "Is data lost?", stakeholder.name, responder.initials):
        assert words in page


def page_of(client: Client, person: User, incident: Incident) -> str:
    """The war room as somebody sees it."""
    client.force_login(person)
    answer = client.get(incident.get_absolute_url())
    assert answer.status_code == 200
    return answer.content.decode()
