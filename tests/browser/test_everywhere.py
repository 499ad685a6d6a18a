"""Every page there is: axe finds nothing, and nothing scrolls sideways on a phone or magnified."""

from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from incidents.record.models import Incident
from people.models import User
from tests.browser.conftest import Seat, Sit
from tests.matrix.addresses import pages_for, world_of

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]

AXE = Axe().axe_script
LOOK = """async ([part, rules]) => {
  for (const one of document.getAnimations()) {
    try { one.finish(); } catch { one.cancel(); } // one without an end
  }
  const runOnly = rules && { type: "rule", values: rules };
  const options = { preload: false, resultTypes: ["violations"], ...(runOnly && { runOnly }) };
  const found = await axe.run(part, options);
  return found.violations.map((one) => `${one.id}, ${one.nodes[0].html.slice(0, 120)}`);
}"""
#: What is blue, where one thing at most is: the next thing to do.
BLUE = """() => {
  const probe = document.body.appendChild(document.createElement("i"));
  probe.style.backgroundColor = "var(--accent)";
  const blue = getComputedStyle(probe).backgroundColor;
  probe.remove();
  return [...document.querySelectorAll(".primary")]
    .filter((one) => one.checkVisibility() && getComputedStyle(one).backgroundColor === blue)
    .map((one) => one.textContent.trim());
}"""
WIDER = "document.scrollingElement.scrollWidth - innerWidth"
#: A phone; a desk of 1440 px magnified twice.
NARROW = ((360, 780), (720, 450))


@pytest.fixture
def everything(incident: Incident, commander: User, admin: User) -> dict[str, bool]:
    """Every address that answers the admin's GET with a page, and whether it is an editor."""
    pages = pages_for(admin, world_of(incident, by=commander))
    return {
        path: path.startswith("/incidents/") and 'id="edit-form"' in html
        for path, html in pages.items()
    }


#: By scheme, the rules of axe that are asked: of the dark one those that a colour can break.
SCHEMES: dict[Literal["dark", "light"], list[str] | None] = {
    "dark": ["color-contrast", "link-in-text-block"],
    "light": None,
}


def wrongs(page: Page, path: str, part: str) -> list[str]:
    """What axe finds in a part of the page, dark and light; nothing moves meanwhile."""
    found = []
    for scheme, rules in SCHEMES.items():
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        found += [f"{path}, {scheme}: {one}" for one in page.evaluate(LOOK, [part, rules])]
    return found


def test_the_look_at_both_schemes_finds_what_is_pale_in_one_of_them(sit: Sit, admin: User) -> None:
    page = sit(admin, scheme="light").open("/")
    page.evaluate(AXE)
    page.evaluate(
        "main.replaceChildren(Object.assign(document.createElement('p'), { textContent: 'Pale' }))"
    )
    for scheme, colours in (("dark", "#000, #333"), ("light", "#ddd, #eee")):
        page.evaluate(
            "colours => main.style.setProperty('color', `light-dark(${colours})`)", colours
        )
        found = [one for one in wrongs(page, "/", "#main") if "color-contrast" in one]
        assert [one.split(":")[0] for one in found] == [f"/, {scheme}"]


def wide(page: Page, path: str) -> list[str]:
    """How far the page scrolls sideways where it is narrow."""
    before, found = page.viewport_size, []
    for width, height in NARROW:
        page.set_viewport_size({"width": width, "height": height})
        if (over := page.evaluate(WIDER)) > 0:
            found.append(f"{path}: {over} px wider than {width}")
    assert before
    page.set_viewport_size(before)
    return found


def test_every_page_and_every_editor_is_accessible_and_fits(
    sit: Sit, incident: Incident, everything: dict[str, bool], admin: User
) -> None:
    editors = [path for path, is_editor in everything.items() if is_editor]
    pages = [path for path, is_editor in everything.items() if not is_editor]
    assert len(editors) > 25
    assert len(pages) > 60
    seat: Seat = sit(admin, scheme="light")
    found = []
    for path in pages:
        page = seat.open(path)
        page.evaluate(AXE)
        found += [*wrongs(page, path, "html"), *wide(page, path)]
        if len(blue := page.evaluate(BLUE)) > 1:
            found.append(f"{path}: blue are {blue}")
    page = seat.open(incident.get_absolute_url())
    page.evaluate(AXE)
    page.set_viewport_size({"width": 360, "height": 780})
    for path in editors:
        page.evaluate(
            "(path) => htmx.ajax('GET', path, { target: '#editor-body', swap: 'innerHTML' })", path
        )
        expect(page.locator("#editor-body form").first).to_be_visible()
        found += wrongs(page, path, "#editor")
        if page.evaluate("editor.scrollWidth > editor.clientWidth"):
            found.append(f"{path}: wider than its dialog")
        page.evaluate("editor.close()")
        expect(page.locator("#editor-body > *")).to_have_count(0)
    assert found == [], "\n".join(found)
