"""P60: who escalated early or stopped the line is suggested for thanks."""

import pytest
from django.test import Client
from django.urls import reverse

from incidents.escalations.actions import acknowledge_escalation, escalate
from incidents.line.actions import stop_line
from incidents.record.models import Incident
from people.models import User
from postmortems.review.actions import open_review
from postmortems.review.spoke_up import who_spoke_up
from postmortems.review.thanks import thank
from tests.postmortems.conftest import resolve

pytestmark = pytest.mark.django_db


def test_p60_who_spoke_up_is_suggested_until_thanked(
    incident: Incident, commander: User, responder: User, other_responder: User, client: Client
) -> None:
    heard = escalate(incident, by=responder, text="The replica lags")
    acknowledge_escalation(heard.pk, by=commander)
    escalate(incident, by=other_responder, text="Nobody heard this")
    stop_line(incident, by=other_responder, reason="Errors rise")
    stop_line(incident, by=responder, reason="Again")
    review = open_review(resolve(incident, commander), by=commander)
    assert [(one.person, one.words) for one in who_spoke_up(incident)] == [
        (responder, "for asking early: The replica lags"),
        (other_responder, "for stopping the line: Errors rise"),
    ]
    client.force_login(commander)
    page = client.get(review.get_absolute_url()).content.decode()
    assert "Spoke up:" in page
    form = reverse("postmortems:thanks", args=[review.ref])
    editor = client.get(f"{form}?person={responder.pk}").content.decode()
    assert 'value="for asking early: The replica lags"' in editor
    thank(review.incident, by=commander, person=responder, text="for asking early")
    page = client.get(review.get_absolute_url()).content.decode()
    assert "for asking early: The replica lags" not in page
    assert "for stopping the line: Errors rise" in page


def test_p60_nobody_is_suggested_to_thank_themselves(
    incident: Incident, commander: User, responder: User, other_responder: User, client: Client
) -> None:
    stop_line(incident, by=responder, reason="Errors rise")
    review = open_review(resolve(incident, commander), by=commander)
    client.force_login(responder)
    assert "Spoke up:" not in client.get(review.get_absolute_url()).content.decode()
    client.force_login(other_responder)
    assert "Spoke up:" in client.get(review.get_absolute_url()).content.decode()
