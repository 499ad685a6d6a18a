"""An executive follows, asks, and has the answer everywhere, while whoever digs is left alone."""

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client, override_settings
from playwright.sync_api import expect
from standardwebhooks import Webhook

from clock.queries import now
from drills.demo import set_up
from incidents.board.actions import add_card
from incidents.endstate.actions import write_end_state
from incidents.endstate.signals import add_signal, record_samples
from incidents.impact.actions import add_impact
from incidents.lifecycle.details import change_incident
from incidents.record.models import Incident
from incidents.roster.actions import assign_role, join
from incidents.updates.actions import publish_update
from incidents.updates.questions import answer_question, ask_question
from notifications.endpoints import add_channel
from notifications.models import Delivery
from notifications.sending import send_due
from people.feed_keys import personal_url
from people.models import User
from stakeholders.subscriptions.actions import subscribe
from tests.browser.conftest import Seat, Sit
from tests.notifications.receiver import Receiver, receiver
from tests.notifications.smtp import Post, post_office
from tests.stakeholders.conftest import path_of

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

MISS = "Nobody can pay by card"
ON_PAPER = 3
"""How many earlier updates, questions and steps stand on a sheet."""
QUESTION = "Do refunds work?"
ANSWER = "Refunds work, they never stopped."


@pytest.fixture
def post() -> Iterator[Post]:
    """A real mail server on loopback."""
    with post_office() as office:
        yield office


@pytest.fixture
def hook() -> Iterator[Receiver]:
    """What receives the webhook."""
    with receiver() as got, override_settings(OUTGOING_ALLOW=["127.0.0.0/8"]):
        yield got


@pytest.fixture
def chat() -> Iterator[Receiver]:
    """What receives for the chat."""
    with receiver() as got:
        yield got


@pytest.fixture
def burning(
    incident: Incident, commander: User, responder: User, other_responder: User
) -> Incident:
    """Somebody leads, somebody speaks, and somebody has a card in Now."""
    join(incident, by=responder)
    assign_role(incident, by=commander, role="communications", person=other_responder)
    change_incident(
        incident, by=commander, statement=MISS, blocker="Connections run out within seconds."
    )
    write_end_state(incident, by=commander, text="Payments succeed and no order is lost.")
    signal = add_signal(
        incident, by=commander, name="Failed payments", comparator="<=", target=1, unit="%"
    )
    record_samples(signal.pk, by=commander, samples=[(12.4, None)])
    add_impact(
        incident,
        by=commander,
        journey="Paying",
        blocked="every customer",
        amount=18450,
        unit="failed payments",
    )
    add_card(
        incident,
        by=responder,
        title="Read the slow log",
        serves="end_state",
        owner=responder,
        risk="read_only",
        expected_proof="What is slow",
        column="now",
        time_box_min=15,
    )
    return incident


def everything_leaves() -> None:
    """What workers would do."""
    for channel in ("fan_out", "email", "webhook", "chat"):
        send_due(channel)


