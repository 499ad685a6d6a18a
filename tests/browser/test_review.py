"""The review in Chromium: from the facts to an action item that somebody else has verified."""

import pytest
from playwright.sync_api import Page, expect

from incidents.record.models import Incident, Service
from people.models import User
from postmortems.items.actions import add_item
from postmortems.items.following import finish_item, verify_item
from postmortems.items.models import ActionItem
from postmortems.review.models import Postmortem
from tests.browser.conftest import Sit
from tests.conftest import Clock
from tests.postmortems.conftest import agreed, asked, item, monday, resolved, review

__all__ = ["agreed", "asked", "item", "monday", "resolved", "review"]

pytestmark = pytest.mark.browser


def save(page: Page, name: str) -> None:
    """Press the editor's button and wait until it was taken."""
    page.locator("#editor").get_by_role("button", name=name, exact=True).click()
    expect(page.locator("#editor")).not_to_be_visible()


def answer_why(page: Page, button: str, answer: str, because: str = "") -> None:
    page.locator("#pm-whys").get_by_role("link", name=button, exact=True).last.click()
    page.get_by_label("Answer", exact=True).fill(answer)
    if because:
        page.get_by_label("This is systemic because", exact=True).fill(because)
        page.get_by_label("Which safeguard was absent?").select_option("limit")
    save(page, "Add")
    expect(page.locator("#pm-whys")).to_contain_text(answer)


def test_a_review_from_its_facts_to_a_verified_action_item(
    sit: Sit,
    resolved: Incident,
    commander: User,
    responder: User,
    stakeholder: User,
    monday: Clock,
) -> None:
    maya, tunde = sit(commander), sit(responder, scheme="light")
    address = Postmortem.objects.get().get_absolute_url()
    page = maya.open(f"/incidents/{resolved.ref}/")
    page.goto(f"{maya.site}{address}")
    expect(page.locator("#pm-head")).to_contain_text("Maya Köhler facilitates")
    expect(page.locator("#pm-whys")).to_contain_text("Opens once the facts are agreed")

    facts = page.locator("#pm-facts > .timeline > li")
    before = facts.count()
    facts.first.get_by_role("button").click()
    expect(facts).to_have_count(before - 1)
    page.get_by_role("button", name="Agree on the facts").click()
    expect(page.locator("#pm-facts")).to_contain_text("✓ agreed")

    answer_why(page, "Ask the first why", "One query loads every row.")
    answer_why(page, "Ask on", "The list has no pages.", "every list of the framework is so")

    page.locator("#pm-analysis").get_by_role("link", name="Write").click()
    text = page.locator("#editor textarea")
    text.fill("Tunde should have seen it.")
    expect(page.locator("#suggestions")).to_contain_text("“should have”")
    text.fill("Tunde should have seen it. The review has no check.")
    save(page, "Save")
    expect(page.locator("#pm-analysis")).to_contain_text("Keep it, with a reason")
    expect(page.get_by_role("button", name="Not a person")).to_have_count(0)

    page.locator("#pm-actions").get_by_role("link", name="Add one").click()
    page.get_by_label("What changes in the system").fill("Be more careful")
    page.get_by_label("Type").select_option("guardrail")
    page.get_by_label("Owner").select_option(label=responder.name)
    page.get_by_label("It worked when").fill("No query reads more than 10 000 rows.")
    page.locator("#editor").get_by_role("button", name="Add", exact=True).click()
    expect(page.locator("#editor .refusal")).to_contain_text("a query limit in the ORM")
    expect(page.get_by_label("It worked when")).to_have_value(
        "No query reads more than 10 000 rows."
    )
    page.get_by_label("What changes in the system").fill("A query limit in the ORM")
    save(page, "Add")
    expect(page.locator("#pm-actions")).to_contain_text("A query limit in the ORM")

    page.locator("#pm-publish").get_by_role("link", name="Publish").click()
    page.locator("#editor").get_by_role("button", name="Publish", exact=True).click()
    expect(page.locator("#editor .refusal")).to_contain_text("“Tunde” in Analysis")
    page.keyboard.press("Escape")
    page.locator("#pm-analysis").get_by_role("link", name="Edit").click()
    page.locator("#editor textarea").fill("The review has no check for large tables.")
    save(page, "Save")
    expect(page.locator("#pm-publish")).to_contain_text("✓ Nothing is missing")
    maya.check_accessible()
    page.locator("#pm-publish").get_by_role("link", name="Publish").click()
    save(page, "Publish")
    expect(page.locator("#pm-head")).to_contain_text("✓ Published")
    maya.picture("review-published")

    other = tunde.open("/actions/")
    other.get_by_role("link", name="Done", exact=True).click()
    other.get_by_label("Note").fill("Merged and released.")
    save(other, "Done")
    expect(other.locator("main")).to_contain_text("Nothing is yours to do")

    monday.advance(days=21)
    page.goto(f"{maya.site}/")
    # Owed, and nothing stands twice.
    expect(page.get_by_label("What you owe")).to_contain_text("Verify “A query limit in the ORM”")
    expect(page.get_by_label("My later action items")).not_to_contain_text("A query limit")
    page.goto(f"{maya.site}/actions/?list=to-verify")
    page.get_by_role("link", name="Verify", exact=True).click()
    for asked_about in ("Is it implemented?", "Is the metric moving?"):
        page.get_by_role("group", name=asked_about).get_by_label("Yes").check()
    page.get_by_label("What you saw").fill("The slow queries are gone.")
    save(page, "Record it")
    expect(page.locator("main")).to_contain_text("Nothing waits to be verified")
    found = ActionItem.objects.get()
    assert (found.state, found.is_moving, found.verified_by) == ("verified", True, commander)

    ingrid = sit(stakeholder, width=360, scheme="light")
    read = ingrid.open("/postmortems/?q=pages")
    read.get_by_role("link", name="API calls fail").click()
    expect(read.locator("#pm-whys")).to_contain_text("The list has no pages.")
    expect(read.get_by_role("link", name="Edit")).to_have_count(0)


