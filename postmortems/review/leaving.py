"""Passes reviews of people who leave to whoever leads them by default."""

from incidents.record.locking import lock_incident
from incidents.record.timeline import record
from incidents.roster.inheriting import heir_of
from people.leaving import Held, Holding
from people.models import User
from postmortems.review.models import Postmortem, ReviewState
from postmortems.review.queries import choose_facilitator


class ReviewsLed(Holding):
    """Reviews that somebody facilitates and that are not published."""

    name = "Reviews"

    def held_by(self, person: User) -> list[Held]:
        """Each review. One query."""
        led = Postmortem.objects.filter(facilitator=person).exclude(state=ReviewState.PUBLISHED)
        return [
            Held(f"review of {one.incident}", one.get_absolute_url())
            for one in led.select_related("incident").order_by("pk")
        ]

    def hand_on(self, person: User, *, by: User | None, to: User | None) -> None:
        """To ``to``, else to whoever leads it by default."""
        led = Postmortem.objects.filter(facilitator=person).exclude(state=ReviewState.PUBLISHED)
        for review in led.order_by("incident_id"):
            incident = lock_incident(review.incident_id)
            able = to is not None and to.is_responder
            heir = to if able else choose_facilitator(incident)
            heir = heir if heir != person else heir_of(incident, besides=person)
            review.facilitator = heir
            review.save(update_fields=["facilitator"])
            name = heir.name if heir else "nobody"
            record(
                incident,
                "facilitator_changed",
                by=by,
                text=f"{person.name} has left; {name} leads the review now",
                facilitator=heir.pk if heir else None,
            )


HOLDINGS = (ReviewsLed(),)
