"""How things stand that mails are about, so that a lock screen says it whatever the mail wants.

The rooms above register who knows: what is said is what is true as the mail leaves, or as the
inbox is read.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from notifications.kinds import kind_named
from notifications.models import Delivery
from pages.texts import bare


@dataclass(frozen=True)
class Heading:
    """How bad it is, what broke in plain words, its state, and when the next word is promised.

    ``is_overdue``: that moment has passed, and the word has not come.
    """

    severity: str
    miss: str
    state: str
    next_at: datetime | None
    is_overdue: bool = False

    def subject(self, ref: str, line: str) -> str:
        """``line`` behind severity and reference, with what broke where it does not say so."""
        wanted = line.removeprefix(ref).lstrip(": ")
        said = f"{self.severity} {ref}: {wanted}"
        return said if self.miss in wanted else f"{said} · {self.miss}"

    def first_line(self, zone: tzinfo) -> str:
        """All of it in a line, the time by the clock of who reads it."""
        parts = [self.severity, self.miss, self.state]
        if self.next_at is not None:
            local = self.next_at.astimezone(zone)
            promised = "update overdue since" if self.is_overdue else "next update"
            parts.append(f"{promised} {local:%a %H:%M} {local.tzname()}")
        return " · ".join(parts)


Find = Callable[[Collection[int]], Mapping[int, Heading]]
"""How the incidents of these primary keys stand now; those that are gone are left out."""
_finds: list[Find] = []


def register_heading(find: Find) -> None:
    """Ask ``find`` how what mails are about stands. Twice the same is once."""
    if find not in _finds:
        _finds.append(find)


def headings_of(rows: Sequence[Delivery]) -> dict[int, Heading]:
    """How what the messages are about stands, by incident, where their words do not begin with it.

    Only for people: who may be told of it at all the verdict has said. One query for all rows,
    none where nothing has to be asked.
    """
    about = {
        row.incident_id
        for row in rows
        if row.incident_id is not None and row.person is not None and not _says_so(row)
    }
    found: dict[int, Heading] = {}
    for find in _finds if about else []:
        found.update(find(about - found.keys()))
    return found


def heading_in(found: Mapping[int, Heading], row: Delivery) -> Heading | None:
    """Of ``headings_of``, the one that belongs before the words of ``row``; nothing: none does."""
    if row.incident_id is None or row.person is None or _says_so(row):
        return None
    return found.get(row.incident_id)


def put_headings(rows: Sequence[Delivery]) -> None:
    """Let each subject begin with severity and reference, as its mail does; nothing is stored.

    What a text only says again after its subject is left out. Asked after ``sight.show``: a row
    that names nothing any more is left as it is. One query for all rows.
    """
    named = [row for row in rows if row.incident_ref]
    found = headings_of(named)
    for row in named:
        head = heading_in(found, row)
        if head is not None:
            row.subject_line = head.subject(row.incident_ref, row.subject_line)
    for row in rows:
        first, _, rest = row.text.partition("\n\n")
        if (row.incident_ref and _says_so(row)) or bare(first) in row.subject_line:
            row.text = rest


def _says_so(row: Delivery) -> bool:
    try:
        return kind_named(row.kind).heads_itself
    except LookupError:
        # An old row of a kind that is no more is shown as it is.
        return True
