"""The pages of action items: the lists, an item's forms, the look at the whole list."""

import re
from datetime import timedelta

import pytest

from people.models import User
from postmortems.items.actions import add_item
from postmortems.items.following import finish_item
from postmortems.items.models import ActionItem
from postmortems.publication.actions import publish_postmortem
from tests.conftest import Clock
from tests.postmortems.pages.conftest import browser, text_of

pytestmark = pytest.mark.django_db


def test_p58_the_lists_of_action_items(
    item: ActionItem, other_responder: User, commander: User, monday: Clock
) -> None:
    owner = browser(other_responder)
    assert item.title in text_of(owner.get("/actions/"))
    assert item.title not in text_of(browser(commander).get("/actions/"))
    assert item.title not in text_of(owner.get("/actions/?list=overdue"))
    assert item.title in text_of(owner.get("/"))
    monday.advance(days=12)
    assert "✕ overdue" in text_of(owner.get("/actions/?list=overdue"))
    finish_item(item, by=other_responder)
    assert item.title in text_of(owner.get("/actions/?list=to-verify"))
    assert item.title in text_of(browser(commander).get("/actions/?list=all"))
    assert item.title not in text_of(browser(commander).get("/"))
    monday.advance(days=10)
    assert item.title in text_of(browser(commander).get("/"))


def test_an_item_is_moved_declined_and_changed_over_the_page(
    item: ActionItem, other_responder: User, stakeholder: User, outsider: User
) -> None:
    owner = browser(other_responder)
    path = f"/actions/{item.pk}"
    unmoved = owner.post(f"{path}/date/", {"due_at": "2026-04-20T12:00", "reason": ""})
    assert unmoved.status_code == 409
    assert "2026-04-20T12:00" in text_of(unmoved)
    assert (
        owner.post(
            f"{path}/date/", {"due_at": "2026-04-20T12:00", "reason": "The vendor."}
        ).status_code
        == 302
    )
    assert browser(stakeholder).post(f"{path}/done/").status_code == 404
    changed = {
        "title": item.title,
        "type": "test",
        "owner": str(other_responder.pk),
        "priority": "p0",
        "success_criterion": item.success_criterion,
        "version": "2",
    }
    assert owner.post(f"{path}/details/", changed).status_code == 302
    assert owner.post(f"{path}/details/", {**changed, "type": "alert"}).status_code == 409
    assert owner.post(f"{path}/declined/", {"reason": ""}).status_code == 409
    assert owner.post(f"{path}/declined/", {"reason": "Retired."}).status_code == 302
    item.refresh_from_db()
    assert (item.state, item.type, item.priority, item.moved_count) == ("declined", "test", "p0", 1)
    why = r"<dt[^>]*>Not doing</dt><dd>Retired\.\s*<span class=\"sub\">Ravi Patel, <time"
    assert re.search(why, owner.get(f"{path}/").content.decode())


def test_p58_the_look_at_the_list_over_the_page(
    item: ActionItem, commander: User, other_responder: User, responder: User, monday: Clock
) -> None:
    review = item.postmortem
    publish_postmortem(review, by=commander)
    address = f"{review.get_absolute_url()}list/"
    seen = {f"{item.pk}-started": "yes", f"{item.pk}-owned": "yes", f"{item.pk}-still_right": "no"}
    early = browser(commander).post(address, {**seen, f"{item.pk}-word": "Half done."})
    assert early.status_code == 409
    page = text_of(browser(commander).get(review.get_absolute_url()))
    assert "Look at it, item by item" not in page
    monday.advance(days=8)
    page = text_of(browser(commander).get(review.get_absolute_url()))
    assert "Look at it, item by item" in page
    assert item.title not in text_of(browser(responder).get(address))
    assert item.title in text_of(browser(other_responder).get(address))
    assert browser(commander).post(address, seen).status_code == 409
    done = browser(commander).post(address, {**seen, f"{item.pk}-word": "Half done."})
    assert done.status_code == 302
    page = text_of(browser(commander).get(review.get_absolute_url()))
    assert "started, owned, no longer right. Half done." in page
    assert "The whole list was looked at, item by item" in page


def test_what_is_late_stands_first_and_says_by_how_much(
    item: ActionItem, other_responder: User, commander: User, monday: Clock
) -> None:
    later = add_item(
        item.postmortem,
        by=commander,
        title="A limit in the export",
        type="guardrail",
        owner=other_responder,
        due_at=item.due_at + timedelta(days=60),
        priority="p0",
        success_criterion="No export reads more than 10 000 rows.",
    )
    monday.advance(days=14)
    for chosen in ("mine", "all"):
        page = text_of(browser(other_responder).get(f"/actions/?list={chosen}"))
        assert page.index(item.title) < page.index(later.title), chosen
        assert "✕ overdue by 2 d" in page
