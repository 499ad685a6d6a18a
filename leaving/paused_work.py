"""Paused work of people who leave goes to whoever inherits it by rule."""

from collections.abc import Iterable

from deadlines.models import Deadline
from incidents.record.locking import lock_incident
from incidents.record.timeline import record
from incidents.sidework.models import PausedWork
from leaving.inheriting import heir_of
from people.leaving import Held, Holding, Passed, how_gone
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

    def holders(self) -> Iterable[int]:
        """Whoever owns a piece that waits."""
        return PausedWork.objects.waiting().values_list("owner", flat=True)

    def hand_on(self, person: User, *, by: User | None, to: User | None) -> Iterable[Passed]:
        """To ``to``, else to the service's owner, else to an administrator."""
        passed = []
        for work in PausedWork.objects.waiting().filter(owner=person).order_by("incident_id", "pk"):
            incident = lock_incident(work.incident_id)
            heir = heir_of(incident, besides=person, to=to)
            if heir is not None:
                work.owner = heir
                work.save(update_fields=["owner"])
                Deadline.objects.open().filter(kind="paused_work", subject_id=work.pk).update(
                    owner=heir
                )
                record(
                    incident,
                    "work_passed",
                    by=by,
                    text=f"{person.name} {how_gone(person)}; {heir.name} owns “{work.title}” now",
                    work=work.pk,
                    owner=heir.pk,
                )
                what = f"the paused work “{work.title}” ({incident.ref})"
                passed.append(Passed(heir, what, incident.get_absolute_url(), incident.pk))
        return passed


HOLDINGS = (PausedWorkHeld(),)
