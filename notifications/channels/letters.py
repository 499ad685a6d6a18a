"""Writes a mail so that a lock screen says enough: one text, and a page that says the very same.

The page is made of the text, so the two cannot differ: blocks between empty lines, a line *Name:
value* in each as a row. It holds no picture, no script and nothing from elsewhere.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from django.template.loader import render_to_string

from notifications.channels import Never
from notifications.kinds import MessageKind, kind_named
from notifications.links import absolute
from notifications.models import SEALED_LINK, Delivery
from people.sealing import Unreadable, unseal

BECAUSE = "because"
"""Where a delivery's context keeps why its recipient has it, as what follows *because*."""
MOST_TOGETHER = 50
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
    """What one delivery adds: its blocks, and where to look."""

    heading: str
    blocks: list[list[Line]]
    link: str


def _because(delivery: Delivery, kind: MessageKind) -> str:
    return delivery.context.get(BECAUSE) or kind.because or f"of {kind.words}"


def letter_of(deliveries: Sequence[Delivery]) -> Letter:
    """The mail for one recipient's deliveries, several of which are a digest.

    Raises ``Never`` where a sealed link cannot be read any more.
    """
    first, is_one = deliveries[0], len(deliveries) == 1
    shown = deliveries[:MOST_TOGETHER]
    more = len(deliveries) - len(shown)
    parts = [_part(row, heading="" if is_one else row.subject_line) for row in shown]
    kind = kind_named(first.kind)
    count = len(deliveries)
    subject = first.subject_line if is_one else kind.together.format(count=count)
    footer = [f"You get this because {_because(first, kind)}."]
    way_out = absolute(kind.way_out(deliveries))
    said = [_as_text(row, is_one=is_one) for row in shown]
    if more:
        said.append(f"… and {more} more, on the pages.")
    ends = [*footer, "Nobody reads replies to this address."]
    if way_out:
        ends.append(f"Unsubscribe: {way_out}")
    text = "\n\n".join([*said, "-- \n" + "\n".join(ends)])
    facts = {
        "subject": subject,
        "parts": parts,
        "more": more,
        "because": footer[0],
        "way_out": way_out,
    }
    own = first.html if is_one else ""
    page = own or render_to_string("notifications/letter.html", facts, using="jinja2")
    return Letter(subject, text, page.replace("</head>", f"{_look()}</head>", 1), way_out)


@cache
def _look() -> str:
    """The style sheet of a mail, which stands in its head: nothing of it is loaded."""
    return f"<style>{render_to_string('notifications/letter.css', using='jinja2')}</style>"


def _part(delivery: Delivery, *, heading: str) -> Part:
    blocks = [
        [_line(line) for line in block.split("\n")]
        for block in delivery.text.split("\n\n")
        if block.strip()
    ]
    return Part(heading, blocks, _link(delivery))


def _line(line: str) -> Line:
    name, colon, value = line.partition(": ")
    is_row = bool(colon) and len(name) <= _LONGEST_NAME and "." not in name and "http" not in name
    return Line(name, value) if is_row else Line("", line)


def _as_text(delivery: Delivery, *, is_one: bool) -> str:
    heading = [] if is_one else [delivery.subject_line]
    link = _link(delivery)
    parts = ["\n".join([*heading, delivery.text]), *([link] if link else [])]
    return "\n\n".join(parts)


def _link(delivery: Delivery) -> str:
    if sealed := delivery.context.get(SEALED_LINK):
        try:
            return unseal(sealed)
        except Unreadable:
            raise Never("Its link was sealed with a SECRET_KEY that is gone.") from None
    return absolute(delivery.url)
