"""Checks that promises, deadlines and timeline of the incidents agree, as the books must.

Registered with ``deadlines.queries.register_books``; runs hourly and ends the fault tests.
"""

from datetime import timedelta

from django.db.models import Exists, F, OuterRef

from clock.queries import now
from deadlines.models import Deadline, State
from incidents.cadence.deadlines import UpdatePromise
from incidents.record.models import OPEN_STATUSES, Incident, Kind, TimelineEntry

SWEPT_AFTER = timedelta(minutes=2)


def check_books() -> list[str]:
    """Which open incidents owe an update that nothing enforces, or missed one unrecorded.

    Sentences that name the incidents; empty when all is well. Three queries.
    """
    promising = Incident.objects.open().exclude(kind=Kind.NEAR_MISS)
    promising = promising.exclude(recorded_afterwards=True).exclude(unattended=True)
    deadlines = Deadline.objects.open().filter(kind=UpdatePromise.name)
    enforced = deadlines.filter(subject_id=OuterRef("pk"), due_at=OuterRef("next_update_at"))
    unenforced = promising.filter(~Exists(enforced))
    wrong = [
        f"INC-{number} promises its next update, but no deadline enforces it."
        for number in unenforced.order_by("number").values_list("number", flat=True)
    ]
    ended = Incident.objects.filter(pk=OuterRef("subject_id")).exclude(status__in=OPEN_STATUSES)
    wrong += [
        f"{ref} has ended, but its next update is still enforced."
        for ref in deadlines.filter(Exists(ended))
        .order_by("pk")
        .values_list("incident_ref", flat=True)
    ]
    return [*wrong, *what_is_late()]


def what_is_late() -> list[str]:
    """Those sentences of ``check_books`` that only say that nobody swept for a while. One query."""
    recorded = TimelineEntry.objects.filter(
        incident=OuterRef("subject_id"), kind="update_overdue", at=OuterRef("due_at")
    )
    promises = Deadline.objects.open().filter(kind=UpdatePromise.name)
    missed = promises.filter(
        state=State.OPEN, due_at__lt=now() - SWEPT_AFTER, created_at__lt=F("due_at")
    ).filter(~Exists(recorded))
    return [
        f"{ref} missed an update, and its timeline does not say so."
        for ref in missed.order_by("pk").values_list("incident_ref", flat=True)
    ]
