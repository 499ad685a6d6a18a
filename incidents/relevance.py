"""Why a message about an incident must not leave any more, asked right before it is sent.

Nudges of deadlines are asked about by their kind (``incidents.deadlines``).
"""

from incidents.models import Incident, Question, RoleAssignment
from notifications.models import Delivery

ABOUT_ROLES = ("role", "command_asked")
ABOUT_QUESTIONS = ("question", "reply")


def why_stale(delivery: Delivery) -> str | None:
    """Because the person may not see the incident any more, or what it is about is over.

    Two queries at most.
    """
    person, incident_id = delivery.person, delivery.incident_id
    if person is None or incident_id is None:
        return None
    incident = Incident.objects.visible_to(person).filter(pk=incident_id).first()
    if incident is None:
        return "They may not see the incident any more."
    if delivery.kind in ABOUT_ROLES:
        return _why_no_role(delivery, incident)
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


def _is_settled(delivery: Delivery) -> bool:
    asked = delivery.context.get("question")
    return asked is not None and not Question.objects.waiting().filter(pk=asked).exists()
