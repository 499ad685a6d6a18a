"""The policy of a severity and the ladder of its promised update."""

from collections.abc import Sequence

from django.db.models import QuerySet

from incidents.record.models import DEFAULT_LADDER, DUE_STEP, LadderStep, SeverityPolicy
from prepared import prepared


def policy_of(severity: str) -> SeverityPolicy | None:
    """The policy of a severity, or nothing where its row was deleted. One query."""
    return _policy.first(severity)


@prepared
def _policy(severity: str) -> "QuerySet[SeverityPolicy]":
    return SeverityPolicy.objects.filter(severity=severity).order_by()


@prepared
def _steps(severity: str) -> "QuerySet[LadderStep, tuple[str, int, str]]":
    rows = LadderStep.objects.filter(policy=severity).order_by()
    return rows.values_list("name", "minutes", "audience")


def ladder_of(severity: str) -> list[tuple[str, int, str]]:
    """Name, minutes after the due time and audience of every step, in their order. One query.

    The steps of P45 where the policy has none; the one at the due time is always among them.
    """
    return whole(_steps(severity), DEFAULT_LADDER)


def whole(
    rows: Sequence[tuple[str, int, str]], default: Sequence[tuple[str, int, str]]
) -> list[tuple[str, int, str]]:
    """Steps in their order: ``default`` where there are no rows, and never without the due one."""
    steps = [*rows] or [*default]
    if all(name != DUE_STEP for name, _, _ in steps):
        steps += [step for step in default if step[0] == DUE_STEP]
    return sorted(steps, key=lambda step: (step[1], step[0] != DUE_STEP, step[0]))
