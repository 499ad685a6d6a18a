"""When it is expected back, said and moved by whoever leads (P18)."""

from datetime import datetime

from django.db import transaction

from clock.queries import now
from clock.written import written
from incidents.record.models import Incident
from incidents.record.timeline import record
from incidents.roster.permissions import Act, check_may
from incidents.roster.presence import enter
from pages.texts import read_line
from people.models import User
from refusals.errors import Invalid, Refused


@transaction.atomic
def expect_back(incident: Incident, *, by: User, at: datetime | None, reason: str = "") -> Incident:
    """Say when it is expected back; ``None`` says that nobody knows yet, which is valid.

    The commander's (``only_commander``). Moving what was said needs a ``reason``
    (``reason_required``) and is counted. The same again changes nothing. Refuses (``Invalid``) a
    time that is past.
    """
    reason = read_line("reason", reason, 500)
    incident = enter(incident, by=by)
    check_may(incident, by, Act.EXPECTED_BACK)
    was_said = incident.expected_back_said_at is not None
    if was_said and incident.expected_back_at == at:
        return incident
    if not incident.is_open:
        raise Refused("invalid_transition", "The incident has ended; nothing is awaited.")
    moment = now()
    if at is not None and at <= moment:
        raise Invalid({"at": "That is past. Say a time to come, or that it is not known yet."})
    if was_said and not reason:
        raise Refused("reason_required", "It was said otherwise. Say in a line why it moves.")
    before = incident.expected_back_at
    incident.expected_back_at, incident.expected_back_said_at = at, moment
    incident.expected_back_reason = reason
    incident.expected_back_moved += int(was_said)
    incident.save(
        update_fields=[
            "expected_back_at",
            "expected_back_said_at",
            "expected_back_reason",
            "expected_back_moved",
        ]
    )
    words = written(at) if at else "not known yet"
    why = f": {reason}" if reason else ""
    record(
        incident,
        "expected_back_moved" if was_said else "expected_back_said",
        by=by,
        text=f"{'moved' if was_said else 'said'} when it is expected back: {words}{why}",
        before=before.isoformat() if before else None,
        after=at.isoformat() if at else None,
        reason=reason,
        moved=incident.expected_back_moved,
    )
    return incident
