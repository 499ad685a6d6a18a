"""Going back to work on a resolved incident: a new promise, the seats asked again."""

from datetime import datetime, timedelta

from clock.queries import now
from deadlines.actions import owe
from incidents.board.deadlines import TimeBox
from incidents.cadence.intervals import due_by_cadence
from incidents.cadence.promises import promise_update
from incidents.cards.models import Card, Column
from incidents.lifecycle.course import followers
from incidents.record.gate import Gate
from incidents.record.models import (
    PATIENCE,
    Incident,
    RoleAssignment,
    RosterRole,
    Status,
)
from incidents.record.timeline import record
from incidents.roster.deadlines import NoCommander
from incidents.roster.owed import ask_for_fix_owner
from incidents.roster.permissions import Act, check_may
from incidents.roster.presence import put_on_roster
from incidents.roster.queries import commander_of, roles_of
from incidents.roster.rules import why_not_command
from incidents.roster.seats import seat
from incidents.sidework.actions import (
    let_paused_work_wait,
)
from people.models import User
from refusals.errors import Invalid, Refused


def reopen(incident: Incident, by: User, to: str, reason: str, at: datetime | None = None) -> None:
    """Back to work: a new promise, and the people of the running cards are on the roster again.

    Whoever reopens commands unless the seat's rule forbids it. ``at`` records afterwards when work
    went on, after the resolution (``Invalid``); the promise counts from now.
    """
    check_may(incident, by, Act.REOPEN)
    if not reason:
        raise Refused("reason_required", "Say why it is reopened: what came back?")
    if at is not None and incident.resolved_at is not None and at < incident.resolved_at:
        raise Invalid({"occurred_at": "That is before it was resolved."})
    let_paused_work_wait(incident)
    moment = now()
    incident.status = to
    incident.resolved_at = None
    incident.recorded_afterwards = False
    # What was said about coming back was about the end that did not last.
    incident.expected_back_at = incident.expected_back_said_at = None
    incident.expected_back_reason = ""
    incident.time_sources.pop("resolved_at", None)
    if to != Status.MONITORING:
        incident.impact_ended_at = None
        if incident.time_sources.get("mitigated_at", {}).get("source") == "inferred":
            # Inferred from a resolution that did not last.
            incident.mitigated_at = None
            incident.time_sources.pop("mitigated_at")
    incident.save(
        update_fields=[
            "status",
            "resolved_at",
            "mitigated_at",
            "impact_ended_at",
            "recorded_afterwards",
            "expected_back_at",
            "expected_back_said_at",
            "expected_back_reason",
            "time_sources",
        ]
    )
    record(
        incident,
        "reopened",
        by=by,
        text=f"reopened it as {to}: {reason}",
        at=at,
        afterwards=at is not None,
        after=to,
        reason=reason,
    )
    running = list(
        Card.objects.filter(incident=incident, column=Column.NOW).select_related("owner", "pair")
    )
    for card in running:
        # Their card runs again, so they are back at work.
        put_on_roster(incident, [card.owner, card.pair], by=by)
    _seat_whoever_reopens(incident, by, moment)
    if incident.makes_promises:
        promise_update(incident, at=moment, due_at=due_by_cadence(incident, moment))
        ask_for_fix_owner(incident, since=moment)
        for one in followers():
            one.is_investigated(incident, since=moment)
    for card in running:
        _start_time_box_again(incident, card, moment)


def _seat_whoever_reopens(incident: Incident, by: User, moment: datetime) -> None:
    """Command is theirs where P10 lets them have it; else they join, and somebody is asked for.

    A way back is never refused, so the rule of the seat leaves it empty instead.
    """
    if by.is_program or commander_of(incident) is not None:
        return
    gate = Gate(incident)
    try:
        gate.judge(why_not_command(incident, by))
        role = RosterRole.COMMANDER
    except Refused:
        role = RosterRole.RESPONDER
        owe(incident, NoCommander.name, incident, moment + PATIENCE)
        if roles_of(by, incident):
            return
    seated = RoleAssignment(incident=incident, role=role, person=by, assigned_by=by)
    seat(incident, seated, by=by, held=None, marks=gate.marks)


def _start_time_box_again(incident: Incident, card: Card, moment: datetime) -> None:
    card.time_box_ends_at = moment + timedelta(minutes=card.time_box_min or 15)
    card.save(update_fields=["time_box_ends_at"])
    owe(incident, TimeBox.name, card, card.time_box_ends_at, card.owner)
