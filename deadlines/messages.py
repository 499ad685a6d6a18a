"""What the engine says about itself: a deadline that it cannot enforce."""

from deadlines.models import Deadline
from notifications.actions import tell
from notifications.kinds import MessageKind
from people.models import User


class SetAside(MessageKind):
    """A deadline failed again and again; somebody has to look after it by hand."""

    name = "set_aside"
    words = "a deadline that cannot be enforced"
    because = "you are an administrator"

    @classmethod
    def tell(cls, deadline: Deadline) -> None:
        """The administrators, once a round."""
        named = f" of {deadline.incident_ref}" if deadline.incident_ref else ""
        tell(
            deadline.about,
            User.objects.admins(),
            cls.name,
            f"A deadline{named} cannot be enforced",
            f"The deadline {deadline.kind} {deadline.subject_id}{named} failed "
            f"{deadline.failures} times and was set aside. Somebody has to look after it "
            f"by hand until it is taken up again. Last error: {deadline.last_error}",
            key=f"{deadline.source}.{deadline.moved_count}/set-aside",
            step="set_aside",
            url="",
        )
