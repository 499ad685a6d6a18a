"""What people hear about a review beside its deadlines: thanks (P60)."""

from django.urls import reverse

from incidents.record.models import Incident
from notifications.actions import tell
from notifications.kinds import MessageKind
from people.models import User
from postmortems.review.models import Postmortem, Thanks


class Thanked(MessageKind):
    """Somebody thanks you by name."""

    name = "thanks"
    words = "somebody thanks you"
    because = "somebody named you"

    @classmethod
    def tell(cls, thanks: Thanks, incident: Incident, *, by: User) -> None:
        """Who is thanked; with the way to where they may read it."""
        person = thanks.person
        tell(
            incident,
            [person],
            cls.name,
            f"{by.name} thanks you for {incident.ref}",
            thanks.text,
            key=f"{cls.name}:{thanks.pk}",
            url=_where_read(incident, person),
        )


def _where_read(incident: Incident, person: User) -> str:
    """The page on which ``person`` finds their thanks; nothing where they may read neither."""
    review = Postmortem.objects.filter(incident=incident).first()
    if review is not None and (person.is_responder or review.is_published):
        return reverse("postmortems:document", args=[incident.ref])
    return incident.get_absolute_url() if person.is_responder else ""


MESSAGES = (Thanked(),)
