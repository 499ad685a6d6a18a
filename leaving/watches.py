"""The watch of a recovery, when whoever has it leaves: somebody else is nudged in quiet hours."""

from collections.abc import Iterable

from incidents.record.locking import lock_incident
from incidents.record.models import Incident
from incidents.record.timeline import record
from incidents.record.visibility import is_visible
from people.leaving import Held, Holding, Passed, how_gone
from people.models import User


class Watches(Holding):
    """Incidents in recovery whose quiet hours somebody watches."""

    name = "Watches"

    def held_by(self, person: User) -> list[Held]:
        """Each incident that goes on. One query."""
        watched = Incident.objects.open().filter(watching=person)
        return [
            Held(f"watching {one} in quiet hours", one.get_absolute_url())
            for one in watched.order_by("pk")
        ]

    def holders(self) -> Iterable[int]:
        """Whoever watches one."""
        watched = Incident.objects.open().filter(watching__isnull=False)
        return watched.values_list("watching", flat=True)

    def hand_on(self, person: User, *, by: User | None, to: User | None) -> Iterable[Passed]:
        """To ``to``, else to whoever commands."""
        passed = []
        watched = Incident.objects.filter(watching=person).order_by("pk")
        for pk in watched.values_list("pk", flat=True):
            incident = lock_incident(pk)
            able = to is not None and to.is_responder and is_visible(to, incident.pk)
            incident.watching = to if able else None
            incident.save(update_fields=["watching"])
            if not incident.is_open:
                continue
            name = incident.watching.name if incident.watching else "the commander"
            record(
                incident,
                "cadence_changed",
                by=by,
                text=f"{person.name} {how_gone(person)}; {name} watches in quiet hours now",
                after=incident.cadence,
            )
            if incident.watching is not None:
                what = f"the watch of {incident.ref} in quiet hours"
                url = incident.get_absolute_url()
                passed.append(Passed(incident.watching, what, url, incident.pk))
        return passed


HOLDINGS = (Watches(),)
