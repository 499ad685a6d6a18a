"""What people hear when a post-mortem is published."""

from incidents.record.models import Incident, RoleAssignment
from notifications.actions import tell
from notifications.kinds import MessageKind
from people.models import User
from postmortems.review.models import Postmortem


class Published(MessageKind):
    """What was learned can be read."""

    name = "postmortem"
    words = "a post-mortem that was published"
    because = "you were on the roster of the incident"

    @classmethod
    def tell(cls, postmortem: Postmortem, incident: Incident, *, by: User) -> None:
        """Everybody who ever was on the roster, inside the product, but not who published it."""
        ids = RoleAssignment.objects.filter(incident=incident).values("person")
        tell(
            incident,
            User.objects.active().filter(pk__in=ids).exclude(pk=by.pk),
            cls.name,
            f"{incident.ref}: the post-mortem is published",
            f"Read what we learned from {incident.title}.",
            key=f"{cls.name}:{postmortem.pk}/published",
            step="published",
            channels=("in_app",),
            url=postmortem.get_absolute_url(),
        )


MESSAGES = (Published(),)
