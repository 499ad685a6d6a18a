"""Approvals that somebody who left was to give pass to whoever comes next."""

from deadlines.models import Deadline
from incidents.changes.actions import who_is_asked
from incidents.changes.deadlines import ApprovalWaiting
from incidents.changes.models import Change
from incidents.record.models import Incident, RosterRole
from incidents.roster.queries import roster, who_hears
from people.leaving import Held, Holding
from people.models import User


class ApprovalsAsked(Holding):
    """Changes that wait for somebody's approval."""

    name = "Approvals"

    def held_by(self, person: User) -> list[Held]:
        """Each change with its incident. Two queries."""
        owed = Deadline.objects.open().filter(kind=ApprovalWaiting.name, owner=person)
        waiting = Change.objects.filter(pk__in=owed.values("subject_id"))
        return [
            Held(
                f"approval of “{one.card.title}” ({one.incident.ref})",
                one.incident.get_absolute_url(),
            )
            for one in waiting.select_related("incident", "card").order_by("pk")
        ]

    def hand_on(self, person: User, *, by: User | None, to: User | None) -> None:
        """To whoever leads now, or comes next by the ladder; never to the card's owner."""
        owed = Deadline.objects.open().filter(kind=ApprovalWaiting.name, owner=person)
        for deadline in owed.order_by("incident_id", "pk"):
            change = Change.objects.select_related("incident", "card").get(pk=deadline.subject_id)
            line = who_hears(change.incident, RosterRole.COMMANDER)
            others = [one for one in line if one.pk != change.card.owner_id]
            deadline.owner = others[0] if others else None
            deadline.save(update_fields=["owner"])


def hand_approvals_over(incident: Incident) -> None:
    """Let the approvals that wait be owed by whoever leads now, at the times as asked."""
    waiting = Deadline.objects.open().filter(kind=ApprovalWaiting.name, incident_id=incident.pk)
    held = roster(incident) if waiting else []
    for deadline in waiting:
        change = Change.objects.select_related("card").get(pk=deadline.subject_id)
        asked = who_is_asked(change, incident, held)
        deadline.owner = asked[0] if asked else None
        deadline.save(update_fields=["owner"])


HOLDINGS = (ApprovalsAsked(),)
