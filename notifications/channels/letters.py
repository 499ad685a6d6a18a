"""Writes a mail so that a lock screen says enough: one text, and a page that says the very same.

Severity, the miss, the state and the next time stand in subject and first line, whatever it says.
The page is made of the text, so the two cannot differ: blocks between empty lines, and of a kind
that has rows a line *Name: value* as one. It holds no picture, no script, nothing from elsewhere.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from functools import cache

from django.template.loader import render_to_string

from clock.written import in_zone
from notifications.channels import Never
from notifications.headings import Heading, heading_in, headings_of
from notifications.kinds import BECAUSE, kind_named
from notifications.links import absolute
from notifications.models import SEALED_LINK, Delivery
from people.sealing import Unreadable, unseal

MOST_TOGETHER = 50
MOST_REASONS = 3
_LONGEST_NAME = 40


@dataclass(frozen=True)
class Letter:
    """What a mail says, twice, and the address that ends what it came by."""

    subject: str
    text: str
    html: str
    way_out: str


@dataclass(frozen=True)
class Line:
    """A line of a block: with a ``name`` a row, without one a sentence."""

    name: str
    value: str


@dataclass(frozen=True)
class Part:
    """What one delivery adds: its heading in a digest, its text, and where to look."""

    heading: str
    text: str
    link: str
    has_rows: bool = False

    @property
    def blocks(self) -> list[list[Line]]:
        """Its paragraphs, line by line; the first line of all is a sentence whatever it holds."""
        blocks = [block.split("\n") for block in self.text.split("\n\n") if block.strip()]
        return [
            [_line(line) if self.has_rows and (b or n) else Line("", line) for n, line in lines]
            for b, lines in enumerate(map(enumerate, blocks))
        ]

    @property
    def as_text(self) -> str:
        """The same as it stands in the text."""
        said = f"{self.heading}\n{self.text}" if self.heading else self.text
        return "\n\n".join([said, self.link]) if self.link else said


def letter_of(deliveries: Sequence[Delivery]) -> Letter:
    """The mail for one recipient's deliveries, several of which are a digest.

    One query however many they are, where any is about an incident and does not say itself how that
    stands. Raises ``Never`` where a sealed link cannot be read any more.
    """
    first, is_one = deliveries[0], len(deliveries) == 1
    # The newest: what was said last is what is true.
    shown = deliveries[-MOST_TOGETHER:]
    more = len(deliveries) - len(shown)
    kind = kind_named(first.kind)
    heads = headings_of(shown)
    if is_one:
        subject, parts = _alone(first, heading_in(heads, first))
    else:
        subject = kind.together.format(count=len(deliveries))
        parts = [_among(row, heads) for row in shown]
    reasons = dict.fromkeys(_because(row) for row in shown)
    because = f"You get this because {'; '.join(list(reasons)[:MOST_REASONS])}."
    way_out = absolute(kind.way_out(deliveries))
    said = [part.as_text for part in parts]
    if more:
        said.append(f"… and {more} more before these, on the pages.")
    ends = [because, "Nobody reads replies to this address."]
    if way_out:
        ends.append(f"Unsubscribe: {way_out}")
    text = "\n\n".join([*said, "-- \n" + "\n".join(ends)])
    facts = {
        "subject": subject,
        "parts": parts,
        "more": more,
        "because": because,
        "way_out": way_out,
    }
    own = first.html if is_one else ""
    page = own or render_to_string("notifications/letter.html", facts, using="jinja2")
    return Letter(subject, text, page.replace("</head>", f"{_look()}</head>", 1), way_out)


def _alone(row: Delivery, head: Heading | None) -> tuple[str, list[Part]]:
    """Subject and the one part: how it stands, then what is wanted of its reader."""
    line, text = _for_reader(row)
    if head is None or row.person is None:
        return line, [_part(row, "", text)]
    subject = head.subject(row.incident_ref, line)
    return subject, [_part(row, "", f"{head.first_line(row.person.zone)}\n\n{text}")]


def _among(row: Delivery, heads: Mapping[int, Heading]) -> Part:
    head, (line, text) = heading_in(heads, row), _for_reader(row)
    return _part(row, line if head is None else head.subject(row.incident_ref, line), text)


def _for_reader(row: Delivery) -> tuple[str, str]:
    """Subject and text, their moments by the clock of who reads them."""
    zone = row.person.zone if row.person else UTC
    return in_zone(row.subject_line, zone), in_zone(row.text, zone)


def _part(row: Delivery, heading: str, text: str) -> Part:
    return Part(heading, text, _link(row), has_rows=kind_named(row.kind).has_rows)


def _because(row: Delivery) -> str:
    kind = kind_named(row.kind)
    return row.context.get(BECAUSE) or kind.because or f"of {kind.words}"


@cache
def _look() -> str:
    """The style sheet of a mail, which stands in its head: nothing of it is loaded."""
    return f"<style>{render_to_string('notifications/letter.css', using='jinja2')}</style>"


def _line(line: str) -> Line:
    name, colon, value = line.partition(": ")
    is_row = bool(colon) and len(name) <= _LONGEST_NAME and "." not in name and "http" not in name
    return Line(name, value) if is_row else Line("", line)


def _link(delivery: Delivery) -> str:
    if sealed := delivery.context.get(SEALED_LINK):
        try:
            return unseal(sealed)
        except Unreadable:
            raise Never("Its link was sealed with a SECRET_KEY that is gone.") from None
    return absolute(delivery.url)
