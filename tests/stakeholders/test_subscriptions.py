"""P48: who subscribed hears of it, each once, and nobody who may not; P49: the last word."""

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from django.core import mail
from django.test import Client, override_settings
from icalendar import Calendar
from standardwebhooks import Webhook

from clock.queries import now
from incidents.endstate.actions import write_end_state
from incidents.lifecycle.actions import change_status
from incidents.lifecycle.declaring import declare_incident
from incidents.lifecycle.details import change_incident
from incidents.lifecycle.merging import merge_incident
from incidents.record.models import Incident, Service
from incidents.updates.actions import AllClear, publish_update
from incidents.updates.questions import ask_question
from notifications.endpoints import add_channel
from notifications.models import Delivery, Endpoint
from notifications.sending import send_due
from people.actions import deactivate_person
from people.feed_keys import personal_url, renew_key
from people.models import User
from refusals.errors import Forbidden, Invalid, NotVisible
from stakeholders.subscriptions.actions import confirm_subscription, end_subscription, subscribe
from stakeholders.subscriptions.links import confirming_link, ending_link
from stakeholders.subscriptions.models import Subscription
from tests.conftest import Clock
from tests.notifications.receiver import Receiver, receiver
from tests.programs import Programs
from tests.stakeholders.conftest import page, publish

pytestmark = pytest.mark.django_db

LOCMEM = "django.core.mail.backends.locmem.EmailBackend"
MISS = "Every customer’s API calls fail three times in four"


@pytest.fixture(autouse=True)
def letters() -> Iterator[None]:
    """Mails end in Django's own outbox."""
    with override_settings(EMAIL_BACKEND=LOCMEM):
        yield


@pytest.fixture
def other_side() -> Iterator[Receiver]:
    """A receiver that the operator named."""
    with receiver() as got, override_settings(OUTGOING_ALLOW=["127.0.0.0/8"]):
        yield got


def follow(by: User, incident: Incident | None = None, **more: Any) -> Subscription:
    """Subscribe by mail, to an incident or to everything."""
    to = {"to": "incident", "ref": incident.ref} if incident else {"to": "everything"}
    return subscribe(by=by, way="email", **{**to, **more})[0]


def leave() -> list[Any]:
    """Let everything leave that is due; answers the mails of it."""
    before = len(mail.outbox)
    for channel in ("fan_out", "email", "webhook", "chat"):
        send_due(channel)
    return mail.outbox[before:]


def to_whom(mails: list[Any]) -> list[str]:
    return sorted(one.to[0] for one in mails)


def test_p48_an_update_reaches_mail_webhook_chat_and_feed_with_the_same_facts(
    told: Incident,
    stakeholder: User,
    admin: User,
    other_responder: User,
    other_side: Receiver,
    clock: Clock,
) -> None:
    leave()
    _, secret = add_channel(by=admin, kind="webhook", url=other_side.url, name="Status page")
    add_channel(by=admin, kind="slack", url=other_side.url, name="#ops")
    follow(stakeholder, told)
    for way, target in (("webhook", "Status page"), ("chat", "#ops")):
        subscribe(by=admin, to="everything", way=way, target=target)
    publish(told, other_responder, clock, "Orders work for everyone <!channel>.")
    (letter,) = leave()
    text = letter.body
    hook, chat = sorted(other_side.arrived, key=lambda one: "webhook-id" not in one.headers)
    found = Webhook(secret).verify(hook.body, hook.headers)
    said = json.loads(chat.body)["text"]
    feed = Client().get(path_of(personal_url(stakeholder, "stakeholders:feed"))).content.decode()
    first = text.splitlines()[0]
    assert re.fullmatch(rf"SEV1 · {MISS} · investigating · next update \w\w\w \d\d:\d\d UTC", first)
    assert re.fullmatch(
        rf"INC-\d+ SEV1 investigating, next \w\w\w \d\d:\d\d UTC: {MISS}", letter.subject
    )
    facts = [
        "What we know: Three of four calls fail.",
        "failed orders (Placing orders: every partner)",
        "We are done when: Orders succeed and no data is lost.",
        "Signal API error rate: 12.4 %",
    ]
    for fact in facts:
        assert all(fact in one for one in (text, found["data"]["text"], said, feed)), fact
    assert found["type"] == "update"
    assert found["data"]["update"]["facts"]["owners"]["commander"]["name"] == "Maya Köhler"
    assert found["data"]["severity"] == "sev1"
    assert "&lt;!channel&gt;" in said and "<!channel>" not in said
    assert letter.to == ["ingrid@example.com"]


