"""P48: one word of an incident, in the same facts, once to each; P49: the last word."""

import json
import re
from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client
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
from incidents.updates.questions import answer_question, ask_question
from notifications.endpoints import add_channel
from notifications.models import Delivery
from notifications.sending import send_due
from people.feed_keys import personal_url
from people.models import User
from postmortems.review.actions import schedule_meeting
from postmortems.review.models import Postmortem
from stakeholders.subscriptions.actions import subscribe
from stakeholders.subscriptions.models import Subscription
from tests.conftest import Clock
from tests.notifications.receiver import Receiver
from tests.stakeholders.conftest import MISS, follow, leave, page, path_of, publish, to_whom
from warroom.endstate import FIRST_END_STATE

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("letters")]


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
        rf"SEV1 INC-\d+ investigating, next \w\w\w \d\d:\d\d UTC: {MISS}", letter.subject
    )
    facts = [
        "What we know: Three of four calls fail.",
        "failed orders (Placing orders: every partner)",
        "We are done when: Orders succeed and no data is lost.",
        "Signal API error rate: 12.4 %",
    ]
    for fact in facts:
        assert all(fact in one for one in (text, found["data"]["text"], said, feed)), fact
    # A room and a program have no clock of their own: every time that they are told names UTC.
    for outside in (said, found["data"]["text"], found["data"]["subject"]):
        times = re.findall(r"\b\d\d:\d\d\b.{4}", outside)
        assert times and all(one.endswith(" UTC") for one in times), outside
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
    # The newest are shown: what was said last is what is true.
    shown = [number for number in range(53) if f"Word {number}." in letter.body]
    assert shown == list(range(3, 53))
    assert "and 3 more before these, on the pages" in letter.body
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
    # Who asked has the answer to their question, in the same words, and nothing beside it.
    assert to_whom(mails).count("ingrid@example.com") == 1
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


def test_p49_the_all_clear_says_when_the_review_is_wherever_it_is_read(
    told: Incident, commander: User, stakeholder: User, clock: Clock
) -> None:
    follow(stakeholder, told)
    clear = AllClear(executive_summary="It is over.", watching="Tunde")
    change_status(told, by=commander, to="resolved", all_clear=clear, override_reason="Confirmed.")
    review = Postmortem.objects.get(incident=told)
    assert review.meeting_at is not None
    # A time that is moved later moves nothing that was said.
    proposed = review.meeting_at
    schedule_meeting(review, by=commander, at=proposed + timedelta(days=1))
    (letter,) = [one for one in leave() if "resolved" in one.subject and "ingrid" in one.to[0]]
    assert f"The review: {proposed:%a %-d %b %H:%M} UTC" in letter.body
    update = told.updates.get(is_all_clear=True)
    assert update.facts["review_at"] == proposed.isoformat().replace("+00:00", "Z")
    shown = page(stakeholder, f"/stakeholders/{told.ref}/")
    assert f"The review: {proposed:%-d %b %Y %H:%M}" in shown
    change_status(told, by=commander, to="investigating", reason="It is back.")
    publish(told, commander, clock, "Again.")
    assert "The review" not in leave()[-1].body


def test_p49_who_hears_another_answer_later_still_hears_the_last_word(
    told: Incident, commander: User, stakeholder: User
) -> None:
    leave()
    change_status(
        told,
        by=commander,
        to="resolved",
        all_clear=AllClear(executive_summary="It is over."),
        override_reason="Confirmed.",
    )
    question = ask_question(told, by=stakeholder, text="Since when?")
    answer_question(question.pk, by=commander, text="Since noon.")
    assert {one.subject for one in leave() if one.to == ["ingrid@example.com"]} == {
        f"SEV1 {told.ref} resolved: {MISS}",
        f"SEV1 {told.ref}: about your question · {MISS}",
    }


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


def test_p20_a_room_that_is_linked_later_gets_the_end_state_then_and_nobody_again(
    told: Incident, commander: User, admin: User, stakeholder: User, other_side: Receiver
) -> None:
    room = "https://chat.example/archives/C2"
    add_channel(by=admin, kind="slack", url=f"{other_side.url}/in", name="#inc", room_url=room)
    add_channel(by=admin, kind="slack", url=f"{other_side.url}/all", name="#all")
    subscribe(by=admin, to="everything", way="chat", target="#all")
    follow(stakeholder, told)
    leave()
    other_side.arrived.clear()
    change_incident(told, by=commander, call_url="https://call.example/1")
    change_incident(told, by=commander, chat_url=room)
    assert leave() == []
    (arrived,) = other_side.arrived
    assert arrived.path == "/hook/in"
    assert "We are done when: Orders succeed and no data is lost." in arrived.body.decode()


def test_p20_the_end_state_starts_from_the_three_that_always_count(
    incident: Incident, commander: User
) -> None:
    editor = page(commander, f"/incidents/{incident.ref}/end-state/")
    assert FIRST_END_STATE in editor
    write_end_state(incident, by=commander, text="Payments work and no order is lost.")
    assert FIRST_END_STATE not in page(commander, f"/incidents/{incident.ref}/end-state/")


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


def test_p49_resolved_without_an_all_clear_says_no_older_word_again(
    commander: User, stakeholder: User, clock: Clock
) -> None:
    follow(stakeholder)
    near = declare_incident(by=commander, title="Almost", severity="sev3", kind="near_miss")
    publish(near, commander, clock, "We look at it.")
    leave()
    change_status(near, by=commander, to="resolved")
    (letter,) = leave()
    assert "resolved" in letter.subject
    assert "We look at it." not in letter.body


def test_an_incident_that_took_in_a_private_one_is_not_called_merged(
    told: Incident, commander: User, stakeholder: User
) -> None:
    private = declare_incident(by=commander, title="Canary", severity="sev1", private=True)
    merge_incident(private, by=commander, into=told, reason="The same.")
    feed = path_of(personal_url(stakeholder, "stakeholders:incident-feed", told.ref))
    content = Client().get(feed).content.decode()
    assert "investigating" in content
    assert "merged" not in content
