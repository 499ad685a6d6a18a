"""What whoever leads hears of a record that was completed afterwards."""

from collections.abc import Iterable

from incidents.record.models import Incident, TimelineEntry
from notifications.actions import tell
from notifications.kinds import MessageKind
from pages.texts import as_sentence
from people.models import User


class RecordedAfterwards(MessageKind):
    """Something that somebody else says happened before, which escaped what is asked beforehand."""

    name = "recorded_afterwards"
    words = "what somebody recorded afterwards"
    because = "you lead the incident"

    @classmethod
    def tell(cls, incident: Incident, people: Iterable[User], entry: TimelineEntry) -> None:
        """Each by their own clock, once for the entry. ``actor`` of the entry is loaded."""
        who = entry.actor.name if entry.actor else "Endstate"
        said = as_sentence(f"{who} {entry.text}")
        for person in people:
            at = f"{entry.at.astimezone(person.zone):%H:%M %Z}"
            tell(
                incident,
                [person],
                cls.name,
                f"{incident.ref}: {who} recorded afterwards what happened at {at}",
                f"{said} It is said to have happened at {at}, so nothing was asked "
                "beforehand. Look at it now.",
                key=f"{cls.name}:{entry.pk}",
            )


MESSAGES = (RecordedAfterwards(),)
