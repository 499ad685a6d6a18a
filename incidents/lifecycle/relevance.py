"""Why a message about an incident must not leave any more, asked right before it is sent.

Nudges of deadlines are asked about by their kind (``incidents.deadlines``).
"""

from incidents.line.queries import stop_of
from incidents.record.models import Incident, RoleAssignment, RosterRole
from incidents.roster.work import solo_work_of
from incidents.updates.models import Question
from notifications.models import Delivery
from people.models import User

ABOUT_ROLES = ("role", "command_asked")
ABOUT_QUESTIONS = ("question", "reply")
ABOUT_WORK = (
    "solo_ended",
    "line_stopped",
    "line_resumed",
    "escalation",
    "escalation_acknowledged",
    "work_paused",
)
KINDS = (*ABOUT_ROLES, *ABOUT_QUESTIONS, *ABOUT_WORK)
"""What is asked about here."""


def why_stale(delivery: Delivery) -> str | None:
    """Because the person may not see the incident any more, or what it is about is over.

    Three queries at most.
    """
    person, incident_id = delivery.person, delivery.incident_id
    if person is None or incident_id is None:
        return None
    incident = Incident.objects.visible_to(person).filter(pk=incident_id).first()
    if incident is None:
        return "They may not see the incident any more."
    if delivery.kind in ABOUT_ROLES:
        return _why_no_role(delivery, incident)
    if delivery.kind == "line_stopped" and stop_of(incident) is None:
        return "The line goes on."
    if delivery.kind == "escalation" and not _is_unheard(delivery, incident):
        return "Somebody has it, or the incident has ended."
    if delivery.kind == "solo_ended":
        return _why_no_hand_over(person, incident)
    if delivery.kind == "question" and _is_settled(delivery):
        return "The question was settled."
    return None


def _why_no_role(delivery: Delivery, incident: Incident) -> str | None:
    if not incident.is_open:
        return "The incident has ended."
    held = RoleAssignment.objects.active().filter(pk=delivery.context.get("assignment")).first()
    if held is None:
        return "Somebody else holds the role now."
    if delivery.kind == "command_asked" and held.acted_at and held.asked_at:
        return "The commander has acted." if held.acted_at > held.asked_at else None
    return None


def _why_no_hand_over(person: User, incident: Incident) -> str | None:
    seat = incident.roles.active().filter(role=RosterRole.COMMANDER, person=person)
    if not incident.is_open or not seat.exists():
        return "They do not command any more."
    return None if solo_work_of(incident, person) else "Their card left Now."


def _is_unheard(delivery: Delivery, incident: Incident) -> bool:
    asked = delivery.context.get("escalation")
    waiting = incident.escalations.waiting().filter(pk=asked)
    return incident.is_open and (asked is None or waiting.exists())


def _is_settled(delivery: Delivery) -> bool:
    asked = delivery.context.get("question")
    return asked is not None and not Question.objects.waiting().filter(pk=asked).exists()
