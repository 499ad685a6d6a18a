"""The ladders of reviews and action items, and changing them."""

from collections.abc import Callable

from django.db.models import QuerySet

from deadlines.actions import change_ladders
from deadlines.models import Deadline
from incidents.record.locking import lock_incidents
from incidents.record.models import Incident
from incidents.record.queries import whole
from postmortems.review.models import DEFAULT_FOLLOW_UP, FollowUpStep, Owed
from prepared import prepared


def change_follow_up(severity: str, *, how: Callable[[], None]) -> None:
    """Let ``how`` write what these ladders are made of; what is open follows at once.

    Locks the incidents of that highest severity that owe something, then what they owe. No step
    that was taken is taken again; one whose moment has passed already reaches its people with the
    next sweep. Inside a transaction only.
    """
    kinds = list(Owed.values)
    owing = Deadline.objects.open().filter(kind__in=kinds).values("incident_id")
    incidents = Incident.objects.filter(highest_severity=severity, pk__in=owing)
    change_ladders(kinds, lock_incidents(incidents), how=how)


def follow_up_ladder(owed: str, severity: str) -> list[tuple[str, int, str]]:
    """Name, days after the due time and audience of every step, in their order. One query.

    The steps of P50 and P58 where the policy has none; the one at the due time is always there.
    """
    return whole(_steps(owed, severity), DEFAULT_FOLLOW_UP[owed])


@prepared
def _steps(owed: str, severity: str) -> "QuerySet[FollowUpStep, tuple[str, int, str]]":
    rows = FollowUpStep.objects.filter(owed=owed, policy=severity).order_by()
    return rows.values_list("name", "days", "audience")