def test_p48_somebody_subscribed_thrice_gets_one_mail(
    told: Incident, stakeholder: User, responder: User, other_responder: User, clock: Clock
) -> None:
    service = Service.objects.create(name="Orders", slug="orders")
    change_incident(told, by=responder, services=[service])
    leave()
    follow(stakeholder, told)
    follow(stakeholder)
    follow(stakeholder, to="service", service="orders", ref="", every="daily")
    row, is_new = subscribe(by=stakeholder, to="everything", way="email", every="daily")
    assert (is_new, row.every, Subscription.objects.count()) == (False, "daily", 3)
    follow(responder, to="service", service="Orders", ref="")
    publish(told, other_responder, clock, "Once.")
    assert to_whom(leave()) == ["ingrid@example.com", "tunde@example.com"]


def test_p48_an_address_hears_nothing_before_it_agreed_and_no_names(
    told: Incident, stakeholder: User, other_responder: User, clock: Clock
) -> None:
    leave()
    row = follow(stakeholder, told, target="board@elsewhere.example")
    (asked,) = leave()
    assert asked.to == ["board@elsewhere.example"]
    publish(told, other_responder, clock, "Not yet.")
    assert leave() == []
    (link,) = re.findall(r"http://127.0.0.1:8000(\S+/confirm/)", asked.body)
    browser = Client()
    assert browser.get(link).status_code == 200
    row.refresh_from_db()
    assert row.confirmed_at is None
    assert "You hear of" in browser.post(link).content.decode()
    publish(told, other_responder, clock, "Now. Tunde Okafor fixed it.")
    (letter,) = leave()
    assert letter.to == ["board@elsewhere.example"]
    assert "Now." in letter.body
    assert [one for one in ("Maya", "Ravi", "Tunde", "Who leads") if one in letter.body] == []
    for wrong in (link[:-12] + "x/confirm/", confirming_link(row.pk + 7)):
        assert Client().post(wrong).status_code == 404


