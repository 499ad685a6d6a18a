"""The real war room on the real stream: who may listen, and that page and stream say the same."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.test import Client

from incidents.board.actions import add_card
from incidents.lifecycle.details import change_incident
from incidents.record.models import Incident
from live import bell, topics
from live.identity import Credential, SignIns, identify
from live.state_cache import show
from people.models import User
from stakeholders.live import STAKEHOLDER_PAGE
from tests.live.conftest import House, cookie_of
from tests.live.lines import Line
from tests.waiting import PATIENCE_S
from warroom.live import WAR_ROOM

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def listen(house: House) -> Iterator[Callable[..., Line]]:
    """Opens the war room's stream as somebody."""
    lines: list[Line] = []

    def opened(person: User, ref: str, query: str = "") -> Line:
        path = f"/incidents/{ref}/events/{query}"
        lines.append(Line(house.port, path, cookie=cookie_of(person)))
        return lines[-1]

    yield opened
    for line in lines:
        line.close()
    bell.flush(PATIENCE_S)


def test_a_card_added_by_one_is_on_the_other_board_and_nothing_else_is_sent(
    incident: Incident, commander: User, responder: User, house: House, listen: Any
) -> None:
    shown = show(WAR_ROOM, incident.pk)
    assert shown is not None
    line = listen(responder, incident.ref, f"?at={shown.state_id}")
    house.wait_until_shown(1)
    assert line.silent_for(0.5)
    add_card(incident, by=commander, title="Roll back release 41")
    message = line.next()
    after = show(WAR_ROOM, incident.pk)
    assert after is not None
    assert message.id == after.state_id
    assert after["board"] in message.data.replace("\r", "")
    assert "Roll back release 41" in message.data
    differing = after.differing_from(shown)
    assert [f'hx-target="#{key}"' in message.data for key in after.html] == [
        key in differing for key in after.html
    ]


def test_the_page_embeds_what_the_stream_would_send(
    incident: Incident, responder: User, listen: Any
) -> None:
    client = Client()
    client.force_login(responder)
    page = client.get(f"/incidents/{incident.ref}/").content.decode()
    full = listen(responder, incident.ref).next()
    assert f"?at={full.id}" in page
    shown = show(WAR_ROOM, incident.pk)
    assert shown is not None
    assert [key for key, html in shown.html.items() if str(html) not in page] == []


def test_a_stakeholder_is_refused_and_private_incidents_do_not_exist(
    incident: Incident, commander: User, stakeholder: User, outsider: User, listen: Any
) -> None:
    told = listen(stakeholder, incident.ref)
    assert (told.status, json.loads(told.body)["code"]) == (403, "forbidden")
    change_incident(incident, by=commander, private=True)
    hidden, unknown = listen(outsider, incident.ref), listen(outsider, "INC-99999")
    assert (hidden.status, hidden.body) == (404, unknown.body)
    assert listen(stakeholder, incident.ref).status == 404
    assert listen(commander, incident.ref).status == 200


def test_made_private_it_closes_on_who_is_not_on_the_roster_before_anything_is_said(
    incident: Incident, commander: User, outsider: User, admin: User, listen: Any
) -> None:
    out, within, over = (listen(one, incident.ref) for one in (outsider, commander, admin))
    for line in (out, within, over):
        line.next()
    change_incident(incident, by=commander, private=True)
    assert out.ended.wait(PATIENCE_S)
    assert out.messages.empty()
    add_card(incident, by=commander, title="Rotate the leaked key")
    for line in (within, over):
        seen = line.next()
        while "Rotate the leaked key" not in seen.data:
            seen = line.next()


def test_permission_is_asked_in_as_many_queries_for_many_as_for_one(
    incident: Incident, outsider: User, django_assert_num_queries: Any
) -> None:
    viewers = {topics.Viewer("person", outsider.pk)}
    with django_assert_num_queries(1):
        assert WAR_ROOM.authorise(incident.pk, viewers) == viewers
    more = User.objects.bulk_create(
        User(email=f"many{number}@example.com", name=f"Many {number}") for number in range(300)
    )
    viewers |= {topics.Viewer("person", person.pk) for person in more}
    with django_assert_num_queries(1):
        assert WAR_ROOM.authorise(incident.pk, viewers) == viewers


def test_who_is_signed_in_and_may_see_it_is_one_question(
    incident: Incident,
    commander: User,
    responder: User,
    outsider: User,
    admin: User,
    stakeholder: User,
    django_assert_num_queries: Any,
) -> None:
    everybody = {commander, responder, outsider, admin, stakeholder}
    claims = {one: Credential(session=cookie_of(one)) for one in everybody}
    people = identify(set(claims.values()))

    def is_one_question(audience: Any, *these: User) -> bool:
        sign_ins = SignIns([people[claims[one]] for one in these], audience.seeing(incident.pk))
        with django_assert_num_queries(1):
            return sign_ins.are_all_well()

    def asked_each(audience: Any) -> set[User]:
        may = {one for one in everybody if is_one_question(audience, one)}
        viewers = {topics.Viewer("person", one.pk) for one in everybody}
        allowed = {viewer.id for viewer in audience.authorise(incident.pk, viewers)}
        assert allowed == {one.pk for one in may}
        return may

    inside = {commander, responder, outsider, admin}
    assert asked_each(WAR_ROOM) == inside and is_one_question(WAR_ROOM, *inside)
    assert asked_each(STAKEHOLDER_PAGE) == everybody
    change_incident(incident, by=commander, private=True)
    on_roster = {
        one for one in everybody if incident.roles.of_the_roster().filter(person=one).exists()
    }
    assert asked_each(WAR_ROOM) == asked_each(STAKEHOLDER_PAGE) == on_roster | {admin}
    assert outsider not in on_roster and commander in on_roster
    Session.objects.filter(session_key=claims[admin].session).delete()
    assert not is_one_question(WAR_ROOM, commander, admin) and is_one_question(WAR_ROOM, commander)
