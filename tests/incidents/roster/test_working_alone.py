"""A commander who worked alone, and the moment somebody joins (P10)."""

import pytest
from django.test import Client

from incidents.board.actions import move_card
from incidents.record.models import Incident
from incidents.roster.actions import assign_role, join
from incidents.roster.command import accept_command
from notifications.models import Delivery
from people.models import User
from tests.incidents.cast import last_words, ready, start
from tests.outbox import why_stale
from warroom.room import load_room

pytestmark = pytest.mark.django_db


def shown_solo(incident: Incident) -> object:
    """The card about which the war room asks for a hand-over."""
    room = load_room(incident.pk)
    assert room is not None
    return room.context["solo_card"]


def test_p10_a_second_person_makes_the_page_ask_for_a_hand_over(
    incident: Incident, commander: User, responder: User, outsider: User
) -> None:
    card = start(ready(incident, commander), commander)
    assert shown_solo(incident) is None
    join(incident, by=outsider, role="observer")
    assert shown_solo(incident) is None
    join(incident, by=responder)
    join(incident, by=outsider)
    assert shown_solo(incident) == card
    assert last_words(incident, "solo_ended") == [
        "Maya Köhler no longer works alone: one leads, the other digs. “Cap the query” may finish"
    ]
    asked = Delivery.objects.filter(kind="solo_ended").values_list("person", "subject_line")
    assert set(asked) == {
        (commander.pk, f"{incident.ref}: Tunde Okafor is here, hand over command or the card")
    }
    assert all(why_stale(one) is None for one in Delivery.objects.filter(kind="solo_ended"))


def test_p10_the_running_card_may_finish_and_that_ends_the_asking(
    incident: Incident, commander: User, responder: User
) -> None:
    card = start(ready(incident, commander), commander)
    join(incident, by=responder)
    move_card(card.pk, by=commander, to="done", proof="4 % errors", version=card.version)
    assert shown_solo(incident) is None
    stale = {why_stale(one) for one in Delivery.objects.filter(kind="solo_ended")}
    assert stale == {"Their card left Now."}


def test_p10_a_commander_who_digs_nothing_is_asked_nothing(
    incident: Incident, commander: User, responder: User
) -> None:
    ready(incident, commander)
    assign_role(incident, by=commander, role="fix_owner", person=responder)
    assert last_words(incident, "solo_ended") == []


def test_p10_naming_a_second_person_asks_too_and_handing_over_ends_it(
    incident: Incident, commander: User, responder: User
) -> None:
    card = start(ready(incident, commander), commander)
    assign_role(incident, by=commander, role="communications", person=responder)
    assert shown_solo(incident) == card
    assign_role(incident, by=commander, role="commander", person=responder, note="You lead now.")
    accept_command(incident, by=responder)
    assert shown_solo(incident) is None


def test_p10_the_banner_offers_both_ways_out(
    incident: Incident, commander: User, responder: User, client: Client
) -> None:
    card = start(ready(incident, commander), commander)
    join(incident, by=responder)
    client.force_login(commander)
    page = client.get(incident.get_absolute_url()).content.decode()
    banner = page[page.index('<div id="banner"') :].split("</div>")[0]
    assert f'href="/incidents/{incident.ref}/roles/?role=commander"' in banner
    assert f'href="/incidents/{incident.ref}/cards/{card.pk}/"' in banner
    assert "Maya Köhler leads and works on “Cap the query”" in banner
