"""Every page there is: axe finds nothing, and nothing scrolls sideways on a phone or magnified."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.test import Client
from playwright.sync_api import Page

from incidents.record.models import Incident
from people.models import User
from tests.browser.conftest import Sit
from tests.matrix.addresses import addresses, an_object_of, world_of

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

#: A phone; a desk of 1440 px magnified twice.
NARROW = {"a phone": (360, 780), "magnified": (720, 450)}


@pytest.fixture
def everything(incident: Incident, commander: User, admin: User) -> list[str]:
    """Every address that answers the admin's GET with a page, each once."""
    world = world_of(incident, by=commander)
    client = Client()
    client.force_login(admin)
    found = []
    for address in addresses():
        if "object_id" in address.words:
            world["object_id"] = an_object_of(address)
        if world.get("object_id", 0) is None or "logout" in address.name:
            continue
        path = address.filled(world)
        answer = client.get(path)
        kind = answer.headers.get("Content-Type", "")
        text = b"" if answer.streaming else answer.content
        if answer.status_code == 200 and kind.startswith("text/html") and b"<main" in text:
            found.append(path)
    return list(dict.fromkeys(found))


def wrongs(page: Page, path: str) -> list[str]:
    """What axe finds on the page, and how far it scrolls sideways where it is narrow."""
    found = Axe().run(page, options={"preload": False}).response["violations"]
    wrong = [f"{path}: {one['id']}, {one['nodes'][0]['html'][:120]}" for one in found]
    before = page.viewport_size
    assert before
    for name, (width, height) in NARROW.items():
        page.set_viewport_size({"width": width, "height": height})
        over = page.evaluate("document.scrollingElement.scrollWidth - innerWidth")
        if over > 0:
            wrong.append(f"{path}: {over} px wider than {name}")
    page.set_viewport_size(before)
    return wrong


def test_every_page_is_accessible_and_fits(sit: Sit, everything: list[str], admin: User) -> None:
    assert len(everything) > 100
    seat = sit(admin, scheme="light")
    found = []
    for path in everything:
        page = seat.open(path)
        found += wrongs(page, path)
    assert found == []
