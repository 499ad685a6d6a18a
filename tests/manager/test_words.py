"""The manager's pages speak as every other page does: no names of code, no machine's dates."""

import re
from html.parser import HTMLParser

import pytest

from incidents.record.models import Incident
from people.models import User
from tests.matrix.addresses import pages_for, world_of

pytestmark = pytest.mark.django_db

#: A name with underscores, a date as programs write it, what a language writes for nothing, JSON.
OF_CODE = re.compile(
    r"\b[a-z]+_[a-z_]+\b|\b\d{4}-\d\d-\d\d\b|\d\d:\d\d UTC"
    r"|\b(None|True|False)\b(?! kept| of)|[\[{]\""
)
#: A command, an example of what a key may be taught, and the record as it is hashed.
MEANT = ("api_token --service", 'Such as {"page":', '{"actor":')


class Words(HTMLParser):
    """What stands on a page, but for what one may type over."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.inside = ""
        self.said: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("script", "style", "textarea", "title"):
            self.inside = tag

    def handle_endtag(self, tag: str) -> None:
        if tag == self.inside:
            self.inside = ""

    def handle_data(self, data: str) -> None:
        if not self.inside and data.strip():
            self.said.append(" ".join(data.split()))


def test_no_page_of_the_manager_speaks_in_names_of_code(
    incident: Incident, commander: User, admin: User
) -> None:
    admin.time_zone = "Asia/Tokyo"
    admin.save(update_fields=["time_zone"])
    found = pages_for(admin, world_of(incident, by=commander), "/admin/")
    pages = {path: Words(html) for path, html in found.items()}
    wrong = {
        (path, words)
        for path, page in pages.items()
        for words in page.said
        if OF_CODE.search(words) and not words.startswith(MEANT) and MEANT[0] not in words
    }
    assert wrong == set()
    assert {"/admin/deadlines/deadline/", "/admin/notifications/channelstatus/"} <= set(pages)
    record = pages["/admin/incidents/timelineentry/"].said
    assert "JST" in " ".join(record)
    assert "The miss was named" in record
