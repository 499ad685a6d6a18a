"""Which steps the ladders of a severity's reviews and action items have."""

from django.db.models import QuerySet

from incidents.queries.ladders import whole
from postmortems.models import DEFAULT_FOLLOW_UP, FollowUpStep
from prepared import prepared


def follow_up_ladder(owed: str, severity: str) -> list[tuple[str, int, str]]:
    """Name, days after the due time and audience of every step, in their order. One query.

    The steps of P50 and P58 where the policy has none; the one at the due time is always there.
    """
    return whole(_steps(owed, severity), DEFAULT_FOLLOW_UP[owed])


@prepared
def _steps(owed: str, severity: str) -> "QuerySet[FollowUpStep, tuple[str, int, str]]":
    rows = FollowUpStep.objects.filter(owed=owed, policy=severity).order_by()
    return rows.values_list("name", "days", "audience")
