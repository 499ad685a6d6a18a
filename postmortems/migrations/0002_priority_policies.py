"""Lay down how many days each priority gets by default."""

from typing import Any

from django.db import migrations

DAYS = {"p0": 7, "p1": 14, "p2": 30, "p3": 90}


def lay_down(apps: Any, schema_editor: Any) -> None:
    policy = apps.get_model("postmortems", "PriorityPolicy")
    for priority, days in DAYS.items():
        policy.objects.create(priority=priority, due_within_days=days)


class Migration(migrations.Migration):
    dependencies = [("postmortems", "0001_initial")]
    operations = [migrations.RunPython(lay_down, migrations.RunPython.noop)]
