"""Escalating early, and hearing it (P14)."""

from datetime import datetime, timedelta

from django.db import transaction

from clock.queries import now
from deadlines.actions import keep_deadline, owe, release_deadline
from deadlines.models import Deadline
from incidents.escalations.deadlines import Unheard
from incidents.escalations.messages import Heard
from incidents.escalations.models import Concern, Escalation
from incidents.record.models import Incident, RosterRole
from incidents.record.timeline import record
from incidents.roster.presence import enter, enter_part
from incidents.roster.queries import beyond_the_roster, roster, who_hears
from notifications.actions import cancel_deliveries
from pages.texts import read_line
from people.models import User
from refusals.errors import Forbidden, Invalid, Refused, TooMany

PATIENCE = timedelta(minutes=3)
"""How long an escalation may go unacknowledged before others hear of it."""
PACE = timedelta(minutes=10)
"""How long after an agent escalated the next one may (P37)."""


@transaction.atomic
def escalate(
    incident: Incident, *, by: User, text: str, concern: str = Concern.STUCK
) -> Escalation:
    """Ask for help, or say that something does not look right, in one line.

    It reaches the commander at once; the fix owner when the commander asks, and whoever is next
    where there is neither. Somebody else acknowledges it, or it climbs after three minutes. The
    same words by the same person, still waiting, are one. An agent's goes to the commander, marked,
    once in ten minutes (``TooMany``). Refuses an empty text (``Invalid``) and an ended incident.
    """
    incident = enter(incident, by=by, helpers=True, agents=True)
    if concern not in Concern.values:
        raise Invalid({"concern": f"One of {', '.join(Concern.values)}."})
    text = read_line("text", text, 500, required="Say in a line what you need or what you see.")
    if not incident.is_open:
        raise Refused("invalid_transition", "The incident has ended. Write a note instead.")
    same = incident.escalations.waiting().filter(by=by, token=by.agent, text=text, concern=concern)
    standing = same.first()
    if standing is not None:
        return standing
    moment = now()
    if by.agent is not None:
        _check_pace(incident, moment)
    escalation = Escalation.objects.create(
        incident=incident, by=by, token=by.agent, text=text, concern=concern, at=moment
    )
    record(incident, "escalated", by=by, text=escalation.words, escalation=escalation.pk)
    hearing = first_to_hear(incident, None if by.agent else by)
    owner = hearing[0] if hearing else None
    owe(incident, Unheard.name, escalation, moment + PATIENCE, owner)
    Unheard.tell(escalation, incident, hearing)
    return escalation


@transaction.atomic
def acknowledge_escalation(escalation_id: int, *, by: User) -> Escalation:
    """Say: I have it. Whoever escalated is told; acknowledged already, nothing changes.

    Anyone on the roster but the person themselves (``Forbidden``).
    """
    escalations = Escalation.objects.select_related("by", "token")
    escalation, incident = enter_part(escalations, escalation_id, by=by)
    if escalation.acknowledged_at is not None:
        return escalation
    if escalation.speaker_id == by.pk:
        raise Forbidden("Somebody else acknowledges it; that is how you know you were heard.")
    escalation.acknowledged_at, escalation.acknowledged_by = now(), by
    escalation.save(update_fields=["acknowledged_at", "acknowledged_by"])
    keep_deadline(Unheard.name, escalation, reason="It was acknowledged.")
    cancel_deliveries(source=Unheard.source(escalation), reason="Somebody has it.")
    record(
        incident,
        "escalation_acknowledged",
        by=by,
        text=f"heard {escalation.caller}: {escalation.text}",
        escalation=escalation.pk,
        person=escalation.by.pk,
    )
    Heard.tell(escalation, incident, by=by)
    return escalation


def _check_pace(incident: Incident, moment: datetime) -> None:
    """Refuse (``TooMany``) agents that escalate again within ten minutes."""
    last = incident.escalations.filter(token__isnull=False).order_by("-at").first()
    if last is not None and moment < last.at + PACE:
        raise TooMany(
            "An agent escalates once in ten minutes here.",
            (last.at + PACE - moment).total_seconds(),
        )


def first_to_hear(incident: Incident, by: User | None) -> list[User]:
    """The commander, else the fix owner, else whoever is next in line; never ``by`` alone."""
    holders = {one.role: one.person for one in roster(incident)}
    line = (RosterRole.COMMANDER, RosterRole.FIX_OWNER, RosterRole.DEPUTY)
    seated = [holders[role] for role in line if role in holders and holders[role] != by]
    if seated:
        return seated[:1]
    return [person for person in beyond_the_roster(incident) if person != by][:1]


def pass_escalations_on(incident: Incident) -> None:
    """Let whoever leads now, or comes next, owe what nobody acknowledged; it climbs on.

    The caller holds the incident's lock.
    """
    for escalation in incident.escalations.waiting().select_related("by"):
        leading = who_hears(incident, RosterRole.COMMANDER)
        hearing = [one for one in leading if one.pk != escalation.speaker_id]
        owed = Deadline.objects.open().filter(kind=Unheard.name, subject_id=escalation.pk)
        owed.update(owner=hearing[0] if hearing else None)


def release_escalations(incident: Incident, *, reason: str) -> None:
    """An ended incident lets go of what nobody acknowledged; twice is once."""
    for escalation in incident.escalations.waiting():
        release_deadline(Unheard.name, escalation, reason=reason)
        cancel_deliveries(source=Unheard.source(escalation), reason=reason)
