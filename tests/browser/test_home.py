"""Home as an inbox: what is owed by name and urgency, each with one button, and the bell."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from clock.queries import now
from deadlines.models import Deadline
from incidents.board.actions import add_card
from incidents.record.models import Incident
from incidents.roster.actions import assign_role
from incidents.updates.questions import ask_question
from notifications.models import Delivery
from people.models import User
from tests.browser.conftest import Sit
from tests.outbox import queue_delivery

pytestmark = pytest.mark.browser


@pytest.fixture
def owing(incident: Incident, commander: User, responder: User, stakeholder: User) -> Incident:
    """Communications owes an update, the end of a time box and an answer; two messages wait."""
    assign_role(incident, by=commander, role="communications", person=responder)
    ask_question(incident, by=stakeholder, text="When can partners retry?")
    add_card(
        incident,
        by=responder,
        title="Verify order totals",
        owner=responder,
        risk="read_only",
        expected_proof="Rows lost = 0",
        column="now",
        time_box_min=15,
    )
    add_card(incident, by=responder, title="Drop the retries", owner=responder, column="next")
    for number in range(2):
        queue_delivery(
            key=f"told{number}",
            kind="test",
            person=responder,
            channels=("in_app",),
            subject_line=f"Somebody thanks you, {number}",
            text="T",
            url=incident.get_absolute_url(),
            incident_id=incident.pk,
            incident_ref=incident.ref,
        )
    return incident


@pytest.mark.parametrize(
    ("width", "scheme"), [(1440, "dark"), (1440, "light"), (768, "dark"), (360, "dark")]
)
def test_home_names_what_is_owed_and_how_to_do_it(
    width: int, scheme: str, sit: Sit, owing: Incident, responder: User
) -> None:
    seat = sit(responder, width=width, height=900, scheme=scheme)
    page = seat.open("/")
    owed = page.get_by_label("What you owe")
    rows = owed.get_by_role("listitem")
    expect(rows).to_have_count(3)
    expect(owed.get_by_role("heading", name="Now")).to_be_visible()
    expect(rows.filter(has_text="The time box of “Verify order totals” ends")).to_contain_text(
        "proof: Rows lost = 0"
    )
    expect(rows.filter(has_text="The next update").get_by_role("link")).to_have_text("Write it")
    # One blue thing to do, and nothing twice.
    expect(page.locator("main a.button.primary")).to_have_count(1)
    other = page.get_by_label("My other cards")
    expect(other).to_contain_text("Drop the retries")
    expect(other).not_to_contain_text("Verify order totals")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    seat.check_accessible()
    seat.picture(f"home-{width}-{scheme}")


def test_on_a_phone_finding_and_declaring_stand_at_the_thumb_on_a_quiet_day_too(
    sit: Sit, commander: User
) -> None:
    seat = sit(commander, width=360, height=780, touch=True)
    page = seat.open("/")
    expect(page.get_by_text("✓ Nothing is broken that we know of")).to_be_visible()
    expect(page.get_by_label("A quiet day")).to_contain_text("There was none yet.")
    expect(page.get_by_label("What you owe")).to_contain_text("✓ You owe nothing this week.")
    thumb = page.get_by_label("At hand")
    box = thumb.bounding_box()
    assert box and box["y"] + box["height"] == 780
    thumb.get_by_role("button", name="Find").tap()
    expect(page.locator("#palette")).to_be_visible()
    page.keyboard.press("Escape")
    thumb.get_by_role("link", name="Declare").tap()
    expect(page.locator("#editor")).to_contain_text("Declare an incident")
    seat.check_accessible()
    seat.picture("home-quiet-360-dark")


def test_what_is_late_says_so_and_stands_first(sit: Sit, owing: Incident, responder: User) -> None:
    late = now() - timedelta(minutes=3)
    Deadline.objects.filter(kind="update").update(due_at=late)
    page = sit(responder).open("/")
    first = page.get_by_label("What you owe").get_by_role("listitem").first
    expect(first).to_contain_text("The next update")
    expect(first).to_contain_text("▲ late by 03:")


def test_the_bell_counts_what_is_unread_and_opening_one_reads_it(
    sit: Sit, owing: Incident, responder: User
) -> None:
    unread = Delivery.objects.inbox_of(responder.pk).unread()
    count = unread.count()
    assert count >= 2
    seat = sit(responder)
    page = seat.open("/")
    bell = page.get_by_role("link", name=f"Notifications, {count} unread")
    expect(bell).to_be_visible()
    seat.open("/notifications/")
    told = [words.split() for words in page.locator("main tbody td:last-child").all_inner_texts()]
    assert len(told) >= 2
    for row in Delivery.objects.inbox_of(responder.pk).unread():
        assert row.subject_line not in row.text
        assert sum(row.subject_line in " ".join(words) for words in told) == 1
    seat.open("/")
    page.get_by_label("Unread").get_by_role("link", name="Somebody thanks you, 1").click()
    page.wait_for_url(f"**{owing.get_absolute_url()}")
    assert unread.count() == count - 1
    expect(page.get_by_role("link", name=f"Notifications, {count - 1} unread")).to_be_visible()
