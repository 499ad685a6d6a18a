"""What good looks like: writing the end state, and agreeing to it."""

from django.db import transaction

from clock.queries import now
from incidents.endstate.models import Agreement
from incidents.endstate.uses import unserving_of
from incidents.record.models import Incident
from incidents.record.timeline import record
from incidents.roster.presence import enter
from pages.texts import read_line
from people.models import User
from refusals.errors import Invalid
from refusals.versions import check_version

LONGEST = 500


@transaction.atomic
def write_end_state(
    incident: Incident, *, by: User, text: str, version: int | None = None
) -> Incident:
    """Write the one sentence that says what good looks like (P20).

    Other words clear every agreement (P21), and from the first words on each card in Now and Next
    that serves nothing is asked what it moves (P23); the timeline names them. The same words change
    nothing. ``version`` is the incident's when it was read; an older one is ``stale``.
    """
    incident = enter(incident, by=by)
    text = read_line("text", text, LONGEST, required="Say in one sentence what good looks like.")
    if text == incident.end_state:
        return incident
    check_version(
        version,
        incident.version,
        "Somebody changed the incident meanwhile. Look at the end state as it is now.",
        {"end_state": incident.end_state},
    )
    before = incident.end_state
    agreements = Agreement.objects.filter(incident=incident)
    cleared = agreements.count()
    agreements.delete()
    incident.end_state, incident.end_state_at = text, now()
    incident.save(update_fields=["end_state", "end_state_at"])
    record(
        incident,
        "end_state_written",
        by=by,
        text=f"{'reworded' if before else 'wrote'} the end state: {text}",
        end_state=text,
        before=before,
        agreements_cleared=cleared,
        cards_asked=unserving_of(incident),
    )
    return incident


@transaction.atomic
def agree_to_end_state(incident: Incident, *, by: User) -> Agreement:
    """Agree to the end state as it is worded now (P21). Twice is once. Acting joins the roster."""
    incident = enter(incident, by=by)
    if not incident.end_state:
        raise Invalid({"text": "There is no end state to agree to yet. Write it first."})
    agreement, is_new = Agreement.objects.get_or_create(
        incident=incident, person=by, defaults={"at": now()}
    )
    if is_new:
        record(
            incident,
            "end_state_agreed",
            by=by,
            text="agreed to the end state",
            end_state=incident.end_state,
        )
    return agreement
