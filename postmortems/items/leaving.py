"""Passes action items of people who leave to whoever inherits them by rule."""

from deadlines.models import Deadline
from incidents.record.locking import lock_incident
from incidents.record.timeline import record
from incidents.roster.inheriting import heir_of
from people.leaving import Held, Holding
from people.models import User
from postmortems.items.models import OPEN_STATES, ActionItem, ItemState
from postmortems.items.verifiers import verifier_of
from postmortems.review.models import Owed


class ItemsHeld(Holding):
    """Action items that somebody owns or is to verify."""

    name = "Action items"

    def held_by(self, person: User) -> list[Held]:
        """Each open item. One query."""
        items = ActionItem.objects.filter(owner=person, state__in=OPEN_STATES)
        return [Held(item.title, item.get_absolute_url()) for item in items.order_by("pk")]

    def hand_on(self, person: User, *, by: User | None, to: User | None) -> None:
        """To ``to``, else to the service's owner, else to an administrator."""
        items = ActionItem.objects.filter(owner=person, state__in=OPEN_STATES)
        for item in items.select_related("postmortem").order_by("postmortem__incident_id", "pk"):
            incident = lock_incident(item.postmortem.incident_id)
            heir = heir_of(incident, besides=person, to=to)
            if heir is None:
                continue
            item.owner = heir
            item.save(update_fields=["owner"])
            item.owners.add(heir)
            record(
                incident,
                "action_changed",
                by=by,
                text=f"{person.name} has left; {heir.name} owns “{item.title}” now",
                item=item.pk,
                owner=heir.pk,
            )
            Deadline.objects.open().filter(kind__in=["action_item"], subject_id=item.pk).update(
                owner=heir
            )
        waiting = ActionItem.objects.filter(state=ItemState.DONE)
        for item in waiting.select_related("postmortem").order_by("pk"):
            owed = Deadline.objects.open().filter(
                kind=Owed.VERIFICATION, subject_id=item.pk, owner=person
            )
            owed.update(owner=verifier_of(item))


HOLDINGS = (ItemsHeld(),)
