"""Approvals that somebody who left was to give pass to whoever comes next."""

from collections.abc import Iterable

from deadlines.models import Deadline
from incidents.approvals.deadlines import ApprovalWaiting
from incidents.changes.models import Change
from incidents.record.models import RosterRole
from incidents.roster.queries import who_hears
from people.leaving import Held, Holding, Passed
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

    def holders(self) -> Iterable[int]:
        """Whoever is to give one."""
        owed = Deadline.objects.open().filter(kind=ApprovalWaiting.name, owner__isnull=False)
        return owed.values_list("owner", flat=True)

    def hand_on(self, person: User, *, by: User | None, to: User | None) -> Iterable[Passed]:
        """To whoever leads now, or comes next by the ladder, never to the card's owner.

        Its next step tells them.
        """
        owed = Deadline.objects.open().filter(kind=ApprovalWaiting.name, owner=person)
        for deadline in owed.order_by("incident_id", "pk"):
            change = Change.objects.select_related("incident", "card").get(pk=deadline.subject_id)
            line = who_hears(change.incident, RosterRole.COMMANDER)
            others = [one for one in line if one.pk != change.card.owner_id]
            deadline.owner = others[0] if others else None
            deadline.save(update_fields=["owner"])
        return ()


HOLDINGS = (ApprovalsAsked(),)
