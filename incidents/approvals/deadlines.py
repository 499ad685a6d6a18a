"""A change that waits for its approval: who hears it at once, and who two minutes later (P35)."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.urls import reverse

from deadlines.kinds import Due, Nudge, Step
from deadlines.models import Deadline
from incidents.changes.models import Change, ChangeState
from incidents.record.deadlines import OfPart, to_all
from incidents.record.models import OPEN_STATUSES, Incident, RosterRole
from incidents.roster.queries import roster, who_hears
from notifications.actions import tell
from notifications.models import Delivery
from people.models import User


class ApprovalWaiting(OfPart[Change]):
    """P35: somebody asks for an approval; after two minutes the deputy may give it."""

    name = "change_approval"
    model = Change
    people = ("asked_by", "card", "card__owner")
    words = "a change to be approved"
    because = "you may approve it"
    nudge_lives = timedelta(minutes=30)

    def due_of(self, subject: Change) -> Due:
        """Which step waits, and who asks."""
        incident = subject.incident
        by = f" · {subject.asked_by.name} asks" if subject.asked_by else ""
        address = reverse("warroom:approval", args=[incident.ref, subject.pk])
        return Due(f"Approve “{subject.card.title}”", f"{incident.ref}{by}", "Look at it", address)

    def ladder(self, subject: Change, deadline: Deadline) -> Sequence[Step]:
        """One step: when the two minutes are over."""
        return (Step(timedelta(0), "due"),)

    def is_still_wanted(self, subject: Change, deadline: Deadline) -> bool:
        """Until somebody answered, or the incident ended."""
        return subject.state == ChangeState.ASKED and subject.incident.is_open

    def nudges(
        self, subject: Change, deadline: Deadline, step: Step, now: datetime
    ) -> Sequence[Nudge]:
        """The deputy, who may approve from now on, and whoever leads; never the card's owner."""
        incident = subject.incident
        leading = (RosterRole.COMMANDER, RosterRole.DEPUTY)
        seated = [one.person for one in roster(incident) if one.role in leading]
        people = seated or who_hears(incident, RosterRole.COMMANDER)
        return to_all(
            incident,
            [one for one in dict.fromkeys(people) if one != subject.card.owner],
            f"“{subject.card.title}” waits for an approval",
            f"Nobody has answered for two minutes: “{subject.card.title}”. Approve it on the "
            "board, or send it back with a reason. The deputy may, too.",
        )

    @classmethod
    def tell(cls, change: Change, incident: Incident, people: Sequence[User]) -> None:
        """Who may approve it, at once."""
        by = change.asked_by
        assert by is not None
        key = f"{cls.source(change)}:{change.version}"
        tell(
            incident,
            people,
            cls.name,
            f"{incident.ref}: {by.name} asks you to approve “{change.card.title}”",
            f"{by.name} asks you to approve “{change.card.title}”. Expected: {change.expectation}. "
            f"The way back: {change.rollback}.",
            key=key,
            source=cls.source(change),
            context={"change": change.pk},
        )

    @classmethod
    def source(cls, change: Change) -> str:
        """What the first messages name as the obligation behind them."""
        return f"{cls.name}:{change.pk}"

    def why_stale(self, delivery: Delivery) -> str | None:
        """A nudge like any; the first message once somebody answered or the incident has ended."""
        asked = delivery.context.get("change")
        if asked is None:
            return super().why_stale(delivery)
        waiting = Change.objects.filter(
            pk=asked, state=ChangeState.ASKED, incident__status__in=OPEN_STATUSES
        )
        return None if waiting.exists() else "It was answered, or the incident has ended."
