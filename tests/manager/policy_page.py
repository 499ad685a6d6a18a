"""Saving a severity policy as its page in the admin does, every row of every ladder with it."""

from collections.abc import Mapping, Sequence

from django.test import Client
from django.urls import reverse

from incidents.record.models import LadderStep, SeverityPolicy
from postmortems.review.models import FollowUpStep

PAGE = "admin:incidents_severitypolicy_change"

Rows = Mapping[str, Mapping[str, object]]
New = Sequence[Mapping[str, object]]


def save_policy(
    manager: Client,
    *,
    change: Rows | None = None,
    add: New = (),
    change_follow_up: Rows | None = None,
    add_follow_up: New = (),
    severity: str = "sev1",
) -> str:
    """Post the page with steps changed and added; what the page says when it is not saved.

    Steps of the update are known by name, those of reviews by ``"<owed> <name>"``.
    """
    policy = SeverityPolicy.objects.get(severity=severity)
    update = [_with(step, change, step.name) for step in policy.ladder.all()]
    follow_up = [
        _with(step, change_follow_up, f"{step.owed} {step.name}")
        for step in FollowUpStep.objects.filter(policy=policy)
    ]
    data: dict[str, object] = {
        "definition": policy.definition,
        "update_interval_min": policy.update_interval_min,
        "triage_window_min": policy.triage_window_min or "",
        "enforcement": policy.enforcement,
        "review_within_hours": policy.review_within_hours,
        "publish_within_days": policy.publish_within_days,
        "wakes_at_night": "on" if policy.wakes_at_night else "",
    }
    for prefix, rows, new in (("ladder", update, add), ("follow_up", follow_up, add_follow_up)):
        data |= {
            f"{prefix}-TOTAL_FORMS": len(rows) + len(new),
            f"{prefix}-INITIAL_FORMS": len(rows),
        }
        for number, row in enumerate([*rows, *new]):
            data |= {f"{prefix}-{number}-{key}": value for key, value in row.items()}
            data[f"{prefix}-{number}-policy"] = severity
    answer = manager.post(reverse(PAGE, args=[severity]), data)
    return "" if answer.status_code == 302 else answer.content.decode()


def _with(step: LadderStep | FollowUpStep, change: Rows | None, name: str) -> dict[str, object]:
    """A row as the page shows it, with what was changed."""
    shown = {"id": step.pk, "name": step.name, "audience": step.audience}
    if isinstance(step, LadderStep):
        shown["minutes"] = step.minutes
    else:
        shown |= {"owed": step.owed, "days": step.days}
    return {**shown, **(change or {}).get(name, {})}