def test_p48_one_click_in_a_mail_program_ends_it(
    told: Incident, stakeholder: User, other_responder: User, clock: Clock
) -> None:
    leave()
    follow(stakeholder, told)
    follow(stakeholder)
    publish(told, other_responder, clock, "One.")
    (letter,) = leave()
    link = (
        letter.extra_headers["List-Unsubscribe"].strip("<>").removeprefix("http://127.0.0.1:8000")
    )
    assert letter.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    strict = Client(enforce_csrf_checks=True)
    assert strict.get(link).status_code == 200
    assert Subscription.objects.count() == 2
    assert strict.post(link, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert Subscription.objects.count() == 0
    assert strict.post(link).status_code == 200
    assert strict.post(link.replace("~", "~x")).status_code == 404
    publish(told, other_responder, clock, "Two.")
    assert leave() == []


@pytest.mark.parametrize("what", ["ended", "deactivated", "made private", "address ended"])
def test_p48_whoever_may_not_any_more_gets_nothing_that_waits(
    told: Incident,
    stakeholder: User,
    admin: User,
    commander: User,
    other_responder: User,
    other_side: Receiver,
    clock: Clock,
    what: str,
) -> None:
    leave()
    mine = follow(stakeholder, told)
    outside = follow(stakeholder, target="board@elsewhere.example")
    confirm_subscription(outside.pk)
    add_channel(by=admin, kind="slack", url=other_side.url, name="#ops")
    subscribe(by=admin, to="everything", way="chat", target="#ops")
    publish(told, other_responder, clock, "Canary.")
    send_due("fan_out")
    if what == "ended":
        end_subscription(mine.pk, by=stakeholder)
    elif what == "deactivated":
        deactivate_person(stakeholder, by=admin)
    elif what == "address ended":
        end_subscription(outside.pk, by=stakeholder)
    else:
        change_incident(told, by=commander, private=True)
    mails = leave()
    reached = {"address ended": ["ingrid@example.com"], "made private": []}
    assert to_whom(mails) == reached.get(what, ["board@elsewhere.example"])
    assert len(other_side.arrived) == (what != "made private")
    reasons = set(
        Delivery.objects.filter(kind="word", state="cancelled").values_list(
            "cancelled_reason", flat=True
        )
    )
    assert reasons
    if what == "made private":
        assert not Subscription.objects.filter(incident=told).exists()


def test_a_private_incident_reaches_its_roster_only(
    commander: User,
    responder: User,
    outsider: User,
    admin: User,
    other_side: Receiver,
    clock: Clock,
) -> None:
    add_channel(by=admin, kind="slack", url=other_side.url, name="#ops")
    subscribe(by=admin, to="everything", way="chat", target="#ops")
    confirm_subscription(follow(admin, target="board@elsewhere.example").pk)
    leave()
    for person in (commander, outsider, admin):
        follow(person)
    private = declare_incident(by=commander, title="Canary", severity="sev1", private=True)
    with pytest.raises(NotVisible):
        follow(outsider, private)
    with pytest.raises(Invalid):
        subscribe(by=admin, to="incident", ref=private.ref, way="chat", target="#ops")
    with pytest.raises(Invalid):
        follow(commander, private, target="board@elsewhere.example")
    publish(private, commander, clock, "Canary word.")
    assert to_whom(leave()) == ["ada@example.com", "maya@example.com"]
    assert other_side.arrived == []
    for person, is_there in ((outsider, False), (commander, True)):
        for name in ("stakeholders:feed", "stakeholders:calendar"):
            found = Client().get(path_of(personal_url(person, name))).content
            assert (private.ref.encode() in found) is is_there, name


def test_p48_a_day_comes_as_one_mail(
    told: Incident, stakeholder: User, other_responder: User, clock: Clock
) -> None:
    leave()
    follow(stakeholder, told, every="daily")
    for number in range(53):
        publish(told, other_responder, clock, f"Word {number}.")
    assert leave() == []
    clock.advance(hours=25)
    send_due("email")
    (letter,) = mail.outbox[-1:]
    assert letter.subject == "53 words of the last day"
    assert "Word 0." in letter.body
    assert "and 3 more" in letter.body
    assert Delivery.objects.filter(kind="word", state="sent", channel="email").count() == 53


@pytest.mark.parametrize("end", ["all_clear", "cancelled", "merged"])
def test_p49_the_last_word_reaches_whoever_was_told_and_so_does_a_reopening(
    told: Incident, commander: User, stakeholder: User, other_responder: User, end: str
) -> None:
    other = declare_incident(by=commander, title="The database", severity="sev1")
    ask_question(told, by=stakeholder, text="Since when?")
    leave()
    if end == "all_clear":
        clear = AllClear(executive_summary="It is over.")
        change_status(
            told, by=commander, to="resolved", all_clear=clear, override_reason="Confirmed."
        )
    elif end == "cancelled":
        change_status(told, by=commander, to="cancelled", reason="It was the probe.")
    else:
        merge_incident(told, by=commander, into=other, reason="The same database.")
    mails = leave()
    last = [one for one in mails if end.replace("all_clear", "resolved") in one.subject]
    # Who asked has the answer to their question, in the same words.
    assert "ingrid@example.com" in to_whom(mails)
    assert "ravi@example.com" in to_whom(last)
    assert "maya@example.com" not in to_whom(last)
    said = {
        "all_clear": "It is over.",
        "cancelled": "It was the probe.",
        "merged": f"The same database.\n\nLook at: {other.ref}",
    }[end]
    assert all(said in one.body for one in last)
    inbox = Delivery.objects.inbox_of(other_responder.pk).filter(kind="word")
    assert [one.step for one in inbox] == [end]
    told.refresh_from_db()
    if end == "all_clear":
        change_status(told, by=commander, to="investigating", reason="It is back.")
        again = [one for one in leave() if "reopened, investigating" in one.subject]
        assert "ingrid@example.com" in to_whom(again)


def test_p20_the_end_state_is_sent_to_the_linked_room(
    told: Incident, commander: User, admin: User, stakeholder: User, other_side: Receiver
) -> None:
    room = "https://chat.example/archives/C1"
    add_channel(by=admin, kind="slack", url=other_side.url, name="#inc", room_url=room)
    change_incident(told, by=commander, chat_url=room)
    follow(stakeholder, told)
    leave()
    other_side.arrived.clear()
    write_end_state(told, by=commander, text="Payments work and no order is lost.")
    assert leave() == []
    (arrived,) = other_side.arrived
    assert "We are done when: Payments work and no order is lost." in arrived.body.decode()


def test_a_drill_is_told_to_nobody(commander: User, stakeholder: User, clock: Clock) -> None:
    follow(stakeholder)
    follow(commander)
    drill = declare_incident(by=commander, title="Practice", severity="sev1", kind="drill")
    publish(drill, commander, clock, "Practice.")
    assert leave() == []


def test_what_is_recorded_afterwards_is_no_news(
    told: Incident, stakeholder: User, other_responder: User, clock: Clock
) -> None:
    follow(stakeholder, told)
    leave()
    clock.advance(minutes=10)
    publish_update(
        told,
        by=other_responder,
        status_text="It was slow.",
        hypothesis="Unknown.",
        current_action="Looking.",
        executive_summary="Said by phone.",
        next_update_at=None,
        occurred_at=now() - timedelta(minutes=5),
    )
    assert leave() == []


def test_titles_that_would_do_harm_do_none(
    commander: User, stakeholder: User, admin: User, other_side: Receiver, clock: Clock
) -> None:
    add_channel(by=admin, kind="mattermost", url=other_side.url, name="#ops")
    subscribe(by=admin, to="everything", way="chat", target="#ops")
    follow(stakeholder)
    nasty = "<!channel> @everyone\u202eevil"
    incident = declare_incident(by=commander, title=nasty, severity="sev1")
    publish_update(
        incident,
        by=commander,
        status_text="We look. " * 200,
        hypothesis="?",
        current_action="Looking.",
        statement="Bcc: all@example.com " + nasty,
        executive_summary="We look.",
        next_update_at=now() + timedelta(minutes=10),
    )
    (letter,) = leave()
    assert "\n" not in letter.subject
    assert letter.recipients() == ["ingrid@example.com"]
    said = json.loads(other_side.arrived[-1].body)["text"]
    assert [one for one in ("@everyone", "\u202e", "<!channel>") if one in said] == []
    calendar = Client().get(path_of(personal_url(stakeholder, "stakeholders:calendar")))
    (event,) = Calendar.from_ical(calendar.content).walk("VEVENT")
    assert str(event["summary"]) == f"{incident.ref}: next update on “{incident.title}”"


def test_feed_and_calendar_open_by_their_key_alone(
    told: Incident, stakeholder: User, admin: User
) -> None:
    anybody = Client()
    for name in ("stakeholders:feed", "stakeholders:calendar"):
        path = path_of(personal_url(stakeholder, name))
        answer = anybody.get(path)
        assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "private, no-store")
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        bare, _, key = path.partition("?key=")
        for wrong in ("", "?key=", f"?key={key[:-1]}x", f"?key={admin.pk}-{key[-64:]}"):
            assert anybody.get(bare + wrong).status_code == 404
    feed = path_of(personal_url(stakeholder, "stakeholders:incident-feed", told.ref))
    root = ET.fromstring(anybody.get(feed).content)
    titles = [one.text for one in root.iter("{http://www.w3.org/2005/Atom}title")][1:]
    assert len(titles) == 2
    assert all(str(title).startswith(f"{told.ref} SEV1 investigating") for title in titles)
    renew_key(stakeholder)
    assert anybody.get(feed).status_code == 404
    again = path_of(personal_url(stakeholder, "stakeholders:incident-feed", told.ref))
    assert anybody.get(again).status_code == 200
    deactivate_person(stakeholder, by=admin)
    assert anybody.get(again).status_code == 404