def test_p47_p48_an_executive_is_answered_everywhere_and_nobody_who_digs_hears_of_it(
    sit: Sit,
    burning: Incident,
    responder: User,
    other_responder: User,
    stakeholder: User,
    admin: User,
    post: Post,
    hook: Receiver,
    chat: Receiver,
    subtests: pytest.Subtests,
) -> None:
    _, secret = add_channel(by=admin, kind="webhook", url=hook.url, name="Status page")
    add_channel(by=admin, kind="slack", url=chat.url, name="#ops")
    for way, target in (("webhook", "Status page"), ("chat", "#ops")):
        subscribe(by=admin, to="everything", way=way, target=target)
    everything_leaves()
    for got in (post.messages, hook.arrived, chat.arrived):
        got.clear()
    ingrid, ravi = sit(stakeholder, width=390, height=844), sit(other_responder)
    tunde = sit(responder, scheme="light")
    room = tunde.open(f"/incidents/{burning.ref}/")
    heard_before = Delivery.objects.filter(person=responder).count()

    with subtests.test("she follows it and asks"):
        page = ingrid.open(f"/stakeholders/{burning.ref}/")
        page.get_by_role("button", name="E-mail me each update").click()
        expect(page.locator("#follow")).to_contain_text("You get a mail for each update.")
        page.get_by_label("Your question").fill(QUESTION)
        page.get_by_role("button", name="Ask", exact=True).click()
        expect(page.locator("#asked")).to_contain_text("by")
        expect(page.locator("#exec-questions")).to_contain_text(QUESTION)
        ingrid.check_accessible()

    with subtests.test("who speaks sees the question, and answers it in the update"):
        desk = ravi.open(f"/incidents/{burning.ref}/")
        form = desk.locator("#update")
        form.get_by_label("The sentence for executives").fill("Half of the cards work.")
        form.get_by_label("What we know").fill("Half of the payments go through.")
        form.get_by_label(f"{stakeholder.name}: “{QUESTION}”").check()
        form.get_by_label("The answer, in a line").fill(ANSWER)
        form.get_by_role("button", name="Publish").click()
        expect(page.locator("#exec-latest")).to_contain_text("Half of the cards work.")
        expect(page.locator("#exec-questions")).to_contain_text(ANSWER)

    everything_leaves()
    feed = Client().get(path_of(personal_url(stakeholder, "stakeholders:feed"))).content.decode()
    mails = [one for one in post.messages if one["To"] == stakeholder.email]
    (letter,) = [one for one in mails if "about your question" not in one["Subject"]]
    plain = letter.get_body(("plain",))
    assert plain is not None
    (signed,), (told,) = hook.arrived, chat.arrived
    found = Webhook(secret).verify(signed.body, signed.headers)

    with subtests.test("mail, webhook, chat and feed say the same"):
        texts = {
            "mail": " ".join(plain.get_content().split()),
            "webhook": " ".join(found["data"]["text"].split()),
            "chat": " ".join(json.loads(told.body)["text"].split()),
            "feed": feed,
        }
        facts = [
            *("SEV1", MISS, "investigating", "next update", "Half of the cards work."),
            *("What we know: Half of the payments go through.", f"Asked: {QUESTION}"),
            *(f"Answered: {ANSWER}", "failed payments (Paying: every customer)", "18 450"),
            "We are done when: Payments succeed and no order is lost.",
            "Signal Failed payments: 12.4 %",
        ]
        missing = [
            (where, one) for where, text in texts.items() for one in facts if one not in text
        ]
        assert missing == []
        assert found["data"]["update"]["answers"] == [{"text": QUESTION, "answer": ANSWER}]
        assert str(letter["Subject"]).startswith(f"SEV1 {burning.ref} investigating, next ")

    with subtests.test("who digs saw nothing of it and was told nothing"):
        expect(room.locator("#latest")).to_contain_text("Half of the cards work.")
        assert Delivery.objects.filter(person=responder).count() == heard_before
        assert [one["Subject"] for one in post.messages if one["To"] == responder.email] == []
        assert room.evaluate("document.querySelector('dialog[open]')") is None
        expect(room.locator("#board")).not_to_contain_text(QUESTION)
        ingrid.pictures("word-executive")


def sheets_of(seat: Seat) -> int:
    """How many sheets of A4 the page takes."""
    return len(re.findall(rb"/Type\s*/Page\b", seat.page.pdf(prefer_css_page_size=True)))


def test_p46_the_page_prints_on_one_sheet_however_much_was_said(
    sit: Sit, site: str, tmp_path: Path, settings: object, subtests: pytest.Subtests
) -> None:
    settings.DATA = tmp_path  # type: ignore[attr-defined]
    running = Incident.objects.get(number=int(set_up().removeprefix("INC-")))
    reader = User.objects.get(email="ingrid@endstate.example")
    maya = User.objects.get(email="maya@endstate.example")
    seat = sit(reader, scheme="light")
    with subtests.test("the demo's incident"):
        seat.open(f"/stakeholders/{running.ref}/")
        assert sheets_of(seat) == 1

    with subtests.test("one of many and long words, whose latest is on paper whole"):
        long = ("Partners cannot place orders " * 20).strip()
        for number in range(12):
            publish_update(
                running,
                by=maya,
                status_text=long,
                hypothesis=long,
                current_action=long,
                executive_summary=f"{number}: {long}"[:280],
                next_update_at=now() + timedelta(minutes=10),
            )
            question = ask_question(running, by=reader, text=f"{number}? {long}"[:500])
            answer_question(question.pk, by=maya, text=long)
            add_card(
                running,
                by=maya,
                title=f"{number} {long}"[:200],
                serves="end_state",
                owner=maya,
                risk="read_only",
                proof=long[:500],
                column="done",
            )
        page = seat.open(f"/stakeholders/{running.ref}/")
        assert sheets_of(seat) == 1
        page.emulate_media(media="print")
        latest = page.locator("#exec-latest > p").first
        expect(latest).to_have_text(f"11: {long}"[:280])
        assert page.locator("#exec-history li:visible").count() == ON_PAPER
        expect(page.get_by_text("The newest of each", exact=False)).to_be_visible()
        seat.picture("word-on-paper")
