"""What people hear about work that was put down for an incident (P07)."""

from incidents.record.models import Incident
from incidents.sidework.models import PausedWork
from notifications.actions import tell
from notifications.kinds import MessageKind
from people.models import User


class WorkPaused(MessageKind):
    """Somebody else wrote down that your work waits."""

    name = "work_paused"
    words = "work of yours that waits for an incident"
    because = "the work is yours"

    @classmethod
    def tell(cls, work: PausedWork, incident: Incident, *, by: User) -> None:
        """Its owner, unless they wrote it themselves."""
        tell(
            incident,
            [work.owner] if work.owner != by else [],
            cls.name,
            f"{incident.ref}: “{work.title}” waits",
            f"{by.name} paused “{work.title}” for {incident.ref}: {work.why}",
            key=f"{cls.name}:{work.pk}",
        )


MESSAGES = (WorkPaused(),)
