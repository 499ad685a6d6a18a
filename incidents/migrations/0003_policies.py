"""The policies of the four severities, each with its ladder, as an administrator finds them first."""

from typing import Any

from django.db import migrations

POLICIES = [
    # severity, definition, interval, triage, enforcement, review, wakes
    (
        "sev1",
        "More than a quarter of users, or a money journey, cannot do what they came for.",
        15,
        15,
        "enforce",
        True,
        True,
    ),
    (
        "sev2",
        "Up to a quarter of users are blocked, or everybody is badly slowed.",
        20,
        20,
        "enforce",
        True,
        True,
    ),
    (
        "sev3",
        "A few users are blocked, or a workaround exists for everybody.",
        60,
        None,
        "warn",
        False,
        False,
    ),
    (
        "sev4",
        "Nobody is blocked; something is wrong that will bite if left.",
        240,
        None,
        "warn",
        False,
        False,
    ),
]
LADDER = [
    # name, minutes after the due time, who hears
    ("before", -5, "speaker"),
    ("due", 0, "both"),
    ("late", 5, "free_hands"),
    ("escalated", 15, "escalation"),
]


def lay_down(apps: Any, schema_editor: Any) -> None:
    """PRODUCT.md P40, P34 and P45: intervals 15, 20, 60, 240 minutes; triage 15 and 20."""
    policy_of = apps.get_model("incidents", "SeverityPolicy")
    for severity, definition, interval, triage, enforcement, review, wakes in POLICIES:
        policy = policy_of.objects.create(
            severity=severity,
            definition=definition,
            update_interval_min=interval,
            triage_window_min=triage,
            enforcement=enforcement,
            review_required=review,
            wakes_at_night=wakes,
        )
        for name, minutes, audience in LADDER:
            policy.ladder.create(name=name, minutes=minutes, audience=audience)


class Migration(migrations.Migration):
    dependencies = [("incidents", "0002_triggers_and_functions")]
    operations = [migrations.RunPython(lay_down, migrations.RunPython.noop)]
