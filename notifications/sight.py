"""Decides what a message still shows its addressee, whenever it is shown or leaves.

What was told while somebody could see an incident stays in their inbox; its words do not, once they
cannot. The rooms above register who sees what.
"""

from collections.abc import Callable, Collection, Sequence

from notifications.kinds import kind_named
from notifications.models import Delivery
from people.models import User

HIDDEN = "No longer shown here"
"""What stands in place of the subject."""

Sight = Callable[[User, Collection[int]], set[int]]
"""Which of these incidents somebody may know of now, by primary key."""
_sights: list[Sight] = []


def register_sight(sight: Sight) -> None:
    """Ask ``sight`` about the incidents that messages name. Twice the same is once."""
    if sight not in _sights:
        _sights.append(sight)


def show(person: User, rows: Sequence[Delivery]) -> None:
    """Leave in ``rows`` only the words that ``person`` may read now; nothing is stored.

    A message about incidents they do not see any more is ``HIDDEN``, without text, address and
    reference; of one about several their kind takes out those. One query for all rows, and what
    the kinds need for rows that lose something.
    """
    named = {row.pk: named_in(row) for row in rows}
    seen = _seen(person, set().union(*named.values()))
    for row in rows:
        row.person = person
        if named[row.pk] <= seen or _takes_out(row, seen):
            continue
        row.subject_line, row.text, row.html, row.url, row.incident_ref = HIDDEN, "", "", "", ""


def loses_all(delivery: Delivery) -> bool:
    """Whether a message that is about to leave names what ``delivery.person`` may not see.

    What is left of one about several incidents stays in its words. One query for such a message,
    else none: whom a message is about is the verdict's question.
    """
    several = set(delivery.context.get("incidents", []))
    if delivery.person is None or not several:
        return False
    seen = _seen(delivery.person, several)
    return not several <= seen and not _takes_out(delivery, seen)


def named_in(delivery: Delivery) -> set[int]:
    """The incidents whose words a message holds: ``about``, and ``incidents`` of its context."""
    about = {delivery.incident_id} if delivery.incident_id is not None else set()
    return about | set(delivery.context.get("incidents", []))


def _takes_out(row: Delivery, seen: set[int]) -> bool:
    if row.incident_id is not None and row.incident_id not in seen:
        return False
    return kind_named(row.kind).take_out(row, seen)


def _seen(person: User, ids: Collection[int]) -> set[int]:
    seen = set(ids)
    for sight in _sights:
        seen = sight(person, seen) if seen else seen
    return seen
