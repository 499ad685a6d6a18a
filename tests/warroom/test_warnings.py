"""What the pages say when something is missing or slow, in words, where it is looked for."""

import re
from typing import Any

import pytest
from django.test import Client

from incidents.board.actions import add_card
from incidents.cards.models import Card
from incidents.lifecycle.details import change_incident
from incidents.record.models import Incident
from incidents.roster.actions import assign_role, join
from leaving.seats import Seats
from people.models import User
from tests.conftest import Clock
from tests.incidents.cast import ready, start

pytestmark = pytest.mark.django_db


def words_of(client: Client, person: User, path: str) -> str:
    """A page as it is read: without markup, every gap one space."""
    client.force_login(person)
    page = re.sub(r"<(script|style).*?</\1>|<[^>]+>", " ", client.get(path).content.decode())
    return " ".join(page.split())


def test_p08_who_joined_and_is_on_nothing_is_unassigned(
    incident: Incident, commander: User, responder: User, client: Client
) -> None:
    join(incident, by=responder)
    path = incident.get_absolute_url()
    assert re.search(r"Tunde Okafor [^.]*?unassigned", words_of(client, commander, path))
    start(ready(incident, responder), responder)
    assert "unassigned" not in words_of(client, commander, path)


def test_p08_who_is_on_nothing_takes_the_first_card_that_nobody_has_in_a_click(
    incident: Incident, commander: User, responder: User, client: Client
) -> None:
    path = incident.get_absolute_url()
    for number in range(5):
        add_card(incident, by=commander, title=f"Look at part {number}", column="next")
    client.force_login(responder)
    assert "First of Next that nobody has" not in client.get(path).content.decode()
    join(incident, by=responder)
    shown = words_of(client, responder, path)
    offered = shown.partition("First of Next that nobody has")[2].partition("Stop the line")[0]
    assert re.findall(r"Look at part \d", offered) == [f"Look at part {n}" for n in range(3)]
    first = Card.objects.get(title="Look at part 0")
    taking = f"{path}cards/{first.pk}/position/?version={first.version}"
    said = client.post(taking, {"take": "1"}, follow=True).content.decode()
    assert "“Look at part 0” is yours." in said
    first.refresh_from_db()
    assert (first.owner, first.column) == (responder, "next")
    # Whoever comes second is told what it is now, and takes nothing from anybody.
    late = client.post(taking, {"take": "1"})
    assert late.status_code == 409


def test_p23_work_that_serves_the_end_state_alone_moves_no_signal(
    incident: Incident, commander: User, client: Client
) -> None:
    client.force_login(commander)

    def is_said() -> bool:
        page = client.get(incident.get_absolute_url()).content.decode()
        return re.search(r'<span class="tag\s*">\s*moves no signal\s*</span>', page) is not None

    assert not is_said()
    ready(incident, commander)
    assert is_said()


def test_p06_the_headline_says_that_nobody_owns_the_fix(
    incident: Incident, commander: User, responder: User, client: Client
) -> None:
    path = incident.get_absolute_url()
    assert "no fix owner" in words_of(client, commander, path)
    assert '<span class="warn">no fix owner</span>' in client.get(path).content.decode()
    assign_role(incident, by=commander, role="fix_owner", person=responder)
    page = words_of(client, commander, path)
    assert "Tunde Okafor owns the fix" in page
    assert "no fix owner" not in page


def test_p11_an_offer_that_is_not_answered_turns_red_and_says_so(
    incident: Incident, commander: User, responder: User, client: Client, clock: Clock
) -> None:
    assign_role(incident, by=commander, role="commander", person=responder, note="Yours.")
    path = incident.get_absolute_url()
    client.force_login(commander)

    def warning() -> tuple[bool, str]:
        page = client.get(path).content.decode()
        found = re.search(r'<p class="bad" data-shows-from="[^"]+"( hidden)?>([^<]*)</p>', page)
        assert found is not None
        return found[1] is None, " ".join(found[2].split())

    said = "✕ Tunde Okafor has not answered for two minutes. Maya Köhler leads until somebody"
    assert warning() == (False, f"{said} accepts.")
    clock.advance(minutes=2, seconds=1)
    assert warning() == (True, f"{said} accepts.")


def test_p01_every_page_says_that_nobody_leads(
    incident: Incident, commander: User, responder: User, stakeholder: User, client: Client
) -> None:
    pages: list[tuple[User, str]] = [
        (responder, "/"),
        (responder, incident.get_absolute_url()),
        (stakeholder, "/stakeholders/"),
        (stakeholder, f"/stakeholders/{incident.ref}/"),
    ]

    def silent() -> list[Any]:
        said = re.compile("nobody leads", re.IGNORECASE)
        return [path for one, path in pages if not said.search(words_of(client, one, path))]

    assert silent() == [path for _, path in pages]
    Seats().hand_on(commander, by=None, to=None)
    assert silent() == []


@pytest.mark.parametrize(
    ("seconds", "tag", "said"),
    [(100, "tag good", "✓ linked after 1 min"), (300, "tag warn", "▲ linked after 5 min")],
)
def test_p01_the_room_says_how_long_a_link_took(
    seconds: int,
    tag: str,
    said: str,
    incident: Incident,
    commander: User,
    client: Client,
    clock: Clock,
) -> None:
    clock.advance(seconds=seconds)
    change_incident(incident, by=commander, chat_url="https://chat.example.com/inc")
    client.force_login(commander)
    page = client.get(incident.get_absolute_url()).content.decode()
    found = re.search(r'<span class="([^"]*)">\s*([✓▲] linked after [^<]*)<', page)
    assert found is not None
    assert (found[1], " ".join(found[2].split())) == (tag, said)
