"""Obligations of people who leave go to whoever inherits them by rule."""

from collections.abc import Iterable

from deadlines.models import Deadline
from incidents.obligations.models import Obligation
from incidents.record.locking import lock_incident
from incidents.record.timeline import record
from leaving.inheriting import heir_of
from people.leaving import Held, Holding, Passed, how_gone
from people.models import User


class ObligationsHeld(Holding):
    """What somebody has to file (P66)."""

    name = "Obligations"

    def held_by(self, person: User) -> list[Held]:
        """Each that is owed. One query."""
        owed = Obligation.objects.owed().filter(owner=person).select_related("incident")
        return [
            Held(f"“{one.name}” ({one.incident.ref})", one.incident.get_absolute_url())
            for one in owed
        ]

    def holders(self) -> Iterable[int]:
        """Whoever has something to file."""
        return Obligation.objects.owed().order_by().values_list("owner", flat=True)

    def hand_on(self, person: User, *, by: User | None, to: User | None) -> Iterable[Passed]:
        """To ``to``, else the service's owner, else an administrator, at the same due time."""
        passed = []
        for one in Obligation.objects.owed().filter(owner=person).order_by("incident_id", "pk"):
            incident = lock_incident(one.incident_id)
            heir = heir_of(incident, besides=person, to=to)
            if heir is not None:
                one.owner = heir
                one.save(update_fields=["owner"])
                clock = Deadline.objects.open().filter(kind="obligation", subject_id=one.pk)
                clock.update(owner=heir)
                record(
                    incident,
                    "obligation_passed",
                    by=by,
                    text=f"{person.name} {how_gone(person)}; {heir.name} files “{one.name}” now",
                    obligation=one.pk,
                    owner=heir.pk,
                )
                what = f"the obligation “{one.name}” ({incident.ref})"
                passed.append(Passed(heir, what, incident.get_absolute_url(), incident.pk))
        return passed


HOLDINGS = (ObligationsHeld(),)
