"""What every end of an incident shares: nothing is owed any more, and people may sleep."""

from datetime import datetime
from typing import NoReturn

from deadlines.actions import release_deadline
from incidents.board.deadlines import TimeBox
from incidents.cadence.deadlines import UpdatePromise
from incidents.cards.models import Card, Column
from incidents.changes.actions import withdraw_waiting
from incidents.escalations.actions import release_escalations
from incidents.lifecycle.course import followers
from incidents.lifecycle.deadlines import WarRoomLink
from incidents.line.actions import end_stop
from incidents.record.afterwards import not_before_it_began
from incidents.record.models import Incident, RoleAssignment, Status
from incidents.roster.deadlines import CommandAcceptance, FixOwnerMissing, NoCommander
from incidents.sidework.actions import ask_for_paused_work
from refusals.errors import Refused

OWED_WHILE_OPEN = (UpdatePromise, WarRoomLink, NoCommander, FixOwnerMissing, CommandAcceptance)


def end_promises(incident: Incident, *, reason: str) -> None:
    """Release everything that only an open incident owes; twice is once.

    The next update stands empty afterwards.
    """
    for kind in OWED_WHILE_OPEN:
        release_deadline(kind.name, incident, reason=reason)
    for one in followers():
        one.is_over(incident, reason=reason)
    incident.next_update_at = incident.promised_since = None
    incident.save(update_fields=["next_update_at", "promised_since"])


def let_go(incident: Incident, moment: datetime, *, reason: str) -> None:
    """Release promises, a stop, escalations, time boxes and roles (P49)."""
    end_promises(incident, reason=reason)
    end_stop(incident, moment, reason=reason)
    withdraw_waiting(incident, reason=reason)
    release_escalations(incident, reason=reason)
    ask_for_paused_work(incident, moment)
    running = Card.objects.filter(incident=incident, column=Column.NOW)
    for card in running:
        release_deadline(TimeBox.name, card, reason=reason)
    running.update(time_box_ends_at=None)
    # Who was offered a seat and never took it was not there, and sees nothing private afterwards.
    RoleAssignment.objects.offered().filter(incident=incident).update(ended_at=moment)
    RoleAssignment.objects.filter(incident=incident, ended_at__isnull=True).update(
        ended_at=not_before_it_began(moment), ended_by_end=True
    )


def refuse_way(incident: Incident, to: str) -> NoReturn:
    """Refuse (``invalid_transition``) a way that there is not, with the one there is."""
    ways = {
        Status.RESOLVED: "From resolved an incident is closed, or reopened with a reason.",
        Status.CLOSED: "It is closed. Declare a new incident and name this one.",
        Status.CANCELLED: "It was cancelled as a false alarm. Declare a new incident.",
        Status.MERGED: "It was merged into another one; go on there.",
    }
    way = ways.get(Status(incident.status), "Resolve it first, with its all-clear.")
    raise Refused("invalid_transition", f"From {incident.status} to {to} there is no way. {way}")
