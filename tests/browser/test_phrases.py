"""Small words that once misled: figures, signs, ages, and what is taken along."""

import re

from django.urls import reverse
from playwright.sync_api import Page, expect

from incidents.endstate.signals import add_signal, record_samples
from incidents.lifecycle.details import change_incident
from incidents.record.models import Incident
from incidents.roster.actions import join
from people.models import User
from postmortems.review.actions import open_review
from tests.browser.conftest import Sit
from tests.browser.test_everywhere import BLUE
from tests.conftest import Clock
from tests.postmortems.conftest import resolve


def read(page: Page, selector: str) -> str:
    """What a part of the page says, as one line."""
    return " ".join(page.locator(selector).inner_text().split())


def test_the_room_says_lengths_signs_and_ages_as_people_do(
    sit: Sit, incident: Incident, commander: User, responder: User, clock: Clock
) -> None:
    change_incident(incident, by=commander, chat_url="https://chat.example.com/inc")
    join(incident, by=responder)
    clock.advance(minutes=3)
    signal = add_signal(
        incident, by=commander, name="API errors", comparator="<=", target=60, unit="%", hold_s=300
    )
    record_samples(signal.pk, by=commander, samples=[(12.4, None)], by_hand=True)
    page = sit(commander, scheme="light").open(incident.get_absolute_url())

    strip = page.locator("#pinned .signals")
    expect(strip).to_contain_text(re.compile(r"holding\s+\d+ s\s+of 5 min"))
    said = read(page, "body")
    assert "≤ 60 %" in said
    assert "<=" not in said
    assert re.search(r"holding 0 of|after 0 s", said) is None
    assert re.search(r"Maya Köhler.*?joined \d min ago", read(page, "#roster"))
    assert "just now" not in read(page, "#roster")
    assert "+" not in [words.strip() for words in strip.locator("a, button").all_inner_texts()]
    assert len(page.evaluate(BLUE)) == 1

    page.goto(page.url + "signals/")
    expect(page.get_by_label("Held for")).to_have_value("5 min")
    chosen = page.get_by_label("Is good when").or_(page.locator("[name=comparator]")).first
    assert "<=" not in chosen.inner_text()


def test_a_review_links_to_what_is_missing_and_says_nothing_of_nobody(
    sit: Sit, incident: Incident, commander: User
) -> None:
    review = open_review(resolve(incident, commander), by=commander)
    page = sit(commander).open(review.get_absolute_url())
    unknown = page.locator("#pm-figures").get_by_text("not known")
    expect(unknown.first).to_be_visible()
    for one in unknown.all():
        assert one.get_attribute("href") == reverse("warroom:times", args=[incident.ref])
    assert "Spoke up:" not in read(page, "body")

    unknown.first.click()
    expect(page.locator("#edit-form")).to_be_visible()


def test_what_is_taken_along_reads_as_the_page_does(
    sit: Sit, incident: Incident, commander: User
) -> None:
    review = open_review(resolve(incident, commander), by=commander)
    page = sit(commander).open(review.get_absolute_url())
    with page.expect_download() as taken:
        page.get_by_role("link", name="Markdown").click()
    assert taken.value.suggested_filename == f"{incident.ref}-postmortem.md"
    source = taken.value.path().read_text()
    assert source.startswith(f"# {incident.ref} API calls fail\n")
    assert re.search(r"\d\d:\d\d UTC Maya Köhler declared SEV1: API calls fail", source)
    assert r"\-" not in source
    assert re.search(r"\b0 min\b", source) is None


def test_ones_own_pages_are_ours_and_the_address_is_the_admins_to_change(
    sit: Sit, commander: User
) -> None:
    page = sit(commander).open("/accounts/email/")
    expect(page.locator("main")).to_contain_text("maya@example.com")
    expect(page.locator("main form")).to_have_count(0)
    page.goto(page.url.replace("email", "password/change"))
    expect(page.get_by_role("navigation", name="Main")).to_be_attached()
    said = read(page, "main")
    assert "<ul>" not in said
    assert "<li>" not in said
    assert "!" not in said
