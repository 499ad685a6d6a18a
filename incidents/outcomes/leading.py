"""The commander's words about changes: the go after a surprise, and a second one at once."""

from django.db import transaction

from clock.queries import now
from incidents.changes.models import Change, Go, SecondChange
from incidents.changes.queries import allowance_of
from incidents.record.models import Incident
from incidents.record.timeline import record
from incidents.roster.permissions import Act, check_may
from incidents.roster.presence import enter
from pages.texts import read_line
from people.models import User
from refusals.errors import Refused

REASON_LIMIT = 500


@transaction.atomic
def give_go(incident: Incident, *, by: User, reason: str) -> Go:
    """Say why the next change may start although the last one did not go as expected (P36).

    The commander's (``only_commander``), with a ``reason`` (``reason_required``). Where nothing
    waits for it the last go is answered; where there was none, ``invalid_transition``.
    """
    reason = read_line("reason", reason, REASON_LIMIT)
    incident = enter(incident, by=by)
    check_may(incident, by, Act.GO)
    surprising = Change.objects.surprising().filter(incident=incident)
    if not surprising.exists():
        last = Go.objects.filter(incident=incident).last()
        if last is None:
            raise Refused("invalid_transition", "No change surprised, so nothing waits for a go.")
        return last
    if not reason:
        raise Refused("reason_required", "Say in a line what you know now that makes it safe.")
    go = Go.objects.create(incident=incident, reason=reason, by=by, at=now())
    answered = sorted(surprising.values_list("pk", flat=True))
    surprising.update(go=go)
    record(
        incident,
        "go_given",
        by=by,
        text=f"gave the go for the next change: {reason}",
        go=go.pk,
        changes=answered,
        reason=reason,
    )
    return go


@transaction.atomic
def allow_second_change(incident: Incident, *, by: User, reason: str) -> SecondChange:
    """Let one more drastic change start beside the one that runs, once (P32).

    The commander's (``only_commander``), with a ``reason`` (``reason_required``). While one stands
    unused, that is answered.
    """
    reason = read_line("reason", reason, REASON_LIMIT)
    incident = enter(incident, by=by)
    check_may(incident, by, Act.SECOND_CHANGE)
    standing = allowance_of(incident)
    if standing is not None:
        return standing
    if not incident.is_open:
        raise Refused("invalid_transition", "The incident has ended; nothing starts.")
    if not reason:
        raise Refused("reason_required", "Say in a line why two at once are better than one.")
    allowed = SecondChange.objects.create(incident=incident, reason=reason, by=by, at=now())
    record(
        incident,
        "second_change_allowed",
        by=by,
        text=f"allowed a second change beside the one that runs: {reason}",
        reason=reason,
    )
    return allowed
