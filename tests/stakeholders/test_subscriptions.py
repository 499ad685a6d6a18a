"""P48: who subscribes to what, who ends it, and nobody hears who may not."""

import re
from xml.etree import ElementTree as ET

import pytest
from django.test import Client

from clock.queries import now
from incidents.lifecycle.declaring import declare_incident
from incidents.lifecycle.details import change_incident
from incidents.record.models import Incident
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
from tests.notifications.receiver import Receiver
from tests.programs import Programs
from tests.stakeholders.conftest import follow, leave, page, path_of, publish, to_whom

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("letters")]


def test_p48_an_address_hears_nothing_before_it_agreed_and_no_names(
    told: Incident, stakeholder: User, other_responder: User, clock: Clock
) -> None:
    leave()
    row = follow(stakeholder, told, target="board@elsewhere.example")
    (asked,) = leave()
    assert asked.to == ["board@elsewhere.example"]
    publish(told, other_responder, clock, "Not yet.")
    assert leave() == []
    # Not even written and held back: what is asked again when it leaves is the second guard.
    assert not Delivery.objects.filter(kind="word", address=row.address).exists()
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


def test_p48_an_address_is_not_asked_about_what_was_ended_meanwhile(
    told: Incident, stakeholder: User
) -> None:
    leave()
    row = follow(stakeholder, told, target="board@elsewhere.example")
    send_due("fan_out")
    end_subscription(row.pk, by=stakeholder)
    assert leave() == []
    assert Delivery.objects.get(kind="subscription", channel="email").state == "cancelled"


def test_p48_an_address_that_two_people_enter_is_asked_once_and_hears_once(
    told: Incident, stakeholder: User, responder: User, other_responder: User, clock: Clock
) -> None:
    leave()
    outside = "Board@elsewhere.example"
    first = follow(stakeholder, told, target=outside)
    second = follow(responder, told, target=outside.lower(), every="daily")
    (asked,) = leave()
    confirm_subscription(first.pk)
    for row in (first, second):
        row.refresh_from_db()
        assert row.confirmed_at is not None
    assert (first.every, second.every) == ("update", "daily")
    third = follow(other_responder, told, target=outside)
    assert third.confirmed_at is not None
    assert leave() == []
    publish(told, other_responder, clock, "One.")
    (letter,) = leave()
    assert letter.to[0].lower() == outside.lower()
    # Whoever entered it ends their own wish only; the address ends all of them.
    end_subscription(first.pk, by=stakeholder)
    publish(told, other_responder, clock, "Two.")
    (letter,) = leave()
    link = path_of(letter.extra_headers["List-Unsubscribe"].strip("<>"))
    assert Client().post(link).status_code == 200
    assert not Subscription.objects.exists()
    assert asked.to[0].lower() == outside.lower()


def test_p48_an_address_is_asked_for_the_other_when_the_one_who_had_it_asked_ends_it(
    told: Incident, stakeholder: User, responder: User
) -> None:
    leave()
    outside = "board@elsewhere.example"
    first = follow(stakeholder, told, target=outside)
    second = follow(responder, told, target=outside)
    end_subscription(first.pk, by=stakeholder)
    (asked,) = leave()
    assert "Tunde Okafor subscribed this address" in asked.body
    assert confirming_link(second.pk).partition("~")[0] + "~" in asked.body


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


def test_p48_one_click_in_a_day_of_words_ends_all_that_it_came_by(
    told: Incident, stakeholder: User, commander: User, other_responder: User, clock: Clock
) -> None:
    other = declare_incident(by=commander, title="The database", severity="sev1")
    leave()
    follow(stakeholder, told, every="daily")
    follow(stakeholder, other, every="daily")
    publish(told, other_responder, clock, "One.")
    publish(other, commander, clock, "Two.")
    send_due("fan_out")
    clock.advance(hours=25)
    (letter,) = leave()
    link = path_of(letter.extra_headers["List-Unsubscribe"].strip("<>"))
    assert Client().post(link).status_code == 200
    assert not Subscription.objects.exists()


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
    assert all(str(title).startswith(f"SEV1 {told.ref} investigating") for title in titles)
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
        "snapshot": False,
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
