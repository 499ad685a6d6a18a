"""What a change needs before it starts, and before it is over (P10, P32, P36, P38)."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from incidents.approvals.rules import why_not_approved
from incidents.cards.models import Card
from incidents.changes.models import Change, SecondChange
from incidents.changes.queries import is_drastic, running_changes
from incidents.changes.rules import why_not_written
from incidents.endstate.models import Signal
from incidents.gates.facts import Facts
from incidents.gates.rules import line_stopped
from incidents.record.gate import SOLO, WAY_BACK, Objection, exception, soft
from incidents.record.models import Incident
from people.models import User
from refusals.errors import Refused

SECOND = "second_change"
"""Allowed beside one that runs, by the commander's word."""


def why_not_started(
    change: Change,
    card: Card,
    facts: Facts,
    *,
    by: User,
    running: list[Change],
    surprise: Change | None,
    allowance: SecondChange | None,
) -> list[Objection]:
    """Everything that speaks against starting it now, in the order in which it is said.

    ``running`` are the changes in flight, ``surprise`` the last that did not go as expected without
    a go since, ``allowance`` the commander's word for a second one.
    """
    return [
        *_line(change, facts),
        *why_not_written(change, card),
        *why_not_approved(change, card, facts),
        *_hands_off(change, facts, by),
        *_go(change, surprise),
        *_in_flight(change, card, running, allowance),
    ]


def _line(change: Change, facts: Facts) -> Iterator[Objection]:
    """P38: while the line is stopped only a way back starts."""
    stop = facts.stop
    if stop is None:
        return
    if change.is_way_back:
        yield exception(WAY_BACK)
        return
    yield line_stopped(stop, "rolling back starts")


def _hands_off(change: Change, facts: Facts, by: User) -> Iterator[Objection]:
    """P10 ◆: the commander runs no change, unless alone; a way back is never refused."""
    if not facts.leads(by.pk):
        return
    if facts.is_solo:
        yield exception(SOLO)
    elif change.rolls_back_id is not None:
        yield exception(WAY_BACK)
    else:
        yield soft(
            "commander_cannot_own_work",
            f"{by.name} leads and runs no change. Let its owner start it, or hand over command.",
        )


def _go(change: Change, surprise: Change | None) -> Iterator[Objection]:
    """P36 ◆: after a surprise the next change needs the commander's go; rolling back does not."""
    if surprise is None or change.is_way_back:
        return
    outcome = surprise.get_outcome_display().lower()
    yield soft(
        "go_required",
        f"The last change, “{surprise.card.title}”, went {outcome}. Before another one starts, the "
        "commander says why it may. Rolling back needs no go.",
        change=surprise.pk,
        outcome=surprise.outcome,
    )


def _in_flight(
    change: Change, card: Card, running: list[Change], allowance: SecondChange | None
) -> Iterator[Objection]:
    """P32 ◆: one drastic change at a time; a second one by the commander's word, for that start."""
    if not is_drastic(card):
        return
    others = [one for one in running if one.pk != change.pk and is_drastic(one.card)]
    if not others:
        return
    if change.rolls_back_id is not None:
        yield exception(WAY_BACK)
        return
    if allowance is not None:
        yield exception(SECOND)
        return
    yield soft(
        "change_in_flight",
        f"“{others[0].card.title}” is in flight. Finish it first, or ask the commander to allow a "
        "second one with a reason.",
        change=others[0].pk,
        card=others[0].card_id,
    )


def unseen(signals: Iterable[Signal], started_at: datetime) -> list[Signal]:
    """P36: the signals without a sample newer than the start."""
    return [one for one in signals if one.latest_at is None or one.latest_at <= started_at]


def check_nothing_runs(incident: Incident) -> None:
    """Refuse (``change_unfinished``) to end an incident while a change of it runs (P36)."""
    running = running_changes(incident)
    if running:
        titles = ", ".join(f"“{one.card.title}”" for one in running)
        raise Refused(
            "change_unfinished",
            f"{titles} still runs. Look at the signals and say how it went, or roll it back.",
            changes=[
                {"id": one.pk, "card": one.card_id, "title": one.card.title} for one in running
            ],
        )
