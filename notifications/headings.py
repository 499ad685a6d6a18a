"""How things stand that mails are about, so that a lock screen says it whatever the mail wants.

The rooms above register who knows: what is said is what is true as the mail leaves.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, tzinfo

from notifications.models import Delivery


@dataclass(frozen=True)
class Heading:
    """How bad it is, what broke in plain words, its state, and when the next word is promised."""

    severity: str
    miss: str
    state: str
    next_at: datetime | None

    def subject(self, ref: str, line: str) -> str:
        """``line`` behind reference and severity, with what broke where it does not say so."""
        wanted = line.removeprefix(ref).lstrip(": ")
        said = f"{ref} {self.severity}: {wanted}"
        return said if self.miss in wanted else f"{said} · {self.miss}"

    def first_line(self, zone: tzinfo) -> str:
        """All of it in a line, the time by the clock of who reads it."""
        parts = [self.severity, self.miss, self.state]
        if self.next_at is not None:
            local = self.next_at.astimezone(zone)
            parts.append(f"next update {local:%a %H:%M} {local.tzname()}")
        return " · ".join(parts)


Find = Callable[[int], Heading | None]
"""How the incident of that primary key stands now; nothing when it is gone."""
_finds: list[Find] = []


def register_heading(find: Find) -> None:
    """Ask ``find`` how what a mail is about stands. Twice the same is once."""
    if find not in _finds:
        _finds.append(find)


def heading_of(delivery: Delivery) -> Heading | None:
    """How what the message is about stands; nothing for one about nothing. One query.

    Only for people: who may be told of it at all the verdict has said.
    """
    if delivery.incident_id is None or delivery.person is None:
        return None
    found = (find(delivery.incident_id) for find in _finds)
    return next((one for one in found if one is not None), None)