def test_subscriptions_over_the_api(
    told: Incident, stakeholder: User, outsider: User, admin: User, program: Programs
) -> None:
    api = program(stakeholder)
    body = {"to": "incident", "ref": told.ref, "channel": "email"}
    made = api.post("subscriptions", body)
    assert made.status_code == 201
    assert made.json() | {"created_at": ""} == {
        "id": made.json()["id"],
        "to": "incident",
        "ref": told.ref,
        "service": None,
        "channel": "email",
        "target": "ingrid@example.com",
        "every": "update",
        "confirmed": True,
        "created_at": "",
        "url": None,
    }
    assert api.post("subscriptions", {**body, "every": "daily"}).status_code == 200
    feed = api.post("subscriptions", {**body, "channel": "feed"}).json()
    assert Client().get(path_of(feed["url"])).status_code == 200
    asked = api.post("subscriptions", {**body, "target": "board@elsewhere.example"})
    assert (asked.status_code, asked.json()["confirmed"]) == (201, False)
    assert api.post("subscriptions", {**body, "target": "nobody"}).status_code == 422
    assert api.post("subscriptions", {**body, "ref": "INC-999"}).status_code == 404
    chat = {"to": "everything", "channel": "chat", "target": "1"}
    assert api.post("subscriptions", chat).status_code == 403
    assert program(outsider).post("subscriptions", chat).status_code == 422
    assert [one["every"] for one in api.get("subscriptions").json()["items"]] == [
        "daily",
        "update",
        "update",
    ]
    key = made.json()["id"]
    assert program(outsider).delete(f"subscriptions/{key}").status_code == 404
    assert api.delete(f"subscriptions/{key}").status_code == 204
    me = api.get("me").json()
    for name in ("calendar_url", "feed_url"):
        assert Client().get(path_of(me[name])).status_code == 200
    agent = program(outsider, "agent").get("me").json()
    assert (agent["calendar_url"], agent["feed_url"]) == (None, None)


