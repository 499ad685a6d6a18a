"""What a mail brings along: files made as it leaves, for whoever may read them then.

The rooms above register how one is made; a delivery's context names which it wants.
"""

from collections.abc import Callable
from dataclasses import dataclass

from notifications.models import Delivery

ATTACHED = "attached"
"""Where a delivery's context names the file that it brings along."""
SNAPSHOT = "snapshot"
"""The whole incident in one file."""
LARGEST = 8 * 1024 * 1024
"""Bytes beyond which a file stays behind: many mail servers would refuse the mail for it."""


@dataclass(frozen=True)
class Attachment:
    """A file by its name, what it is, and its bytes."""

    name: str
    kind: str
    content: bytes


Make = Callable[[Delivery], Attachment | None]
"""The file for the person of a delivery, as it is now; nothing where they may not read it."""
_makes: dict[str, Make] = {}


def register_attachment(name: str, make: Make) -> None:
    """Make the file ``name`` by ``make``, outside any transaction and without writing."""
    _makes[name] = make


def attachment_of(delivery: Delivery) -> Attachment | None:
    """What the mail brings along; nothing for most, and for a file that is too large."""
    make = _makes.get(str(delivery.context.get(ATTACHED, "")))
    if make is None or delivery.person is None:
        return None
    found = make(delivery)
    return found if found is not None and len(found.content) <= LARGEST else None
