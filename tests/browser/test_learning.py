"""From the first bad sample to the verified action item, in Chromium, as people see it."""

import pytest
from playwright.sync_api import Locator, Page, expect

from incidents.endstate.actions import write_end_state
from incidents.endstate.models import Signal
from incidents.endstate.signals import add_signal
from incidents.record.models import Incident
from incidents.roster.actions import join
from people.actions import issue_token
from people.models import Scope, User
from tests.browser.conftest import Seat, Sit
from tests.conftest import Clock

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]

TILE = ".signals .signal"


def editor(page: Page) -> Locator:
    return page.locator("#edit-form")


def write(page: Page, **fields: str) -> None:
    """Fill the open editor by label; ``_`` in a name is a space."""
    for label, text in fields.items():
        editor(page).get_by_label(label.replace("_", " ")).fill(text)


def send(page: Page, button: str) -> None:
    """Press the editor's button and wait until what it asked for is done."""
    editor(page).get_by_role("button", name=button, exact=True).click()
    expect(page.locator("#editor")).to_be_hidden()


def part(page: Page, name: str) -> Locator:
    return page.get_by_role("region", name=name, exact=True)


def send_sample(seat: Seat, signal: Signal, secret: str, value: float) -> None:
    """Send one over the API, and wait until the open board shows it."""
    answer = seat.context.request.post(
        f"{seat.site}/api/v1/signals/{signal.pk}/samples",
        data={"samples": [{"value": value}]},
        headers={"Authorization": f"Bearer {secret}"},
    )
    assert (answer.status, answer.json()) == (202, {"accepted": 1, "rejected": 0})
    seat.page.wait_for_function(
        "([tile, value]) => document.querySelector(tile).textContent.includes(value)",
        arg=[TILE, f"{value:g} %"],
    )


def learn_from_signals(seat: Seat, signal: Signal, secret: str) -> None:
    """The end state steers the board, and says no to resolving until it holds."""
    page = seat.page
    page.evaluate("window.wasNeverReloaded = true")
    expect(page.locator(TILE)).to_contain_text("no sample yet")
    for value in (74, 73, 72):
        send_sample(seat, signal, secret, value)
    expect(page.locator(TILE)).to_contain_text("not met · needs ≤ 1 %")
    assert page.evaluate("window.wasNeverReloaded")

    page.keyboard.press("r")
    page.locator("#edit-to").select_option("resolved")
    write(page, All_clear="All calls succeed. It is over.")
    editor(page).get_by_role("button", name="Change").click()
    refusal = editor(page).locator(".refusal")
    expect(refusal).to_contain_text("The end state is not met")
    expect(refusal).to_contain_text("resolve with an override whose reason everybody reads")
    expect(editor(page).get_by_label("resolve anyway")).to_be_visible()
    refusal.get_by_role("button", name="Keep monitoring").click()
    expect(page.locator("#editor")).to_be_hidden()
    expect(page.locator(".steps [aria-current]")).to_have_text("Monitoring")

    send_sample(seat, signal, secret, 0.4)
    expect(page.locator(TILE)).to_contain_text("met · ≤ 1 %")
    page.keyboard.press("r")
    expect(page.locator("#edit-to")).to_have_value("resolved")
    write(page, All_clear="All calls succeed. It is over.")
    send(page, "Change")
    expect(page.locator(".steps [aria-current]")).to_have_text("Resolved")
    assert page.evaluate("window.wasNeverReloaded")


def agree_on_facts(page: Page) -> None:
    facts = part(page, "Facts")
    expect(facts).to_contain_text("declared SEV1")
    expect(part(page, "Five whys")).to_contain_text("Opens once the facts are agreed.")
    last = facts.get_by_role("button", name="Leave out").last
    name = last.get_attribute("aria-label") or ""
    last.click()
    expect(facts.get_by_role("button", name=name)).to_have_count(0)
    facts.get_by_role("button", name="Agree on the facts").click()
    expect(facts).to_contain_text("✓ agreed")
    expect(facts.get_by_role("button", name="Leave out")).to_have_count(0)


def ask_whys(page: Page) -> None:
    whys = part(page, "Five whys")
    whys.get_by_role("link", name="Ask the first why").click()
    write(page, Answer="An export read every row of the orders table.")
    send(page, "Add")
    expect(whys).to_contain_text("It stops after 1 of 5")
    whys.get_by_role("link", name="Ask on").click()
    expect(editor(page)).to_contain_text("So far: An export read every row")
    write(
        page,
        Answer="No query in the ORM has a limit.",
        Evidence="https://example.com/traces/7",
        This_is_systemic_because="every list of the product is built this way",
    )
    editor(page).get_by_label("Which safeguard was absent?").select_option("limit")
    send(page, "Add")
    expect(whys).to_contain_text("✓ This is systemic because every list of the product")
    expect(whys).not_to_contain_text("It stops after")


def blame_and_reword(page: Page) -> None:
    """Said while one types, refused at publication, gone when it is said of the system."""
    analysis = part(page, "Analysis")
    analysis.get_by_role("link", name="Write").click()
    write(page, Analysis="Tunde should have asked before the export.")
    suggestions = editor(page).locator("#suggestions")
    expect(suggestions).to_contain_text("▲ “Tunde”")
    expect(suggestions).to_contain_text("should have")
    expect(editor(page).locator("#edit-text")).to_be_focused()
    send(page, "Save")
    expect(analysis).to_contain_text("▲ “Tunde”")
    part(page, "Publish").get_by_role("link", name="Publish").click()
    editor(page).get_by_role("button", name="Publish").click()
    expect(editor(page).locator(".refusal")).to_contain_text("Some words blame a person")
    expect(editor(page).locator(".refusal")).to_contain_text("“Tunde” in")
    editor(page).get_by_role("link", name="Close").click()

    analysis.get_by_role("link", name="Edit").click()
    write(page, Analysis="The ORM accepted an export of **every row**, and nothing limited it.")
    expect(suggestions).to_have_text("")
    send(page, "Save")
    expect(analysis.locator("strong")).to_have_text("every row")
    expect(analysis.locator(".flag")).to_have_count(0)


