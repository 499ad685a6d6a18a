"""A manager in the admin and on the pages of learning, in Chromium and by the content policy."""

from datetime import timedelta

import pytest
from playwright.sync_api import Locator, Page, expect

from clock.queries import now
from incidents.lifecycle.actions import change_status
from incidents.record.models import Incident, Service, SeverityPolicy
from incidents.updates.actions import AllClear
from notifications.models import Delivery, State
from people.models import User
from postmortems.items.actions import add_item
from postmortems.items.following import finish_item
from postmortems.items.models import ActionItem
from postmortems.review.analysis import write_grid, write_section
from postmortems.review.facts import agree_facts
from postmortems.review.models import Postmortem
from postmortems.review.thanks import thank
from postmortems.whys.actions import add_why
from tests.browser.conftest import Seat, Sit
from tests.conftest import Clock
from tests.outbox import queue_delivery

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]

PASSWORD = "a long enough password"
ITEMS = "/admin/postmortems/actionitem/"


@pytest.fixture
def manager(admin: User) -> User:
    """Who lives in the admin, with a password."""
    admin.set_password(PASSWORD)
    admin.save()
    return admin


@pytest.fixture
def review(incident: Incident, commander: User, responder: User) -> Postmortem:
    """A review with facts, a why, a grid, an analysis and thanks."""
    incident.services.add(Service.objects.create(name="Orders", slug="orders", owner=commander))
    clear = AllClear(
        executive_summary="All calls succeed.", statement="Three of four API calls fail."
    )
    change_status(
        incident, by=commander, to="resolved", all_clear=clear, override_reason="Checked by hand."
    )
    postmortem = Postmortem.objects.get(incident=incident)
    agree_facts(postmortem, by=commander)
    add_why(postmortem, by=commander, answer="No query has a limit.")
    write_grid(postmortem, by=commander, grid={"worked": {"tooling": ["The alert"]}})
    text = "Tunde read **every row**.\n\n- one\n- two\n\n`SELECT`"
    write_section(postmortem, by=commander, section="analysis", text=text)
    thank(postmortem.incident, by=commander, person=responder, text="For asking early.")
    return postmortem


def give(review: Postmortem, title: str, owner: User, *, days: int) -> ActionItem:
    return add_item(
        review,
        by=owner,
        title=title,
        type="guardrail",
        owner=owner,
        due_at=now() + timedelta(days=days),
        priority="p1",
        success_criterion="No query reads more than 10 000 rows.",
    )


def give_up(delivery: Delivery) -> None:
    """Put a delivery where 72 hours of failing put it."""
    Delivery.objects.filter(pk=delivery.pk).update(
        state=State.DEAD,
        next_attempt_at=None,
        settled_at=now(),
        crashes=5,
        attempt=9,
        last_error="It did not answer.",
    )


