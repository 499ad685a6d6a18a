"""What people hear of a service: that it has another owner."""

from uuid import uuid4

from incidents.record.models import Service
from notifications.actions import tell
from notifications.kinds import MessageKind
from people.models import User


class ServiceGiven(MessageKind):
    """A service has another owner."""

    name = "service_owner"
    words = "a service that has another owner"
    because = "the service is yours, or was"

    @classmethod
    def tell(cls, service: Service, *, before: User | None, by: User) -> None:
        """Who owned it and who owns it now, but for who changed it."""
        was, is_now = (one.name if one else "nobody" for one in (before, service.owner))
        people = [one for one in (before, service.owner) if one is not None and one != by]
        tell(
            None,
            people,
            cls.name,
            f"{service.name}: {is_now} owns it now",
            f"{by.name} passed the service {service.name} from {was} to {is_now}. Its owner hears "
            "when nobody leads one of its incidents, and inherits what is left behind there.",
            key=f"service_owner:{service.pk}:{uuid4()}",
            url="/",
        )


MESSAGES = (ServiceGiven(),)
