"""Starting a change, finishing it by what the signals say, and rolling it back (P36, P38)."""

from collections.abc import Collection, Sequence
from datetime import datetime

from django.db import transaction

from clock.queries import now
from incidents.board.actions import add_card
from incidents.cards.models import Card, Column
from incidents.changes.actions import write_way_back
from incidents.changes.drafts import let_go_of_asking
from incidents.changes.finding import change_as_dict, enter_change, save
from incidents.changes.models import Change, ChangeState, Moment, Outcome
from incidents.changes.queries import allowance_of, running_changes, surprise_of
from incidents.changes.snapshots import signals_to_see, take_snapshot
from incidents.endstate.models import Signal
from incidents.endstate.queries import signal_as_dict, signal_with_state, standing_signals
from incidents.gates.facts import facts_of
from incidents.hypotheses.actions import keep_evidence
from incidents.outcomes import rules
from incidents.outcomes.messages import Surprised
from incidents.record.gate import Gate
from incidents.record.locking import moment_of
from incidents.record.models import Incident, RosterRole
from incidents.record.timeline import record
from incidents.roster.queries import who_hears
from pages.texts import read_text
from people.models import User
from refusals.errors import Invalid, Refused

NOTE_LIMIT = 1000


@transaction.atomic
def start_change(change: Change | int, *, by: User, occurred_at: datetime | None = None) -> Change:
    """Start the change of a card in Now, with the signals as they are beside it.

    Starting a way back ends the change it undoes, where that runs, as rolled back. Refuses
    ``line_stopped`` (not for a way back), and softly ``change_required``, ``change_not_approved``,
    ``go_required``, ``change_in_flight`` and ``commander_cannot_own_work``. ``occurred_at`` records
    it afterwards, which escapes them, marked. Running already, nothing happens.
    """
    change, incident = enter_change(change, by=by, helpers=True)
    if change.state == ChangeState.RUNNING:
        return change
    if not change.is_waiting:
        raise Refused(
            "invalid_transition",
            f"It is {change.get_state_display().lower()}. Write a new change for the next step.",
        )
    moment = _moment(incident, occurred_at)
    gate = Gate(incident)
    running = running_changes(incident)
    if occurred_at is None:
        if change.card.column != Column.NOW or not incident.is_open:
            raise Refused(
                "invalid_transition", "A change runs on a card in Now. Move its card there first."
            )
        facts = facts_of(incident)
        allowance = allowance_of(incident)
        gate.judge(
            rules.why_not_started(
                change,
                change.card,
                facts,
                by=by,
                running=running,
                surprise=surprise_of(incident),
                allowance=allowance,
            )
        )
        if rules.SECOND in gate.marks and allowance is not None:
            allowance.used_by = change
            allowance.save(update_fields=["used_by"])
    _start(
        change,
        incident,
        by=by,
        at=moment,
        gate=gate,
        running=running,
        afterwards=occurred_at is not None,
    )
    return change


def _start(
    change: Change,
    incident: Incident,
    *,
    by: User,
    at: datetime,
    gate: Gate,
    running: Sequence[Change],
    afterwards: bool,
) -> None:
    signals = standing_signals(incident.pk)
    undone = change.rolls_back
    if undone is not None and undone.state == ChangeState.RUNNING:
        undone.card.incident = incident
        _end(
            undone,
            incident,
            by=by,
            at=at,
            outcome=Outcome.ROLLED_BACK,
            note="",
            signals=signals,
        )
        running = [one for one in running if one.pk != undone.pk]
    change.ran_beside = [
        {"change": one.pk, "card": one.card_id, "title": one.card.title, "risk": one.card.risk}
        for one in running
        if one.pk != change.pk
    ]
    change.state, change.started_at, change.started_by = ChangeState.RUNNING, at, by
    change.marks = list(dict.fromkeys([*change.marks, *gate.marks]))
    if afterwards:
        change.afterwards = True
    save(change)
    values = take_snapshot(change, incident, Moment.BEFORE, signals)
    if change.asked_at is not None:
        let_go_of_asking(change, reason="It runs.")
    title = change.card.title
    beside = f", beside {len(change.ran_beside)} other" if change.ran_beside else ""
    words = f"started to undo “{undone.card.title}”" if undone else f"started “{title}”"
    if change.undoes:
        words = f"started “{title}”, which undoes: {change.undoes}"
    record(
        incident,
        "change_started",
        by=by,
        text=f"{words}{beside}{_said(gate)}",
        at=at,
        afterwards=afterwards,
        card=change.card_id,
        title=title,
        change=change_as_dict(change),
        beside=change.ran_beside,
        measured=values,
    )


def _said(gate: Gate) -> str:
    words = [mark.removeprefix("warn:").replace("_", " ") for mark in gate.marks]
    return f" ({', '.join(words)})" if words else ""


