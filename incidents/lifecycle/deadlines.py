"""The links to chat and call, within two minutes (P01)."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from deadlines.kinds import Nudge, Step
from deadlines.models import Deadline
from incidents.record.deadlines import OfIncident, to_all
from incidents.record.models import Incident, RosterRole
from incidents.roster.queries import who_hears


class WarRoomLink(OfIncident):
    """P01: where people talk, within two minutes."""

    name = "war_room_link"
    words = "the links to chat and call"
    because = "you lead the incident"
    nudge_lives = timedelta(minutes=30)

    def is_still_wanted(self, subject: Incident, deadline: Deadline) -> bool:
        """Until one is linked."""
        return subject.is_open and subject.linked_at is None

    def nudges(
        self, subject: Incident, deadline: Deadline, step: Step, now: datetime
    ) -> Sequence[Nudge]:
        """The commander."""
        return to_all(
            subject,
            who_hears(subject, RosterRole.COMMANDER),
            "link the war room",
            "Two minutes have passed without a chat or call link. Paste one, so people find you.",
        )
