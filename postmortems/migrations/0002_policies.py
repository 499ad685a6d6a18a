"""How many days each priority gets, and the follow-up ladders of each severity, to begin with."""

from typing import Any

from django.db import migrations

DAYS = {"p0": 7, "p1": 14, "p2": 30, "p3": 90}
LADDERS = {
    # what is owed: name, days after the due time, who hears
    "review": [("before", -1, "owes"), ("due", 0, "owes"), ("late", 1, "both")],
    "publication": [
        ("before", -1, "owes"),
        ("due", 0, "owes"),
        ("late", 1, "both"),
        ("escalated", 7, "both"),
    ],
    "follow_up": [("due", 0, "owes"), ("late", 3, "both")],
    "action_item": [
        ("before", -3, "owes"),
        ("due", 0, "owes"),
        ("late", 1, "facilitator"),
        ("escalated", 7, "above"),
    ],
    "verification": [("due", 0, "owes"), ("late", 1, "above"), ("escalated", 7, "above")],
}


def lay_down(apps: Any, schema_editor: Any) -> None:
    """PRODUCT.md P50 and P58."""
    priority_of = apps.get_model("postmortems", "PriorityPolicy")
    for priority, days in DAYS.items():
        priority_of.objects.create(priority=priority, due_within_days=days)
    for policy in apps.get_model("incidents", "SeverityPolicy").objects.all():
        for owed, steps in LADDERS.items():
            for name, days, audience in steps:
                policy.follow_up.create(owed=owed, name=name, days=days, audience=audience)


class Migration(migrations.Migration):
    dependencies = [
        ("incidents", "0003_policies"),
        ("postmortems", "0001_initial"),
    ]
    operations = [migrations.RunPython(lay_down, migrations.RunPython.noop)]