@transaction.atomic
def finish_change(
    change: Change | int,
    *,
    by: User,
    outcome: str | None,
    note: str = "",
    no_data: bool | Collection[int] = False,
    occurred_at: datetime | None = None,
) -> Change:
    """Say how a running change went, by the signals, with a second snapshot beside the first.

    Anybody on the roster may. Refuses (``signals_not_seen`` with ``signals``) until the signal that
    its card serves, else each required one, has a sample newer than the start; ``no_data`` says
    that there is none, of all or of these ids. Anything but ``as_expected`` asks for a go before
    the next change. The outcome is evidence for or against its hypothesis. Finished already with
    the same outcome, nothing happens. ``occurred_at`` records it afterwards.
    """
    note = read_text("note", note, NOTE_LIMIT)
    change, incident = enter_change(change, by=by, helpers=True)
    if outcome not in Outcome.values:
        raise Invalid({"outcome": f"Say how it went: one of {', '.join(Outcome.values)}."})
    if change.state == ChangeState.FINISHED and change.outcome == outcome:
        return change
    if change.state != ChangeState.RUNNING or change.started_at is None:
        raise Refused(
            "invalid_transition",
            f"It is {change.get_state_display().lower()}; only what runs is finished.",
        )
    at = _moment(incident, occurred_at)
    if at < change.started_at:
        raise Invalid({"occurred_at": "That is before it started."})
    if not isinstance(no_data, bool):
        _check_signals(incident, no_data)
    signals = standing_signals(incident.pk)
    unseen = rules.unseen(signals_to_see(change, signals), change.started_at)
    if occurred_at is None:
        said = {one.pk for one in unseen} if no_data is True else set(no_data or ())
        waiting = [one for one in unseen if one.pk not in said]
        if waiting:
            raise Refused(
                "signals_not_seen",
                f"Since it started nothing new came from {', '.join(one.name for one in waiting)}. "
                "Wait for a sample, measure by hand, or say that there is no data.",
                signals=[signal_as_dict(signal_with_state(one, at)) for one in waiting],
            )
    change.no_data = [one.name for one in unseen]
    if occurred_at is not None:
        change.afterwards = True
    _end(
        change,
        incident,
        by=by,
        at=at,
        outcome=Outcome(outcome),
        note=note,
        signals=signals,
        afterwards=occurred_at is not None,
    )
    return change


def _end(
    change: Change,
    incident: Incident,
    *,
    by: User,
    at: datetime,
    outcome: Outcome,
    note: str,
    signals: list[Signal],
    afterwards: bool = False,
) -> None:
    change.state, change.finished_at, change.finished_by = ChangeState.FINISHED, at, by
    change.outcome, change.note = outcome, note
    save(change)
    values = take_snapshot(change, incident, Moment.AFTER, signals)
    card = change.card
    if change.is_way_back and (card.rolls_back_id or card.undoes):
        # The next change of this card undoes nothing, unless it says so again.
        card.rolls_back, card.undoes = None, ""
        card.save(update_fields=["rolls_back", "undoes"])
    words = outcome.label.lower()
    record(
        incident,
        "change_finished",
        by=by,
        text=f"“{card.title}” went {words}" + (f": {note}" if note else ""),
        at=at,
        afterwards=afterwards,
        card=card.pk,
        title=card.title,
        change=change_as_dict(change),
        outcome=outcome.value,
        note=note,
        no_data=change.no_data,
        measured=values,
    )
    tested = change.hypothesis or card.tests
    if tested is not None and not change.is_way_back:
        text = f"“{card.title}” went {words}" + (f": {note}" if note else "")
        keep_evidence(incident, tested, by=by, text=text, change_id=change.pk)
    if outcome != Outcome.AS_EXPECTED and incident.is_open:
        leading = who_hears(incident, RosterRole.COMMANDER)
        Surprised.tell(incident, [one for one in leading if one != by], change)


@transaction.atomic
def roll_back(change_id: int, *, by: User) -> Change:
    """Undo a running or finished change of this incident, now; answers the change that undoes it.

    What runs is ended as rolled back in the same step, and its card goes on with the way back;
    else a new card enters Now. It asks no hypothesis, pair, approval or go, also while the line is
    stopped. Twice is once. Refuses what never ran.
    """
    change, incident = enter_change(change_id, by=by, helpers=True)
    if change.state not in (ChangeState.RUNNING, ChangeState.FINISHED):
        raise Refused("invalid_transition", "It never ran, so there is nothing to undo.")
    under_way = Change.objects.unfinished().filter(rolls_back=change).first()
    if under_way is not None:
        return start_change(under_way.pk, by=by)
    card = change.card
    free = not Change.objects.unfinished().filter(card=card).exclude(pk=change.pk).exists()
    if card.column == Column.NOW and free:
        if change.state == ChangeState.RUNNING:
            _end(
                change,
                incident,
                by=by,
                at=now(),
                outcome=Outcome.ROLLED_BACK,
                note="",
                signals=standing_signals(incident.pk),
            )
        card.rolls_back, card.undoes = change, ""
        card.version += 1
        card.save(update_fields=["rolls_back", "undoes", "version"])
        way_back = write_way_back(card, incident, by=by)
    else:
        added = add_card(
            incident,
            by=by,
            title=f"Roll back: {card.title}"[:200],
            column=Column.NOW,
            owner=_who_rolls_back(card, incident, by),
            serves=card.serves or "end_state",
            expected_proof=card.expected_proof or "as it was before",
            risk=card.risk,
            rolls_back=change.pk,
        )
        way_back = Change.objects.unfinished().get(card=added)
    return start_change(way_back.pk, by=by)


def _who_rolls_back(card: Card, incident: Incident, by: User) -> User:
    """Whoever clicks, unless they lead and the card's owner is still there."""
    leads = who_hears(incident, RosterRole.COMMANDER)
    owner = card.owner
    is_there = owner is not None and incident.roles.active().filter(person=owner).exists()
    return owner if owner is not None and is_there and by in leads else by


def _check_signals(incident: Incident, ids: Collection[int]) -> None:
    if incident.signals.filter(pk__in=ids).count() != len(set(ids)):
        raise Invalid({"no_data": "This incident has no such signal."})


def _moment(incident: Incident, occurred_at: datetime | None) -> datetime:
    moment = moment_of(incident)
    if occurred_at is None:
        return moment
    if occurred_at > moment:
        raise Invalid({"occurred_at": "That is in the future."})
    if occurred_at < incident.declared_at:
        raise Invalid({"occurred_at": "That is before the incident was declared."})
    return occurred_at
