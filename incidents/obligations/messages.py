"""What people hear about obligations beside their ladder (P66)."""

from collections.abc import Sequence

from clock.written import written
from incidents.obligations.models import Obligation
from incidents.record.models import Incident
from notifications.actions import tell
from notifications.kinds import MessageKind
from notifications.models import Delivery
from people.models import User


class ObligationGiven(MessageKind):
    """Somebody else wrote down that you file something by a time."""

    name = "obligation_given"
    words = "something you have to file for an incident"
    because = "the filing is yours"

    @classmethod
    def tell(cls, obligations: Sequence[Obligation], incident: Incident, *, by: User) -> None:
        """Their owner, in one message, unless they wrote them down themselves."""
        first = obligations[0]
        if first.owner == by:
            return
        lines = [f"“{one.name}” by {written(one.due_at)}" for one in obligations]
        tell(
            incident,
            [first.owner],
            cls.name,
            f"{incident.ref}: you file “{first.name}”",
            f"{by.name} gave you what {incident.ref}, {incident.named}, has to file:\n\n"
            + "\n".join(lines),
            key=f"{cls.name}:{first.pk}",
            context={"obligations": [one.pk for one in obligations]},
        )

    def why_stale(self, delivery: Delivery) -> str | None:
        """Once all of them are settled, or somebody else's."""
        ids = delivery.context.get("obligations", [])
        owed = Obligation.objects.owed().filter(pk__in=ids, owner=delivery.person)
        return None if owed.exists() else "It was settled, or is somebody else's."


MESSAGES = (ObligationGiven(),)
