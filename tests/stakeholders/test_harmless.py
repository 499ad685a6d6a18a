"""What people write harms nobody outside: in chats, webhooks, mails, feeds and calendars."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from icalendar import Calendar
from standardwebhooks import Webhook

from incidents.lifecycle.declaring import declare_incident
from incidents.lifecycle.details import change_incident
from incidents.record.models import Incident
from incidents.sharing.actions import share_incident
from incidents.updates.actions import publish_update
from notifications.endpoints import add_channel
from people.feed_keys import personal_url
from people.models import User
from stakeholders.subscriptions.actions import subscribe
from tests.conftest import Clock
from tests.notifications.receiver import Receiver
from tests.stakeholders.conftest import follow, leave, path_of, publish

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("letters")]

TITLE = "Pay\r\nments <!channel> @everyone \u202eevil\u200f @here <@U123> [x](https://x.example)"
LONG = "Sun and rain. " * 140
#: Most characters that a chat takes at once, and its own words around them.
LIMITS = {"slack": 12_100, "mattermost": 12_100, "discord": 2_000, "teams": 28_000}


def words_in(said: Any) -> str:
    """Every string of a body, one after the other."""
    if isinstance(said, dict):
        return "\n".join(words_in(one) for one in said.values())
    if isinstance(said, list):
        return "\n".join(words_in(one) for one in said)
    return str(said)


def test_a_title_and_ten_thousand_characters_do_no_harm_wherever_they_go(
    commander: User, stakeholder: User, admin: User, other_side: Receiver, clock: Clock
) -> None:
    for kind in LIMITS:
        add_channel(by=admin, kind=kind, url=f"{other_side.url}/{kind}", name=kind)
        subscribe(by=admin, to="everything", way="chat", target=kind)
    _, secret = add_channel(by=admin, kind="webhook", url=f"{other_side.url}/own", name="own")
    subscribe(by=admin, to="everything", way="webhook", target="own")
    follow(stakeholder)
    incident = declare_incident(by=commander, title=TITLE, severity="sev1")
    publish_update(
        incident,
        by=commander,
        status_text=LONG,
        hypothesis=LONG,
        current_action=LONG,
        risks=LONG,
        technical_note=LONG * 5,
        statement=TITLE.replace("\r\n", " "),
        executive_summary="\u202eWe look.\u2066 @channel",
        next_update_at=clock.now + timedelta(minutes=10),
    )
    (letter,) = leave()
    by_kind = {one.path.rpartition("/")[2]: one for one in other_side.arrived}
    assert sorted(by_kind) == sorted([*LIMITS, "own"])
    for kind, limit in LIMITS.items():
        said = json.loads(by_kind[kind].body)
        words = words_in(said)
        assert len(by_kind[kind].body.decode()) <= limit + 2_000, kind
        assert [
            one
            for one in ("@everyone", "@channel", "@here", "<!channel>", "<@U123>", "\u202e")
            if one in words
        ] == [], kind
        assert "SEV1" in words.partition("\n")[0] or kind in ("teams",), kind
    assert len(json.loads(by_kind["discord"].body)["content"]) <= LIMITS["discord"]
    own: dict[str, Any] = Webhook(secret).verify(by_kind["own"].body, by_kind["own"].headers)
    # Programs get the words as they were written, all of them, as data.
    assert own["data"]["update"]["status_text"] == LONG.strip()
    assert "\n" not in own["data"]["subject"] + letter.subject
    assert letter.recipients() == ["ingrid@example.com"]
    page = str(letter.alternatives[0][0])
    assert "<!channel>" not in page
    assert page.count("Sun and rain.") == letter.body.count("Sun and rain.") >= 4 * 140
    browser = Client()
    feed = browser.get(path_of(personal_url(stakeholder, "stakeholders:feed")))
    calendar = browser.get(path_of(personal_url(stakeholder, "stakeholders:calendar")))
    assert feed.status_code == 200
    (event,) = Calendar.from_ical(calendar.content).walk("VEVENT")
    assert str(event["summary"]) == f"{incident.ref}: next update on “{incident.called}”"


def test_p48_page_feed_and_calendar_know_nothing_of_what_turned_private(
    told: Incident, commander: User, stakeholder: User, other_responder: User, clock: Clock
) -> None:
    publish(told, other_responder, clock, "Canary.")
    guest = path_of(share_incident(told, by=commander).url)
    anybody = Client()

    def read(person: User, name: str, *args: str) -> tuple[int, bool]:
        answer = anybody.get(path_of(personal_url(person, name, *args)))
        return answer.status_code, told.ref.encode() in answer.content

    def all_of(person: User) -> list[tuple[int, bool]]:
        return [
            read(person, "stakeholders:incident-feed", told.ref),
            read(person, "stakeholders:feed"),
            read(person, "stakeholders:calendar"),
        ]

    before = [(200, True)] * 3
    assert (anybody.get(guest).status_code, all_of(stakeholder)) == (200, before)
    change_incident(told, by=commander, private=True)
    gone = anybody.get(guest)
    unknown = anybody.get(guest.replace(guest.split("/")[2], "x" * 43))
    assert (gone.status_code, unknown.status_code) == (404, 404)
    assert told.ref not in gone.content.decode()
    assert b"Canary" not in gone.content
    hidden = [(404, False), (200, False), (200, False)]
    assert (all_of(stakeholder), all_of(commander)) == (hidden, before)
    # Public again, the link stays dead, and who has an account reads on.
    change_incident(told, by=commander, private=False)
    assert (anybody.get(guest).status_code, all_of(stakeholder)) == (404, before)
