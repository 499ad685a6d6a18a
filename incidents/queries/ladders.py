"""The ladder of the promised update: which steps a severity's policy has."""

from collections.abc import Sequence

from django.db.models import QuerySet

from incidents.models import DEFAULT_LADDER, DUE_STEP, LadderStep
from prepared import prepared


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
