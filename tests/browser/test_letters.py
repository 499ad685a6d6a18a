"""Every kind of mail, as a page in a browser: at 320 px, in the light and in the dark."""

import html
import re
from itertools import zip_longest

import pytest
from playwright.sync_api import Browser, Page

from incidents.record.models import Incident
from notifications.channels.letters import Letter, letter_of
from notifications.kinds import all_kinds
from notifications.models import Delivery
from notifications.outbox import Message, queue_deliveries
from people.models import User

pytestmark = pytest.mark.browser

LONGEST = "x" * 300
TEXT = (
    "Somebody wants something of you: “Cap the query”, by 19:38 UTC.\n\n"
    f"What we know: {LONGEST}\nRisks: \u202eevil <b>bold</b> & more\n\n- a line of a list"
)
#: The faintest that anything in a mail may be on its ground.
FAINTEST = 4.5
_LOOK = """() => {
  const rgb = (color) => color.match(/[\\d.]+/g).map(Number);
  const light = (color) => rgb(color).slice(0, 3).map((one) => one / 255)
    .map((one) => (one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4))
    .reduce((sum, one, n) => sum + one * [0.2126, 0.7152, 0.0722][n], 0);
  const ground = light(getComputedStyle(document.querySelector(".sheet")).backgroundColor);
  const least = [...document.querySelectorAll(".sheet p, .sheet a, .sheet span, .sheet h2")]
    .map((one) => light(getComputedStyle(one).color))
    .map((ink) => (Math.max(ink, ground) + 0.05) / (Math.min(ink, ground) + 0.05));
  return {
    width: document.documentElement.scrollWidth,
    contrast: Math.min(...least),
    ground,
    loads: document.querySelectorAll("img, script, link, iframe, [src], [background]").length,
    words: document.body.innerText,
  };
}"""


def letters(incident: Incident, person: User) -> dict[str, Letter]:
    """A mail of each registered kind to that person, and a digest."""
    kinds = [one.name for one in all_kinds()]
    queue_deliveries(
        [
            Message(
                key=f"letter:{kind}",
                kind=kind,
                person=person,
                about=incident,
                channels=("email",),
                subject_line=f"{incident.ref}: something of {kind} is wanted",
                text=TEXT,
            )
            for kind in kinds
        ]
    )
    rows = {
        row.kind: row
        for row in Delivery.objects.filter(key__startswith="letter:").select_related("person")
    }
    assert sorted(rows) == kinds
    found = {kind: letter_of([row]) for kind, row in rows.items()}
    return {**found, "of several": letter_of(list(rows.values()))}


def told(text: str) -> list[str]:
    """The words of a text or a page, whatever stands between them."""
    return html.unescape(text).split()


def of_text(letter: Letter) -> list[str]:
    """What the text of a mail says, but for the address that the page has behind a word."""
    text = re.sub(r"^-- $", "", letter.text, flags=re.M)
    return told(text.replace(f"Unsubscribe: {letter.way_out}", "Unsubscribe"))


def shown(page: Page, letter: Letter) -> dict[str, object]:
    """How the page of a mail comes out."""
    page.set_content(letter.html)
    return dict(page.evaluate(_LOOK))


def test_every_kind_of_mail_says_the_same_twice_fits_a_phone_and_is_read_in_the_dark(
    chromium: Browser, incident: Incident, commander: User
) -> None:
    found = letters(incident, commander)
    wrong, grounds = [], {}
    for scheme in ("light", "dark"):
        context = chromium.new_context(
            viewport={"width": 320, "height": 560}, color_scheme=scheme, offline=True
        )
        page = context.new_page()
        for kind, letter in found.items():
            look = shown(page, letter)
            grounds[scheme] = look["ground"]
            if look["width"] != 320 or look["loads"] or float(str(look["contrast"])) < FAINTEST:
                wrong.append((scheme, kind, {**look, "words": ""}))
            page_says, text_says = told(str(look["words"])), of_text(letter)
            if page_says != text_says:
                differ = [one for one in zip_longest(page_says, text_says) if one[0] != one[1]]
                wrong.append((scheme, kind, {"page and text": differ[:3]}))
        context.close()
    assert wrong == []
    assert float(str(grounds["light"])) > 0.9 > 0.05 > float(str(grounds["dark"]))


@pytest.mark.django_db
def test_every_kind_of_mail_begins_with_how_bad_it_is_and_says_why_one_gets_it(
    incident: Incident, commander: User
) -> None:
    found = letters(incident, commander)
    by_itself = {one.name for one in all_kinds() if one.heads_itself}
    for kind, letter in found.items():
        assert "You get this because " in letter.text, kind
        assert "Nobody reads replies to this address." in letter.html, kind
        if kind in by_itself or kind == "of several":
            continue
        assert letter.subject.startswith(f"SEV1 {incident.ref}: something of {kind}"), kind
        assert letter.subject.endswith(" · API calls fail"), kind
        first = letter.text.splitlines()[0]
        assert first.startswith("SEV1 · API calls fail · investigating · next update "), kind
        assert f'<p dir="auto" class="first">{first}</p>' in letter.html, kind