def test_what_is_late_stands_first_and_the_list_is_narrowed_down_by_owner_and_service(
    sit: Sit, item: ActionItem, commander: User, other_responder: User, monday: Clock
) -> None:
    verified = add_item(
        item.postmortem,
        by=commander,
        title="A limit in the export",
        type="guardrail",
        owner=commander,
        due_at=item.due_at,
        priority="p0",
        success_criterion="No export reads more than 10 000 rows.",
    )
    finish_item(verified, by=commander)
    monday.advance(days=9)
    verify_item(
        verified, by=other_responder, implemented=True, moving=True, note="It stops at 10 000 rows."
    )
    service = Service.objects.create(name="Partner API", slug="partner-api")
    Service.objects.create(name="Billing", slug="billing")
    item.postmortem.incident.services.add(service)
    monday.advance(days=5)
    page = sit(commander).open("/actions/?list=all")
    rows = page.locator("main .list > li")
    assert [words.split("\n")[0] for words in rows.locator(".grow").all_inner_texts()] == [
        item.title,
        verified.title,
    ]
    expect(rows.first).to_contain_text("✕ overdue by")
    page.get_by_label("Owner").select_option("Maya Köhler")
    page.get_by_role("button", name="Show").click()
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text(verified.title)
    page.get_by_label("Owner").select_option("Everybody’s")
    for name, count in (("Billing", 0), ("Partner API", 2)):
        page.get_by_label("Service").select_option(name)
        page.get_by_role("button", name="Show").click()
        expect(rows).to_have_count(count)


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (1440, "dark"), (360, "light")])
def test_the_pages_of_learning_are_accessible_and_fit(
    sit: Sit, item: ActionItem, commander: User, width: int, scheme: str
) -> None:
    seat = sit(commander, width=width, scheme=scheme)
    address = item.postmortem.get_absolute_url()
    for name, path in {
        "document": address,
        "library": "/postmortems/",
        "actions": "/actions/?list=all",
        "item": item.get_absolute_url(),
        "insights": "/insights/",
        "grid": f"{address}grid/",
        "new-item": f"{address}actions/",
    }.items():
        page = seat.open(path)
        expect(page.locator("main")).to_be_visible()
        seat.check_accessible()
        too_wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert (name, too_wide) == (name, 0)
        seat.picture(f"{name}-{width}-{scheme}")
