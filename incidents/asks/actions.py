"""Asking whoever may do what oneself may not, in one click (docs/security.md, *Who may*)."""

from django.db import transaction

from clock.queries import now
from incidents.asks.messages import AskedFor
from incidents.record.models import Incident, RoleAssignment, RosterRole
from incidents.record.timeline import record
from incidents.roster.command import ask_commander
from incidents.roster.permissions import RIGHTS, Act, who_may
from incidents.roster.presence import enter
from pages.texts import read_line
from people.models import User
from refusals.errors import Invalid, Refused

WHAT = (
    Act.SEVERITY,
    Act.RESOLVE,
    Act.CANCEL,
    Act.MERGE,
    Act.REOPEN,
    Act.APPROVE,
    Act.GO,
    Act.RESUME,
    Act.PRIVATE,
    Act.CADENCE,
    Act.EXPECTED_BACK,
    Act.DEPUTY,
)
COMMAND = "command"


@transaction.atomic
def ask_who_may(
    incident: Incident, *, by: User, what: str, to: str = "", reason: str
) -> list[User]:
    """Ask whoever leads to do ``what``, with a ``reason``; answers who was asked.

    ``to`` says what it should become, such as a severity. ``command`` asks the commander to act or
    hand over. An ask that stays unanswered for two minutes makes the asked away (P11). Refuses an
    unknown ``what`` and asking for what one may do oneself (``Invalid``), and no reason
    (``reason_required``).
    """
    if what != COMMAND and what not in {act.value for act in WHAT}:
        known = ", ".join([COMMAND, *(act.value for act in WHAT)])
        raise Invalid({"what": f"One of {known}."})
    to, reason = read_line("to", to, 60), read_line("reason", reason, 500)
    if what == COMMAND:
        return [ask_commander(incident, by=by).person]
    incident = enter(incident, by=by)
    act = Act(what)
    leading = who_may(incident, act)
    if not leading or by in leading:
        raise Invalid({"what": "You may do that yourself."})
    if not reason:
        raise Refused("reason_required", "Say in a line why you ask for it.")
    moment = now()
    asked = leading[:1]
    seats = RoleAssignment.objects.active().filter(
        incident=incident,
        person__in=asked,
        role__in=[RosterRole.COMMANDER, RosterRole.DEPUTY],
    )
    for held in seats:
        if not held.is_asked:
            held.asked_at, held.asked_by = moment, by
            held.save(update_fields=["asked_at", "asked_by"])
    aim = f" to {to.upper()}" if to else ""
    entry = record(
        incident,
        "asked_for",
        by=by,
        text=f"asked {asked[0].name} to {RIGHTS[act].words}{aim}: {reason}",
        what=what,
        to=to,
        reason=reason,
        asked=[person.pk for person in asked],
    )
    AskedFor.tell(
        incident, asked, by=by, words=f"{RIGHTS[act].words}{aim}", reason=reason, seq=entry.seq
    )
    return asked
