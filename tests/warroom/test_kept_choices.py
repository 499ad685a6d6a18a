"""What stands in an editor and nobody may choose any more: whoever left, a signal that is gone."""

from typing import Any

import pytest
from django.test import Client

from incidents.board.actions import add_card
from incidents.cards.models import Card
from incidents.endstate.signals import add_signal, remove_signal
from incidents.lifecycle.details import change_incident
from incidents.record.models import Incident
from incidents.roster.actions import join, release_role
from people.models import User
from tests.incidents.cast import fresh, last_words, ready
from tests.opened import opened, sent_by
from tests.postmortems.conftest import resolve

pytestmark = pytest.mark.django_db

MEANWHILE = "It changed meanwhile"


@pytest.fixture
def world(incident: Incident, commander: User, responder: User) -> Incident:
    """An incident on which two people work."""
    join(incident, by=responder)
    return incident


def left(world: Incident, card: Card, by: User) -> None:
    """Whoever did it leaves the roster, and the signal that it moved is removed."""
    for held in world.roles.active().filter(person=card.owner):
        release_role(held.pk, by=by, note="Off to sleep.")
    assert card.serves_signal_id is not None
    remove_signal(card.serves_signal_id, by=by)


def ended(world: Incident, card: Card, by: User) -> None:
    """The incident is resolved, and with it every role."""
    resolve(world, by)


@pytest.mark.parametrize("happens", [left, ended])
def test_whoever_did_a_card_stays_on_it_when_somebody_rewords_it_later(
    world: Incident, commander: User, responder: User, client: Client, happens: Any
) -> None:
    signal = add_signal(world, by=commander, name="Errors", comparator="<=", target=1.0)
    add_signal(world, by=commander, name="Load", comparator="<=", target=1.0)
    card = add_card(
        world,
        by=responder,
        title="Cap the query",
        column="done",
        owner=responder,
        risk="read_only",
        proof="The log of 02:47",
        serves=signal.pk,
    )
    happens(world, card, commander)
    client.force_login(commander)
    path = f"{world.get_absolute_url()}cards/{card.pk}/"
    assert client.post(path, opened(client, path) | {"title": "Cap each query"}).status_code == 302
    card.refresh_from_db()
    assert (card.title, card.owner, card.serves_signal) == ("Cap each query", responder, signal)
    assert "changed “Cap each query”: title" in last_words(world, "card_changed")


def test_what_was_changed_meanwhile_is_said_before_what_it_made_wrong(
    world: Incident, commander: User, responder: User, client: Client
) -> None:
    card = ready(world, responder)
    client.force_login(commander)
    path = f"{world.get_absolute_url()}cards/{card.pk}/"
    sent = opened(client, path) | {"title": "Cap each query"}
    for held in world.roles.active().filter(person=responder):
        release_role(held.pk, by=responder, note="Off to sleep.")
    refused = client.post(path, sent)
    html = refused.content.decode()
    assert refused.status_code == 409
    assert MEANWHILE in html
    again = sent_by(html)
    assert (again["title"], again["owner"]) == (["Cap each query"], [""])
    assert client.post(path, again).status_code == 302
    card.refresh_from_db()
    assert (card.title, card.owner) == ("Cap each query", None)


def test_a_choice_that_nobody_touched_and_is_none_any_more_keeps_nobody_from_saving(
    world: Incident, commander: User, responder: User, client: Client
) -> None:
    """Somebody else took the watch off whoever left it, while the reason was typed."""
    client.force_login(commander)
    daily = {"daily_at": "08:30", "time_zone": "UTC", "reason": "It takes days."}
    quiet = {"quiet": ["20:00", "07:00"], "watching": responder}
    change_incident(world, by=commander, cadence=daily | quiet)
    path = f"{world.get_absolute_url()}cadence/"
    sent = opened(client, path)
    assert sent["watching"] == [str(responder.pk)]
    change_incident(world, by=commander, cadence=daily)
    for held in world.roles.active().filter(person=responder):
        release_role(held.pk, by=responder, note="Off to sleep.")
    assert client.post(path, sent | {"reason": "It takes longer."}).status_code == 302
    assert fresh(world).watching is None
