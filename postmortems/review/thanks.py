"""Thanking people by name, at any time: during an incident, in its review, after it (P60)."""

from django.db import transaction

from clock.queries import now
from incidents.record.models import Incident
from incidents.record.timeline import record
from incidents.record.visibility import is_visible
from incidents.roster.presence import enter
from pages.texts import read_line
from people.models import User
from postmortems.review.messages import Thanked
from postmortems.review.models import Thanks
from refusals.errors import Invalid


@transaction.atomic
def thank(incident: Incident | int, *, by: User, person: User, text: str) -> Thanks:
    """Thank ``person`` by name; it reaches them, and opens no review. Twice the same is once.

    Refuses (``Invalid``) thanking oneself and people who may not see the incident.
    """
    incident = enter(incident, by=by, joins=False)
    text = read_line("text", text, 500, required="Say what for.")
    if person == by:
        raise Invalid({"person": "Thank somebody else; others will thank you."})
    if not is_visible(person, incident.pk):
        raise Invalid({"person": f"{person.name} cannot see this incident."})
    found = Thanks.objects.filter(incident=incident, person=person, by=by, text=text).first()
    if found is not None:
        return found
    thanks = Thanks.objects.create(incident=incident, person=person, text=text, by=by, at=now())
    record(
        incident,
        "thanked",
        by=by,
        text=f"thanked {person.name}: {text}",
        person=person.pk,
        thanks=text,
    )
    Thanked.tell(thanks, incident, by=by)
    return thanks
