"""How a page is made: no id twice, every label names a field, nothing of the template is left."""

import re
from collections import Counter
from html.parser import HTMLParser

import pytest

from incidents.record.models import Incident
from incidents.roster.actions import join
from people.models import User
from tests.matrix.addresses import addresses, an_object_of, world_of
from tests.matrix.forms import is_html
from tests.matrix.hidden import signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(600)]

OF_THE_LIBRARY = {"api:openapi-view"}
"""The API's description is drawn by its own page."""
POINTS = ("for", "aria-describedby", "aria-labelledby", "aria-controls", "form", "list")


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.ids: Counter[str] = Counter()
        self.named: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name == "id" and value:
                self.ids[value] += 1
            elif name in POINTS and value:
                self.named.update(value.split())


def wrong_in(html: str) -> dict[str, list[str]]:
    """Ids that stand twice, ids that something points to and that are none, raw template."""
    reader = _Reader()
    reader.feed(html)
    found = {
        "twice": sorted(one for one, count in reader.ids.items() if count > 1),
        "nowhere": sorted(reader.named - {*reader.ids}),
        "of the template": re.findall(r"\{[#%].{0,40}", html),
    }
    return {name: ids for name, ids in found.items() if ids}


def test_control_what_is_wrong_is_found() -> None:
    page = '<label for="a">A</label><input id="b"><input id="b"><p aria-describedby="b c">{# x #}'
    assert wrong_in(page) == {
        "twice": ["b"],
        "nowhere": ["a", "c"],
        "of the template": ["{# x #}"],
    }


@pytest.mark.parametrize("who", ["commander", "admin", "nobody"])
def test_no_id_stands_twice_and_every_label_has_its_field(
    incident: Incident, commander: User, admin: User, who: str
) -> None:
    world = world_of(incident, by=commander)
    join(incident, by=admin)
    browser = signed_in(commander)
    if who == "admin":
        browser = signed_in(admin)
    elif who == "nobody":
        browser.logout()
    wrong, seen = {}, 0
    for one in addresses():
        if one.name in OF_THE_LIBRARY or "content_type_id" in one.words:
            continue
        if one.name.startswith("admin:") and "object_id" in one.words:
            world["object_id"] = an_object_of(one) or 1
        answer = browser.get(one.filled(world))
        if is_html(answer):
            seen += 1
            found = wrong_in(answer.content.decode())
            if one.name.startswith("admin:"):
                # Rows of a table in Django's own forms are described by a help text they hide.
                found.pop("nowhere", None)
            if found:
                wrong[one.name] = found
    assert wrong == {}
    assert seen >= (8 if who == "nobody" else 50)
