"""Escalations that somebody who left was to acknowledge pass to whoever comes next."""

from collections.abc import Iterable

from deadlines.models import Deadline
from incidents.escalations.deadlines import Unheard
from incidents.escalations.models import Escalation
from incidents.record.models import RosterRole
from incidents.roster.queries import who_hears
from people.leaving import Held, Holding, Passed
from people.models import User


class EscalationsHeard(Holding):
    """Escalations that wait for somebody to acknowledge them."""

    name = "Escalations"

    def held_by(self, person: User) -> list[Held]:
        """Each one with its incident. Two queries."""
        owed = Deadline.objects.open().filter(kind=Unheard.name, owner=person)
        waiting = Escalation.objects.filter(pk__in=owed.values("subject_id"))
        return [
            Held(f"“{one.text}” ({one.incident.ref})", one.incident.get_absolute_url())
            for one in waiting.select_related("incident").order_by("pk")
        ]

    def holders(self) -> Iterable[int]:
        """Whoever is to acknowledge one."""
        owed = Deadline.objects.open().filter(kind=Unheard.name, owner__isnull=False)
        return owed.values_list("owner", flat=True)

    def hand_on(self, person: User, *, by: User | None, to: User | None) -> Iterable[Passed]:
        """To whoever leads now, or comes next by the ladder, whom its next step tells."""
        owed = Deadline.objects.open().filter(kind=Unheard.name, owner=person)
        for deadline in owed.order_by("incident_id", "pk"):
            escalation = Escalation.objects.select_related("incident").get(pk=deadline.subject_id)
            next_in_line = who_hears(escalation.incident, RosterRole.COMMANDER)
            deadline.owner = next_in_line[0] if next_in_line else None
            deadline.save(update_fields=["owner"])
        return ()


HOLDINGS = (EscalationsHeard(),)
