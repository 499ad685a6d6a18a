"""The deadline of a card's time box: at its end owner and commander are told, and choose (P34)."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.urls import reverse

from deadlines.kinds import DeadlineKind, Due, Nudge, Step
from deadlines.models import Deadline
from incidents.cards.models import Card, Column
from incidents.record.locking import lock_incident
from incidents.record.models import Incident
from incidents.record.timeline import record
from incidents.roster.queries import commander_of
from people.models import User
from refusals.errors import NotVisible


class TimeBox(DeadlineKind[Card]):
    """A card in Now has until the end of its time box. Overtime itself is derived when read."""

    name = "time_box"
    words = "the time box of a card"
    because = "the card is yours, or you lead the incident"
    nudge_lives = timedelta(hours=1)

    def dues(self, deadlines: Sequence[Deadline]) -> dict[int, Due]:
        """Each card by its title, and the proof that ends it. One query."""
        cards = Card.objects.filter(pk__in=[one.subject_id for one in deadlines])
        return {
            card.pk: Due(
                f"The time box of “{card.title}” ends",
                f"{card.incident.ref} · proof: {card.expected_proof or 'not said yet'}",
                "Finish",
                reverse("warroom:card", args=[card.incident.ref, card.pk]),
            )
            for card in cards.select_related("incident")
        }

    def lock(self, deadline: Deadline) -> Card | None:
        """The card, its incident locked."""
        try:
            incident = lock_incident(deadline.incident_id or 0)
        except NotVisible:
            return None
        cards = Card.objects.filter(incident=incident, pk=deadline.subject_id)
        card = cards.select_related("owner").first()
        if card is not None:
            card.incident = incident
        return card

    def ladder(self, subject: Card, deadline: Deadline) -> Sequence[Step]:
        """One step: at the end."""
        return (Step(timedelta(0), "due"),)

    def nudges(
        self, subject: Card, deadline: Deadline, step: Step, now: datetime
    ) -> Sequence[Nudge]:
        """The owner and the commander, once each."""
        incident = subject.incident
        ended = f"he time box of “{subject.title}” has ended"
        people: list[tuple[User, str]] = []
        if subject.owner is not None:
            people.append((subject.owner, "Extend it with a reason, park it, rotate or escalate."))
        commander = commander_of(incident)
        if commander is not None and commander != subject.owner:
            owner = subject.owner.name if subject.owner else "Nobody"
            people.append((commander, f"{owner} is on it: extend, park, rotate or escalate."))
        return [
            Nudge(
                person=person,
                subject_line=f"{incident.ref}: t{ended}",
                text=f"T{ended}. {words}",
            )
            for person, words in people
        ]

    def is_still_wanted(self, subject: Card, deadline: Deadline) -> bool:
        """While the card is in Now and the incident is worked on."""
        return subject.column == Column.NOW and subject.incident.is_open

    def on_step(self, subject: Card, deadline: Deadline, step: Step, now: datetime) -> None:
        """Say on the record that it runs over."""
        record(
            subject.incident,
            "time_box_ended",
            by=None,
            text=f"The time box of “{subject.title}” ended",
            at=deadline.due_at,
            card=subject.pk,
            title=subject.title,
        )

    def about(self, subject: Card, deadline: Deadline) -> Incident:
        """Its incident."""
        return subject.incident
