"""Questions on the executive page: asked without script, kept when refused, read by all (P47)."""

import re

import pytest
from django.test import Client

from incidents.lifecycle.actions import change_status
from incidents.record.models import Incident
from incidents.updates.models import Question
from incidents.updates.questions import answer_question, decline_question
from people.models import User
from tests.conftest import Clock
from tests.stakeholders.conftest import address, page

pytestmark = pytest.mark.django_db


def test_p47_asking_needs_no_script_and_says_by_when(
    told: Incident, stakeholder: User, clock: Clock
) -> None:
    client = Client()
    client.force_login(stakeholder)
    answer = client.post(address(told, "questions/"), {"text": "Is data exposed?"})
    assert (answer.status_code, answer.headers["Location"]) == (302, address(told) + "#ask")
    text = page(stakeholder, address(told))
    assert "You asked" in text
    assert "Is data exposed? Will be answered by" in text
    clock.advance(minutes=16)
    assert "▲ overdue" in page(stakeholder, address(told))


def test_p47_question_and_answer_are_everybodys_to_read(
    told: Incident, stakeholder: User, admin: User, other_responder: User
) -> None:
    client = Client()
    client.force_login(stakeholder)
    for question in ("Is data exposed?", "May I tweet it?"):
        client.post(address(told, "questions/"), {"text": question})
    exposed, tweet = Question.objects.order_by("pk")
    answer_question(exposed.pk, by=other_responder, text="No data left us.")
    decline_question(tweet.pk, by=other_responder, text="Ask the press office.")
    text = page(stakeholder, address(told))
    assert "Is data exposed? No data left us. Ravi Patel," in text
    assert "May I tweet it? Not answered: Ask the press office." in text
    others = page(admin, address(told))
    assert "Is data exposed?” Ingrid Vale No data left us. Ravi Patel," in others
    assert "May I tweet it?” Ingrid Vale Not answered: Ask the press office." in others


def test_p47_with_htmx_only_the_asking_comes_back(told: Incident, stakeholder: User) -> None:
    client = Client()
    client.force_login(stakeholder)
    answer = client.post(
        address(told, "questions/"), {"text": "How long?"}, headers={"HX-Request": "true"}
    )
    assert answer.status_code == 200
    html = answer.content.decode()
    targets = re.findall(r'<hx-partial hx-target="#(\w+)" hx-swap="outerMorph">', html)
    assert targets == ["asked", "ask"]
    assert html.index("How long?") < html.index('<form id="ask"')
    again = client.get(address(told, "questions/"), headers={"HX-Request": "true"})
    assert re.findall(r'hx-target="#(\w+)"', again.content.decode()) == ["asked"]
    assert "accepted" in answer.headers["HX-Trigger"]


@pytest.mark.parametrize("htmx", [True, False])
def test_p47_a_refused_question_keeps_what_was_typed(
    told: Incident, stakeholder: User, htmx: bool
) -> None:
    client = Client()
    client.force_login(stakeholder)
    headers = {"HX-Request": "true"} if htmx else {}
    long = "Why? " * 120
    answer = client.post(address(told, "questions/"), {"text": long}, headers=headers)
    assert answer.status_code == 422
    assert long.strip() in answer.content.decode()
    answer = client.post(address(told, "questions/"), {"text": " "}, headers=headers)
    assert (answer.status_code, "✕ Write your question." in answer.content.decode()) == (422, True)
    Incident.objects.filter(pk=told.pk).update(status="closed")
    answer = client.post(address(told, "questions/"), {"text": "And now?"}, headers=headers)
    assert answer.status_code == 409
    assert not Question.objects.exists()


def test_p46_once_it_seems_back_everybody_is_asked_once_and_that_is_all(
    told: Incident, commander: User, stakeholder: User
) -> None:
    browser = Client()
    browser.force_login(stakeholder)
    place = f"{address(told)}questions/"
    hidden = 'hx-sync="this:drop" hidden'
    asks = 'id="back"'
    page = browser.get(address(told)).content.decode()
    assert hidden in page.split(asks)[1].split(">")[0]
    early = browser.post(place, {"back": "yes"})
    assert early.status_code == 409
    change_status(told, by=commander, to="monitoring")
    page = browser.get(address(told)).content.decode()
    assert hidden not in page.split(asks)[1].split(">")[0]
    for _ in range(2):
        browser.post(place, {"back": "yes"})
    assert told.entries.filter(kind="back_said", actor=stakeholder).count() == 1
    page = browser.get(address(told)).content.decode()
    assert hidden in page.split(asks)[1].split(">")[0]


def test_p46_who_says_that_it_is_not_back_is_answered_like_any_question(
    told: Incident, commander: User, stakeholder: User
) -> None:
    change_status(told, by=commander, to="monitoring")
    browser = Client()
    browser.force_login(stakeholder)
    answer = browser.post(
        f"{address(told)}questions/", {"back": "no"}, headers={"HX-Request": "true"}
    )
    assert 'hx-target="#back"' in answer.content.decode()
    asked = told.questions.get(by=stakeholder, text="It is not back for us yet.")
    assert asked.answered_at is None
