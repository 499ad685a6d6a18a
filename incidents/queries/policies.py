"""What an organisation set up for a severity."""

from django.db.models import QuerySet

from incidents.models import SeverityPolicy
from prepared import prepared


def policy_of(severity: str) -> SeverityPolicy | None:
    """The policy of a severity, or nothing where its row was deleted. One query."""
    return _policy.first(severity)


@prepared
def _policy(severity: str) -> "QuerySet[SeverityPolicy]":
    return SeverityPolicy.objects.filter(severity=severity).order_by()