def sign_in(seat: Seat, person: User, path: str) -> Page:
    """Through the page that everybody signs in on, led back to where one wanted to go."""
    seat.context.clear_cookies()
    page = seat.open(path)
    page.wait_for_url("**/accounts/login/?next=*")
    seat.check()
    page.get_by_label("E-mail address").fill(person.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url(f"**{path}")
    return page


def row(page: Page, words: str) -> Locator:
    return page.locator("#result_list tbody tr").filter(has_text=words)


def follow(page: Page, title: str, action: str) -> None:
    """Choose one row and an action; what the action asks for is filled already."""
    row(page, title).locator(".action-select").check()
    page.locator("#changelist-form [name=action]").select_option(label=action)
    page.get_by_role("button", name="Go").click()


def test_a_manager_follows_action_items(
    sit: Sit,
    review: Postmortem,
    manager: User,
    commander: User,
    responder: User,
    other_responder: User,
    clock: Clock,
) -> None:
    late = give(review, "A query limit in the ORM", responder, days=3)
    give(review, "Anonymised staging data of full size", responder, days=90)
    done = give(review, "An alert on slow queries", responder, days=90)
    finish_item(done, by=responder)
    clock.advance(days=5)

    seat = sit(manager, scheme="light")
    page = sign_in(seat, manager, "/admin/")
    page.locator("#content-main").get_by_role("link", name="Action items", exact=True).click()
    expect(page.locator("#result_list tbody tr")).to_have_count(3)
    page.locator("#changelist-filter").get_by_role("link", name="Overdue", exact=True).click()
    expect(page.locator("#result_list tbody tr")).to_have_count(1)
    expect(row(page, late.title)).to_contain_text("overdue")
    seat.check()
    seat.picture("admin-overdue-light")

    asked = page.locator("#changelist-form .actions")
    asked.locator("[name=owner]").select_option(label=str(other_responder))
    follow(page, late.title, "Give to the new owner")
    expect(page.locator(".messagelist")).to_have_text("1 given to Ravi Patel.")
    expect(row(page, late.title)).to_contain_text("Ravi Patel")

    day = (now() + timedelta(days=20)).date()
    asked.locator("[name=due]").fill(day.isoformat())
    follow(page, late.title, "Move to the new date, with the reason")
    expect(page.locator(".messagelist")).to_contain_text("Say why the date moves")
    asked.locator("[name=due]").fill(day.isoformat())
    asked.locator("[name=note]").fill("Staging moves house.")
    follow(page, late.title, "Move to the new date, with the reason")
    expect(page.locator(".messagelist")).to_have_text(f"1 moved to {day:%-d %b %Y}.")
    expect(page.locator("#result_list tbody tr")).to_have_count(0)

    follow_up = page.locator("#changelist-filter")
    follow_up.get_by_role("link", name="Done, not verified", exact=True).click()
    expect(page.locator("#result_list tbody tr")).to_contain_text([done.title])
    expect(page.get_by_label("Action:")).not_to_contain_text("verified")
    seat.check()

    page.goto(f"{seat.site}{ITEMS}")
    with page.expect_download() as download:
        follow(page, late.title, "Download as CSV")
    assert download.value.suggested_filename == "action-items.csv"
    row(page, late.title).get_by_role("link", name="open").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(late.title)
    history = page.get_by_role("region", name="History")
    expect(history).to_contain_text("Staging moves house.")
    expect(history).to_contain_text(manager.name)


def test_a_manager_sends_again_what_was_given_up(
    sit: Sit, incident: Incident, manager: User, commander: User
) -> None:
    for key in ("a", "b"):
        queue_delivery(
            key=key,
            kind="test",
            person=commander,
            subject_line=f"The subject {key}",
            text="Text",
            channels=("email",),
            due_at=now() + timedelta(days=1),
            incident_id=incident.pk,
            incident_ref=incident.ref,
        )
    dead = Delivery.objects.get(subject_line="The subject a")
    give_up(dead)
    seat = sit(manager)
    page = sign_in(seat, manager, "/admin/notifications/delivery/")
    page.locator("#changelist-filter").get_by_role("link", name="Given up", exact=True).click()
    expect(page.locator("#result_list tbody tr")).to_have_count(1)
    expect(row(page, str(commander))).to_contain_text("It did not answer.")
    follow(page, str(commander), "Send again")
    expect(page.locator(".messagelist")).to_have_text("1 will be sent again.")
    expect(page.locator("#result_list tbody tr")).to_have_count(0)
    dead.refresh_from_db()
    assert (dead.replays, dead.crashes) == (1, 0)


def changes(page: Page) -> list[str]:
    """What the page offers for changing the row it shows."""
    offers = page.locator(
        "#content-main :is(input, select, textarea):not([type=hidden]), #content-main .deletelink"
    )
    return [one.get_attribute("name") or "a link" for one in offers.all()]


def test_nothing_that_the_record_owns_can_be_changed_and_every_page_keeps_the_policy(
    sit: Sit, review: Postmortem, manager: User, commander: User, responder: User
) -> None:
    finish_item(give(review, "A query limit in the ORM", responder, days=3), by=responder)
    seat = sit(manager)
    page = sign_in(seat, manager, "/admin/")
    lists = [link.get_attribute("href") or "" for link in page.locator("#lists a").all()]
    owned = {
        "incidents/incident",
        "incidents/timelineentry",
        "postmortems/postmortem",
        "notifications/delivery",
        "deadlines/deadline",
    }
    assert {path.removeprefix("/admin/").rstrip("/") for path in lists} >= owned
    read = set()
    for path in lists:
        seat.open(path)
        seat.check()
        name = path.removeprefix("/admin/").rstrip("/")
        add = page.locator("#content-main .addlink")
        if name in owned:
            assert add.count() == 0, path
        if name in {*owned, "postmortems/actionitem"}:
            # Items are added and edited by their actions, and nothing is deleted.
            assert page.get_by_text("Delete selected").count() == 0, path
        first = page.locator("#result_list tbody tr:first-child th a")
        shown = first.get_attribute("href") if first.count() else None
        if add.count():
            seat.open(add.get_attribute("href") or "")
            seat.check()
        if shown:
            seat.open(shown)
            seat.check()
            if name in owned:
                assert changes(page) == [], path
                page.get_by_role("link", name="History").click()
                seat.check()
                read.add(name)
    assert read == owned


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_of_learning_are_accessible(
    sit: Sit, review: Postmortem, commander: User, responder: User, clock: Clock, scheme: str
) -> None:
    late = give(review, "A query limit in the ORM", responder, days=3)
    give(review, "Anonymised staging data of full size", commander, days=90)
    finish_item(give(review, "An alert on slow queries", responder, days=90), by=responder)
    clock.advance(days=8)
    seat = sit(commander, scheme=scheme)
    document = review.get_absolute_url()
    pages = {
        "library": "/postmortems/",
        "review": document,
        "actions": "/actions/?list=all",
        "actions-overdue": "/actions/?list=overdue",
        "action": f"/actions/{late.pk}/",
        "insights": "/insights/",
        "analysis": f"{document}analysis/",
        "grid": f"{document}grid/",
        "why": f"{document}whys/",
        "new-item": f"{document}actions/",
        "verification": f"/actions/{ActionItem.objects.get(state='done').pk}/verification/",
    }
    for name, path in pages.items():
        page = seat.open(path)
        expect(page.locator("main h1")).to_have_count(1)
        page.wait_for_timeout(150)
        seat.check()
        seat.check_accessible()
        seat.picture(f"{name}-1440-{scheme}")


@pytest.mark.parametrize("width", [768, 1000])
def test_a_list_has_the_width_where_the_sidebar_is_not(
    sit: Sit, admin: User, incident: Incident, width: int
) -> None:
    page = sit(admin, width=width).open("/admin/people/user/")
    expect(page.locator("#nav-sidebar")).to_be_hidden()
    results = page.locator("#changelist .results").bounding_box()
    assert results
    assert results["width"] > width * 0.85
    for path in ("/admin/people/user/add/", "/admin/incidents/service/add/"):
        page = sit(admin, width=width).open(path)
        box = page.locator("#content-main").bounding_box()
        assert box
        assert box["width"] > width * 0.85


#: What of a row is cut by the frame around it: what one types into, chooses from, or reads below.
CUT = """() => [...document.querySelectorAll("main div.form-row")].flatMap((row) => {
  const edge = row.closest(".module").getBoundingClientRect().right - 1;
  return [...row.querySelectorAll("input, select, textarea, .select2, .help, .readonly")]
    .filter((one) => one.checkVisibility() && one.getBoundingClientRect().right > edge)
    .map((one) => one.id || one.className);
})"""


@pytest.mark.parametrize("width", [360, 720])
def test_no_field_is_cut_by_the_frame_around_it(
    sit: Sit, admin: User, incident: Incident, width: int
) -> None:
    policy = SeverityPolicy.objects.earliest("pk")
    seat = sit(admin, width=width, touch=width < 500)
    for path in (
        "people/user/add/",
        f"people/user/{admin.pk}/change/",
        "people/agenttoken/add/",
        "integrations/hookkey/add/",
        "incidents/service/add/",
        f"incidents/severitypolicy/{policy.pk}/change/",
        "postmortems/actionitem/add/",
        f"incidents/incident/{incident.pk}/change/",
    ):
        page = seat.open(f"/admin/{path}")
        expect(page.locator("main .form-row").first).to_be_visible()
        assert page.evaluate(CUT) == [], path
