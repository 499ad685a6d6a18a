"""Paused work of people who leave goes to whoever inherits it by rule."""

from deadlines.models import Deadline
from incidents.record.locking import lock_incident
from incidents.roster.inheriting import heir_of
from incidents.sidework.models import PausedWork
from people.leaving import Held, Holding
from people.models import User


class PausedWorkHeld(Holding):
    """Side work that waits for its owner to resume or drop it."""

    name = "Paused work"

    def held_by(self, person: User) -> list[Held]:
        """Each piece that waits. One query."""
        waiting = PausedWork.objects.waiting().filter(owner=person).select_related("incident")
        return [
            Held(f"“{work.title}” ({work.incident.ref})", work.incident.get_absolute_url())
            for work in waiting.order_by("pk")
        ]

    def hand_on(self, person: User, *, by: User | None, to: User | None) -> None:
        """To ``to``, else to the service's owner, else to an administrator."""
        for work in PausedWork.objects.waiting().filter(owner=person).order_by("incident_id", "pk"):
            incident = lock_incident(work.incident_id)
            heir = heir_of(incident, besides=person, to=to)
            if heir is not None:
                work.owner = heir
                work.save(update_fields=["owner"])
                Deadline.objects.open().filter(kind="paused_work", subject_id=work.pk).update(
                    owner=heir
                )


HOLDINGS = (PausedWorkHeld(),)