def give_out_an_item(page: Page, owner: User) -> None:
    """One that asks people to be careful is refused with examples; the one instead is taken."""
    items = part(page, "Action items")
    items.get_by_role("link", name="Add one").click()
    write(
        page,
        What_changes_in_the_system="Be more careful with exports",
        It_worked_when="No query reads more than 10 000 rows.",
    )
    editor(page).get_by_label("Type").select_option(label="Guardrail")
    editor(page).get_by_label("Owner").select_option(label=owner.name)
    editor(page).get_by_label("Priority").select_option("p1")
    editor(page).get_by_role("button", name="Add", exact=True).click()
    refusal = editor(page).locator(".refusal")
    expect(refusal).to_contain_text("That would not change the system")
    expect(refusal).to_contain_text("a query limit in the ORM")
    expect(editor(page).get_by_label("It worked when")).to_have_value(
        "No query reads more than 10 000 rows."
    )
    write(page, What_changes_in_the_system="A query limit in the ORM")
    send(page, "Add")
    expect(items.locator("li")).to_contain_text(["A query limit in the ORM"])
    expect(items.locator("li")).to_contain_text(["○ open"])


def test_a_team_learns_from_its_first_sample_to_the_verified_fix(
    sit: Sit,
    incident: Incident,
    commander: User,
    responder: User,
    stakeholder: User,
    clock: Clock,
    subtests: pytest.Subtests,
) -> None:
    join(incident, by=responder)
    write_end_state(incident, by=commander, text="Calls succeed and nothing is lost.")
    signal = add_signal(
        incident, by=commander, name="Error rate", comparator="<=", target=1, unit="%", hold_s=0
    )
    _, secret = issue_token(commander, name="Prometheus", scopes=(Scope.INGEST,))
    maya, ingrid = sit(commander), sit(stakeholder, scheme="light")
    page = maya.open(f"/incidents/{incident.ref}/")
    address = f"/postmortems/{incident.ref}/"

    with subtests.test("samples steer the board"):
        learn_from_signals(maya, signal, secret)

    with subtests.test("the review is a draft until its facts are agreed"):
        page.locator("#incident-menu summary").click()
        page.locator("#incident-menu").get_by_role("link", name="The post-mortem").click()
        expect(page.locator("#pm-head")).to_contain_text("Draft")
        expect(part(page, "Publish")).to_contain_text("The facts are not agreed yet.")
        expect(ingrid.open("/postmortems/").locator("main")).not_to_contain_text(incident.ref)

    with subtests.test("the facts"):
        agree_on_facts(page)

    with subtests.test("five whys"):
        ask_whys(page)

    with subtests.test("an action item"):
        give_out_an_item(page, responder)

    with subtests.test("words about the system"):
        blame_and_reword(page)

    with subtests.test("publishing"):
        expect(part(page, "Publish")).to_contain_text("✓ Nothing is missing.")
        maya.check()
        maya.check_accessible()
        part(page, "Publish").get_by_role("link", name="Publish").click()
        send(page, "Publish")
        expect(page.locator("#pm-head")).to_contain_text("✓ Published")
        expect(part(page, "Analysis").get_by_role("link")).to_have_count(0)

    with subtests.test("stakeholders find and read it"):
        read = ingrid.open("/postmortems/")
        read.get_by_label("Words").fill("ORM")
        read.get_by_role("button", name="Search").click()
        read.get_by_role("link", name=incident.title).click()
        read.wait_for_url(f"**{address}")
        expect(part(read, "Analysis")).to_contain_text("nothing limited it")
        expect(part(read, "Action items")).to_contain_text("A query limit in the ORM")
        expect(read.locator("main button, main [data-dialog]")).to_have_count(0)

    with subtests.test("the owner finishes the item"):
        tunde = sit(responder)
        own = tunde.open("/actions/")
        own.get_by_role("link", name="Done", exact=True).click()
        write(own, Note="Merged and out since noon.")
        editor(own).get_by_role("button", name="Done", exact=True).click()
        expect(own.locator("main")).to_contain_text("Nothing is yours to do.")
        own.goto(f"{tunde.site}/actions/?list=to-verify")
        expect(own.locator("main")).to_contain_text("◐ to verify")
        expect(own.get_by_role("link", name="Verify", exact=True)).to_have_count(0)

    with subtests.test("somebody else verifies it"):
        clock.advance(days=21)
        page = maya.open("/actions/?list=to-verify")
        page.get_by_role("link", name="Verify", exact=True).click()
        expect(editor(page)).to_contain_text(
            "It worked when: No query reads more than 10 000 rows."
        )
        for asked_about in ("Is it implemented?", "Is the metric moving?"):
            editor(page).get_by_role("group", name=asked_about).get_by_label("Yes").check()
        write(page, What_you_saw="The longest query of three weeks read 9 812 rows.")
        editor(page).get_by_role("button", name="Record it").click()
        expect(page.locator("main")).to_contain_text("Nothing waits to be verified.")
        page.get_by_role("navigation", name="Lists").get_by_role("link", name="All").click()
        expect(page.locator("main")).to_contain_text(f"by {commander.name}")
        page.get_by_role("link", name="A query limit in the ORM").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("A query limit in the ORM")
        expect(page.locator("main")).to_contain_text("✓ verified")
        expect(part(page, "History").locator("li")).to_have_count(3)
