"""What becomes of approvals when a hypothesis, the severity or who leads changes."""

from deadlines.models import Deadline
from incidents.approvals.actions import fall, who_is_asked
from incidents.approvals.deadlines import ApprovalWaiting
from incidents.changes.models import Change, ChangeState
from incidents.hypotheses.models import Hypothesis
from incidents.record.models import Incident
from incidents.roster.queries import roster


def let_approvals_fall(incident: Incident, hypothesis: Hypothesis) -> None:
    """P35: what rests on a hypothesis that was ruled out is approved no more."""
    resting = Change.objects.waiting().filter(incident=incident, hypothesis=hypothesis)
    for change in resting.select_related("card", "card__owner", "asked_by").order_by("pk"):
        change.hypothesis = hypothesis
        fall(change, incident, why=f"“{hypothesis.text}” was ruled out", by=None)


def severity_rose(incident: Incident) -> None:
    """P35: what was approved for less is asked for again; the caller holds the incident's lock."""
    approved = Change.objects.filter(incident=incident, state=ChangeState.APPROVED)
    for change in approved.select_related("card", "card__owner", "asked_by").order_by("pk"):
        why = f"The severity rose to {incident.severity.upper()}"
        fall(change, incident, why=why, by=None, asks_again=True)


def hand_approvals_over(incident: Incident) -> None:
    """Let the approvals that wait be owed by whoever leads now, at the times as asked."""
    waiting = Deadline.objects.open().filter(kind=ApprovalWaiting.name, incident_id=incident.pk)
    held = roster(incident) if waiting else []
    for deadline in waiting:
        change = Change.objects.select_related("card").get(pk=deadline.subject_id)
        asked = who_is_asked(change, incident, held)
        deadline.owner = asked[0] if asked else None
        deadline.save(update_fields=["owner"])
