"""Whether somebody may be told about something: now, later, or not at all.

Asked when a message is queued and again when it leaves. The rooms above register who decides.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from notifications.about import About
from notifications.kinds import kind_named
from notifications.models import Delivery
from notifications.sight import loses_all
from people.models import User


@dataclass(frozen=True)
class Verdict:
    """Tell, hold ``until`` a moment and ask again then, or drop ``because`` of a reason.

    ``because`` is a sentence that the outbox keeps.
    """

    until: datetime | None = None
    because: str = ""


TELL = Verdict()
_SEES_NOTHING = "They may not see any of it any more."


def drop(because: str) -> Verdict:
    """The message never leaves, for a reason that the outbox keeps."""
    return Verdict(because=because)


Judge = Callable[[Sequence[User], About], Mapping[int, Verdict]]
"""Answers by primary key for people who are not simply told about something."""
_judges: list[Judge] = []


def register_verdict(judge: Judge) -> None:
    """Ask ``judge`` about every message to people about something. Twice the same is once.

    It is asked in the transaction that queues, with what the caller holds (spare queries there),
    and without one when a message leaves, with a ``Reference``. It must not write. Of several
    verdicts the strictest counts: a drop, else the longest hold.
    """
    if judge not in _judges:
        _judges.append(judge)


def verdict(people: Sequence[User], about: About | None) -> dict[int, Verdict]:
    """What is done with a message to each of ``people`` about ``about``, by primary key.

    Nobody whose account is not active is told anything. No query but what the judges ask.
    """
    found = {
        person.pk: TELL if person.is_active else drop("The account is not active.")
        for person in people
    }
    if about is None:
        return found
    for judge in _judges:
        asked = [person for person in people if not found[person.pk].because]
        if asked:
            for pk, ruled in judge(asked, about).items():
                found[pk] = _stricter(found[pk], ruled)
    return found


def verdict_on(delivery: Delivery) -> Verdict:
    """What is done with a message that is about to leave; ``delivery.person`` is fresh.

    Who may be told comes first, then whether its kind finds it stale, then what is left of it in
    their sight. An address without account is told. Raises ``LookupError`` for a kind nobody
    registered.
    """
    ruled = TELL
    if delivery.person is not None:
        ruled = verdict([delivery.person], delivery.about)[delivery.person.pk]
    if ruled.because:
        return ruled
    stale = kind_named(delivery.kind).why_stale(delivery)
    if stale is not None:
        return drop(stale)
    return drop(_SEES_NOTHING) if loses_all(delivery) else ruled


def verdicts_on(deliveries: Sequence[Delivery]) -> dict[UUID, Verdict]:
    """``verdict_on`` for messages to one recipient that leave as one, by primary key.

    They share one fresh ``person``. Each thing they are about is judged once, each kind asked once
    what is stale, however many messages there are.
    """
    person = deliveries[0].person
    by_about: dict[int | None, list[Delivery]] = {}
    for row in deliveries:
        by_about.setdefault(row.incident_id, []).append(row)
    ruled = dict.fromkeys((row.pk for row in deliveries), TELL)
    if person is not None:
        for rows in by_about.values():
            said = verdict([person], rows[0].about)[person.pk]
            ruled.update((row.pk, said) for row in rows)
    by_kind: dict[str, list[Delivery]] = {}
    for row in deliveries:
        if not ruled[row.pk].because:
            by_kind.setdefault(row.kind, []).append(row)
    for kind, rows in by_kind.items():
        stale = kind_named(kind).stale_among(rows)
        ruled.update((pk, drop(why)) for pk, why in stale.items())
    for row in deliveries:
        if not ruled[row.pk].because and loses_all(row):
            ruled[row.pk] = drop(_SEES_NOTHING)
    return ruled


def _stricter(one: Verdict, other: Verdict) -> Verdict:
    if one.because or other.because:
        return one if one.because else other
    if one.until is None or other.until is None:
        return other if one.until is None else one
    return max(one, other, key=lambda ruled: ruled.until)  # type: ignore[arg-type,return-value]
