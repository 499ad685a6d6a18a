"""Somebody who is not on a private incident, and tries every way to it from a browser."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from people.models import User
from tests.browser.conftest import Seat, Sit
from tests.matrix.addresses import addresses
from tests.matrix.hidden import SOUGHT, WORD, Hidden, a_hidden_incident

pytestmark = pytest.mark.browser

LISTS = [
    "/",
    "/incidents/",
    f"/incidents/?q={SOUGHT}",
    "/stakeholders/",
    "/postmortems/",
    f"/postmortems/?q={SOUGHT}",
    "/actions/?list=all",
    "/insights/",
    "/notifications/",
]
NOBODYS = "INC-999999"
"""A reference that no incident has."""
CALLS = ["incidents", f"incidents?q={SOUGHT}", "notifications", "action-items", "postmortems"]


@pytest.fixture
def hidden(site: str) -> Hidden:
    """Seen by everybody, until it is made private."""
    return a_hidden_incident()


def is_told_nothing(seat: Seat, hidden: Hidden, path: str) -> None:
    """Open a page: neither what stands on it nor what it is made of names the incident."""
    page = seat.open(path)
    # Whoever is sent to sign in keeps where they wanted to go, which they typed themselves.
    text = page.content().replace(path, "").replace(path.replace("/", "%2F"), "")
    assert hidden.told_by(text) == set(), path
    assert WORD not in page.title()


def asked(seat: Seat, path: str) -> tuple[int, str]:
    """What an address answers to this browser, its own path taken out."""
    answer = seat.page.request.get(seat.site + path, max_redirects=0)
    return answer.status, answer.text()


def direct_addresses(hidden: Hidden, ref: str) -> list[str]:
    """Every address with the incident's reference in it, and what else some of them answer."""
    world = {**hidden.world, "ref": ref}
    found = [one.filled(world) for one in addresses() if "ref" in one.words]
    return [*found, *(f"/incidents/{ref}/timeline/?as={kind}" for kind in ("json", "csv", "md"))]


def of(answer: tuple[int, str]) -> tuple[int, str]:
    """Without what differs from one answer to the next: the time, and the proof for forms."""
    status, text = answer
    text = re.sub(r'data-now="[^"]*"', "", text)
    text = re.sub(r'(X-CSRFToken": |csrfmiddlewaretoken" value=)"[^"]*"', "", text)
    return status, re.sub(r"INC-\d+", "", text)


def tries_everything(seat: Seat, hidden: Hidden) -> None:
    """Lists, search, direct addresses, exports, the stream, the API, the admin."""
    ref = hidden.incident.ref
    for path in LISTS:
        is_told_nothing(seat, hidden, path)
    mine, nobodys = direct_addresses(hidden, ref), direct_addresses(hidden, NOBODYS)
    assert len(mine) > 40
    differ = [
        path
        for path, other in zip(mine, nobodys, strict=True)
        if of(asked(seat, path)) != of(asked(seat, other))
    ]
    assert differ == []
    for path in CALLS:
        assert hidden.told_by(asked(seat, f"/api/v1/{path}")[1]) == set(), path
    parts = [asked(seat, f"/api/v1/incidents/{one}")[0] for one in (ref, NOBODYS)]
    assert parts[0] == parts[1]
    assert parts[0] in (401, 403, 404)
    names = asked(seat, "/incidents/names/")
    assert hidden.told_by(names[1]) == set()
    for path in ("/admin/", f"/admin/incidents/incident/{hidden.incident.pk}/change/"):
        is_told_nothing(seat, hidden, path)


def test_whoever_is_not_signed_in_is_asked_to_sign_in_everywhere(
    hidden: Hidden, stranger: Callable[[], Seat]
) -> None:
    hidden.make_private()
    seat = stranger()
    tries_everything(seat, hidden)
    page = seat.open(hidden.incident.get_absolute_url())
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    seat.check_accessible()
    assert asked(seat, f"{hidden.incident.get_absolute_url()}events/")[0] == 401


@pytest.mark.parametrize("who", ["leaver", "service owner", "asker"])
def test_who_is_not_on_it_finds_nothing(hidden: Hidden, sit: Sit, who: str) -> None:
    hidden.make_private()
    person = hidden.outside[who]
    seat = sit(person)
    tries_everything(seat, hidden)
    is_told_nothing(seat, hidden, "/stakeholders/")
    page = seat.page
    page.locator("[data-palette]").first.click()
    page.get_by_role("combobox").fill(SOUGHT)
    expect(page.locator("#palette-list")).not_to_contain_text(WORD)
    page.keyboard.press("Escape")
    page.goto(f"{seat.site}/stakeholders/{hidden.incident.ref}/")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    seat.pictures(f"outsider-{person.role}")
    seat.check_accessible()


def test_whoever_reads_it_when_it_turns_private_sees_it_go(hidden: Hidden, sit: Sit) -> None:
    reader, lead = hidden.outside["service owner"], hidden.inside["commander"]
    seat, other = sit(reader), sit(lead)
    page = seat.open(hidden.incident.get_absolute_url())
    expect(page.locator("[data-live-dot]").first).to_have_text("live")
    assert hidden.told_by(page.content())
    form = other.open(f"{hidden.incident.get_absolute_url()}details/")
    form.get_by_label("Private").check()
    form.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Nothing here")).to_be_visible(timeout=30_000)
    assert hidden.told_by(page.content().replace(hidden.incident.get_absolute_url(), "")) == set()
    seat.pictures("outsider-sees-it-go")
    assert User.objects.get(pk=reader.pk).is_active
    expect(other.open(hidden.incident.get_absolute_url()).locator("h1")).to_contain_text(WORD)
