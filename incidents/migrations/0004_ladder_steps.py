"""The ladder of the promised update as rows an administrator edits, one ladder per severity."""

from typing import Any

import django.db.models.deletion
from django.db import migrations, models

LADDER = [
    # name, minutes after the due time, who hears
    ("before", -5, "speaker"),
    ("due", 0, "both"),
    ("late", 5, "free_hands"),
    ("escalated", 15, "escalation"),
]


def lay_down_ladders(apps: Any, schema_editor: Any) -> None:
    """PRODUCT.md P45: what the code did until now, for every severity."""
    step = apps.get_model("incidents", "LadderStep")
    for policy in apps.get_model("incidents", "SeverityPolicy").objects.all():
        for name, minutes, audience in LADDER:
            step.objects.create(policy=policy, name=name, minutes=minutes, audience=audience)


class Migration(migrations.Migration):
    dependencies = [("incidents", "0003_deployments")]

    operations = [
        migrations.CreateModel(
            name="LadderStep",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "name",
                    models.SlugField(help_text="What the messages call the step.", max_length=40),
                ),
                (
                    "minutes",
                    models.SmallIntegerField(
                        help_text="After the promised time; negative: before it, but at most a third of the interval."
                    ),
                ),
                (
                    "audience",
                    models.CharField(
                        choices=[
                            ("speaker", "Communications lead, or commander"),
                            ("both", "Communications lead and commander"),
                            ("free_hands", "Deputy and free hands"),
                            ("escalation", "Escalation contacts"),
                        ],
                        max_length=12,
                        verbose_name="who hears",
                    ),
                ),
                (
                    "policy",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="ladder",
                        to="incidents.severitypolicy",
                    ),
                ),
            ],
            options={
                "ordering": ["minutes", "id"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("policy", "name"),
                        name="ladder_step_once",
                        violation_error_message="Each step has a name of its own.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(minutes__gte=-240, minutes__lte=1440),
                        name="ladder_step_in_range",
                        violation_error_message="A step is at most 240 minutes before and 1440 after.",
                    ),
                    models.CheckConstraint(
                        condition=~models.Q(name="due") | models.Q(minutes=0),
                        name="ladder_due_at_zero",
                        violation_error_message="The step “due” stands at 0 minutes.",
                    ),
                    models.CheckConstraint(
                        condition=~models.Q(audience="escalation") | models.Q(minutes__gt=0),
                        name="ladder_escalates_late",
                        violation_error_message="Escalation contacts hear after the due time only.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            audience__in=["speaker", "both", "free_hands", "escalation"]
                        ),
                        name="ladder_audience_known",
                    ),
                ],
            },
        ),
        migrations.RunPython(lay_down_ladders, migrations.RunPython.noop),
    ]
