"""Stopping the line on the pages (P38)."""

import pytest
from django.test import Client
from django.urls import reverse

from incidents.endstate.models import Signal
from incidents.line.actions import stop_line
from incidents.line.models import StopCriterion
from incidents.line.queries import stop_of
from incidents.record.models import Incident
from people.models import User
from tests.incidents.cast import measure

pytestmark = pytest.mark.django_db


def room(client: Client, person: User, incident: Incident) -> str:
    client.force_login(person)
    return client.get(incident.get_absolute_url()).content.decode()


def test_p38_every_board_says_that_it_is_stopped(
    incident: Incident, commander: User, responder: User, criterion: StopCriterion, client: Client
) -> None:
    before = room(client, commander, incident)
    assert reverse("warroom:stop", args=[incident.ref]) in before
    assert "Rows lost &gt; 0" in before
    stop_line(incident, by=responder, reason="A second region fails")
    page = room(client, commander, incident)
    assert f"■ {responder.name} stopped the line at" in page
    assert "A second region fails. Only read-only work starts." in page
    assert reverse("warroom:resume", args=[incident.ref]) in page
    assert reverse("warroom:stop", args=[incident.ref]) not in page


def test_p38_a_tripped_criterion_is_marked(
    incident: Incident, commander: User, rows_lost: Signal, criterion: StopCriterion, client: Client
) -> None:
    measure(rows_lost, commander, 3)
    page = room(client, commander, incident)
    assert "■ The line stopped by itself at" in page
    assert '<b class="bad">✕</b> Rows lost &gt; 0' in page


def test_p38_stopping_and_resuming_work_without_script(
    incident: Incident, commander: User, responder: User, client: Client
) -> None:
    client.force_login(responder)
    stop, resume = (reverse(f"warroom:{name}", args=[incident.ref]) for name in ("stop", "resume"))
    empty = client.post(stop, {"reason": ""})
    assert empty.status_code == 409
    assert b"Needed here." in empty.content
    assert client.post(stop, {"reason": "Errors rise"}).status_code == 302
    refused = client.post(resume, {"reason": "It was the probe"})
    assert refused.status_code == 409
    assert b"It was the probe" in refused.content
    client.force_login(commander)
    assert client.post(resume, {"reason": "It was the probe"}).status_code == 302
    assert stop_of(incident) is None


def test_p38_a_criterion_is_agreed_called_and_taken_back_on_the_page(
    incident: Incident, responder: User, rows_lost: Signal, client: Client
) -> None:
    client.force_login(responder)
    agree = reverse("warroom:new-stop-criterion", args=[incident.ref])
    half = client.post(agree, {"text": "", "signal": rows_lost.pk, "comparator": ">"})
    assert half.status_code == 422
    assert b"A threshold is a number." in half.content
    whole = {"text": "Rows are lost", "signal": rows_lost.pk, "comparator": ">", "threshold": "0"}
    assert client.post(agree, whole).status_code == 302
    criterion = StopCriterion.objects.get()
    one = reverse("warroom:stop-criterion", args=[incident.ref, criterion.pk])
    assert b'value="Rows are lost"' in client.get(one).content
    assert client.post(one, {"reason": "Rows are lost"}).status_code == 302
    assert stop_of(incident) is not None
    assert client.post(one, {"remove": "1"}).status_code == 302
    assert client.get(one).status_code == 404
