"""Withdrawing what must not stand: a pasted secret, a customer's data.

What stays of it: docs/record.md, *Digests, not words*.
"""

from django.db import transaction

from incidents.record.models import Incident, RoleAssignment, TimelineEntry
from incidents.record.timeline import WITHDRAWAL, record
from incidents.roster.permissions import Act, check_may, who_may
from incidents.roster.presence import enter
from pages.texts import read_line
from people.models import User
from refusals.errors import Invalid, NotVisible, Refused
from withdrawal.words import (
    LONG,
    change_rows,
    entries_holding,
    take_out,
    words_of_rows,
    words_said,
)


@transaction.atomic
def withdraw_words(incident: Incident, *, by: User, seq: int, reason: str) -> TimelineEntry:
    """Replace the words of an entry of the record by a sign, wherever else they stand too.

    The commander's or an administrator's, after the end whose roster it was (``only_commander``).
    Asks for a ``reason`` (``reason_required``), which may not repeat the words (``Invalid``).
    Raises ``NotVisible`` for an entry that does not exist. The chain holds: each entry that loses
    words is named by a new one with the reason. Rows, messages, kept answers lose them as well;
    what has left as mail is gone. Withdrawn already, nothing changes. Answers the entry.
    """
    reason = read_line("reason", reason, 500)
    incident = enter(incident, by=by, joins=False)
    check_may_withdraw(incident, by)
    entry = incident.entries.filter(seq=seq).first()
    if entry is None:
        raise NotVisible
    said = words_said(entry)
    if not said:
        return entry
    if not reason:
        raise Refused("reason_required", "Say why it must not stand; the reason stays.")
    words = {*said.values(), *words_of_rows(entry, said)}
    if any(len(one) >= LONG and one in reason for one in words) or reason in words:
        raise Invalid({"reason": "It repeats what is to be withdrawn. Say it without."})
    holding = entries_holding(incident, words) | {seq: [*said]}
    for held, leaves in sorted(holding.items()):
        record(
            incident,
            WITHDRAWAL,
            by=by,
            text=f"withdrew the words of entry {held}: {reason}",
            entry=held,
            leaves=leaves,
            reason=reason,
        )
        take_out(incident, held, leaves)
    change_rows(incident, words, told=entry)
    return incident.entries.get(seq=seq)


def may_withdraw(incident: Incident, by: User) -> bool:
    """Whether the person may withdraw words and files of this incident. Three queries at most."""
    try:
        check_may_withdraw(incident, by)
    except Refused:
        return False
    return True


def check_may_withdraw(incident: Incident, by: User) -> None:
    """Refuse (``only_commander``) who may not."""
    check_may(incident, by, Act.WITHDRAW)
    if by.is_admin or by in who_may(incident, Act.WITHDRAW):
        return
    held = RoleAssignment.objects.of_the_roster().filter(incident=incident, person=by)
    if not held.exists():
        raise Refused(
            "only_commander",
            "Words and files are withdrawn by whoever commands, by the roster where nobody does, "
            "or by an administrator.",
        )