def test_following_on_the_pages(told: Incident, stakeholder: User) -> None:
    seat = Client()
    seat.force_login(stakeholder)
    path = f"/stakeholders/{told.ref}/subscription/"
    said = seat.post(path, {"every": "daily"}, follow=True).content.decode()
    assert "You get one mail a day about" in said
    assert Subscription.objects.get().every == "daily"
    seat.post(path, {"every": "never"})
    assert not Subscription.objects.exists()
    seat.post("/subscriptions/", {"to": "everything", "every": "update", "where": "email"})
    assert "Everything each update, to your e-mail" in page(stakeholder, "/subscriptions/")
    wrong = {"to": "everything", "every": "update", "where": "email", "address": "nobody"}
    answer = seat.post("/subscriptions/", wrong)
    assert answer.status_code == 422
    seat.post(f"/subscriptions/{Subscription.objects.get().pk}/")
    assert not Subscription.objects.exists()
    before = personal_url(stakeholder, "stakeholders:feed")
    seat.post("/subscriptions/", {"renew": "1"})
    stakeholder.refresh_from_db()
    assert personal_url(stakeholder, "stakeholders:feed") != before


def test_many_addresses_at_once_are_too_many(told: Incident, stakeholder: User) -> None:
    for number in range(20):
        follow(stakeholder, target=f"{number}@elsewhere.example")
    with pytest.raises(Exception, match="many addresses"):
        follow(stakeholder, target="more@elsewhere.example")


def test_stakeholders_tell_no_channel(stakeholder: User, admin: User) -> None:
    Endpoint.objects.create(kind="slack", name="#ops", url="", host="", created_at=now())
    with pytest.raises(Forbidden):
        subscribe(by=stakeholder, to="everything", way="chat", target="#ops")


def test_a_link_of_another_kind_opens_nothing(told: Incident, stakeholder: User) -> None:
    row = follow(stakeholder, told)
    ends, confirms = ending_link([row.pk]), confirming_link(row.pk)
    assert Client().post(ends.replace("/end/", "/confirm/")).status_code == 404
    assert Client().post(confirms.replace("/confirm/", "/end/")).status_code == 404


def path_of(url: str) -> str:
    """Where a whole address leads on this site."""
    return url.removeprefix("http://127.0.0.1:8000")
