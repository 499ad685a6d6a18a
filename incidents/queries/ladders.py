"""The ladder of the promised update: which steps a severity's policy has."""

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
    steps = _steps(severity) or list(DEFAULT_LADDER)
    if all(name != DUE_STEP for name, _, _ in steps):
        steps += [step for step in DEFAULT_LADDER if step[0] == DUE_STEP]
    return sorted(steps, key=lambda step: (step[1], step[0] != DUE_STEP, step[0]))
