"""What people hear about a review beside its deadlines: thanks (P60)."""

from incidents.record.models import Incident
from notifications.actions import tell
from notifications.kinds import MessageKind
from people.models import User
from postmortems.review.models import Thanks


class Thanked(MessageKind):
    """Somebody thanks you by name."""

    name = "thanks"
    words = "somebody thanks you"

    @classmethod
    def tell(cls, thanks: Thanks, incident: Incident, *, by: User) -> None:
        """Who is thanked; with the way to the review for whoever may read it."""
        postmortem, person = thanks.postmortem, thanks.person
        readable = person.is_responder or postmortem.is_published
        tell(
            incident,
            [person],
            cls.name,
            f"{by.name} thanks you for {incident.ref}",
            thanks.text,
            key=f"{cls.name}:{thanks.pk}",
            url=postmortem.get_absolute_url() if readable else "",
        )


MESSAGES = (Thanked(),)
