"""The ladders of reviews and action items as rows an administrator edits, for each severity."""

from typing import Any

import django.db.models.deletion
from django.db import migrations, models

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


def lay_down_ladders(apps: Any, schema_editor: Any) -> None:
    """PRODUCT.md P50 and P58: what the code did until now, for every severity."""
    step = apps.get_model("postmortems", "FollowUpStep")
    for policy in apps.get_model("incidents", "SeverityPolicy").objects.all():
        for owed, steps in LADDERS.items():
            for name, days, audience in steps:
                step.objects.create(
                    policy=policy, owed=owed, name=name, days=days, audience=audience
                )


class Migration(migrations.Migration):
    dependencies = [
        ("incidents", "0006_newest_entries"),
        ("postmortems", "0002_priority_policies"),
    ]

    operations = [
        migrations.CreateModel(
            name="FollowUpStep",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "owed",
                    models.CharField(
                        choices=[
                            ("review", "Review meeting"),
                            ("publication", "Publication"),
                            ("follow_up", "Look at the whole list"),
                            ("action_item", "Action item"),
                            ("verification", "Verification"),
                        ],
                        max_length=20,
                        verbose_name="what is owed",
                    ),
                ),
                (
                    "name",
                    models.SlugField(help_text="What the messages call the step.", max_length=40),
                ),
                (
                    "days",
                    models.SmallIntegerField(help_text="After the due time; negative: before it."),
                ),
                (
                    "audience",
                    models.CharField(
                        choices=[
                            ("owes", "Whoever owes it"),
                            ("both", "Whoever owes it, and who stands above"),
                            ("facilitator", "Facilitator of the review"),
                            ("above", "Service owners, else administrators"),
                        ],
                        max_length=12,
                        verbose_name="who hears",
                    ),
                ),
                (
                    "policy",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="follow_up",
                        to="incidents.severitypolicy",
                    ),
                ),
            ],
            options={
                "ordering": ["owed", "days", "id"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("policy", "owed", "name"),
                        name="follow_up_step_once",
                        violation_error_message="Each step has a name of its own.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("days__gte", -30), ("days__lte", 90)),
                        name="follow_up_step_in_range",
                        violation_error_message="A step is at most 30 days before and 90 after.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("name", "due"), _negated=True), ("days", 0), _connector="OR"
                        ),
                        name="follow_up_due_at_zero",
                        violation_error_message="The step “due” stands at 0 days.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "owed__in",
                                [
                                    "review",
                                    "publication",
                                    "follow_up",
                                    "action_item",
                                    "verification",
                                ],
                            )
                        ),
                        name="follow_up_owed_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("audience__in", ["owes", "both", "facilitator", "above"])
                        ),
                        name="follow_up_audience_known",
                    ),
                ],
            },
        ),
        migrations.RunPython(lay_down_ladders, migrations.RunPython.noop),
    ]
