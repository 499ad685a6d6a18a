"""Keep changes with what was measured around them, hypotheses with their evidence, and what is expected back."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("incidents", "0006_ends_and_helpers"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="SecondChange",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("reason", models.CharField(max_length=500)),
                ("at", models.DateTimeField()),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="Snapshot",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "moment",
                    models.CharField(
                        choices=[("before", "Before"), ("after", "After")], max_length=6
                    ),
                ),
                ("name", models.CharField(max_length=120)),
                ("unit", models.CharField(blank=True, max_length=30)),
                ("comparator", models.CharField(max_length=2)),
                ("target", models.FloatField()),
                ("value", models.FloatField(null=True)),
                ("at", models.DateTimeField(null=True)),
                ("state", models.CharField(max_length=7)),
                ("points", models.JSONField(default=list)),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.AddField(
            model_name="card",
            name="by_when",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="card",
            name="undoes",
            field=models.CharField(
                blank=True, help_text="What else it undoes, in words.", max_length=300
            ),
        ),
        migrations.AddField(
            model_name="incident",
            name="expected_back_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="incident",
            name="expected_back_moved",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="incident",
            name="expected_back_reason",
            field=models.CharField(blank=True, max_length=500),
        ),
        migrations.AddField(
            model_name="incident",
            name="expected_back_said_at",
            field=models.DateTimeField(
                blank=True,
                help_text="With no time: not known yet. Empty: nothing was said.",
                null=True,
            ),
        ),
        migrations.CreateModel(
            name="Change",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("draft", "Draft"),
                            ("asked", "Asked"),
                            ("approved", "Approved"),
                            ("running", "Running"),
                            ("finished", "Finished"),
                            ("withdrawn", "Withdrawn"),
                        ],
                        default="draft",
                        max_length=9,
                    ),
                ),
                ("expectation", models.CharField(blank=True, max_length=500)),
                ("rollback", models.CharField(blank=True, max_length=500)),
                (
                    "risk",
                    models.CharField(
                        blank=True, help_text="What can go wrong, in words.", max_length=500
                    ),
                ),
                ("reversible", models.BooleanField(help_text="Empty: not said.", null=True)),
                ("undoes", models.CharField(blank=True, max_length=300)),
                ("quick_fix", models.BooleanField(default=False)),
                ("source", models.CharField(default="human", max_length=6)),
                ("ai_tool", models.CharField(blank=True, max_length=80)),
                (
                    "written_in_s",
                    models.PositiveIntegerField(
                        help_text="Seconds that writing it took; empty: nobody measured.", null=True
                    ),
                ),
                ("created_at", models.DateTimeField()),
                ("asked_at", models.DateTimeField(null=True)),
                ("approved_at", models.DateTimeField(null=True)),
                (
                    "look_again",
                    models.CharField(
                        blank=True,
                        help_text="Why it was sent back, or its approval fell.",
                        max_length=500,
                    ),
                ),
                ("started_at", models.DateTimeField(null=True)),
                (
                    "ran_beside",
                    models.JSONField(default=list, help_text="What else ran as it started."),
                ),
                ("finished_at", models.DateTimeField(null=True)),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("as_expected", "As expected"),
                            ("not_as_expected", "Not as expected"),
                            ("rolled_back", "Rolled back"),
                        ],
                        max_length=15,
                    ),
                ),
                ("note", models.CharField(blank=True, max_length=1000)),
                (
                    "no_data",
                    models.JSONField(
                        default=list, help_text="Names of signals that had none to see."
                    ),
                ),
                ("afterwards", models.BooleanField(default=False)),
                ("marks", models.JSONField(default=list, help_text="Rules that were let pass.")),
                ("version", models.PositiveIntegerField(default=1)),
                (
                    "approval_recorded_by",
                    models.ForeignKey(
                        help_text="Who wrote down an approval by voice.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "approved_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "asked_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "card",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="changes",
                        to="incidents.card",
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "finished_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "incident",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="changes",
                        to="incidents.incident",
                    ),
                ),
                (
                    "rolls_back",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="rolled_back_by",
                        to="incidents.change",
                    ),
                ),
                (
                    "started_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.AddField(
            model_name="card",
            name="rolls_back",
            field=models.ForeignKey(
                blank=True,
                help_text="The change of this incident that it undoes.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="incidents.change",
            ),
        ),
        migrations.CreateModel(
            name="Go",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("reason", models.CharField(max_length=500)),
                ("at", models.DateTimeField()),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "incident",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="goes",
                        to="incidents.incident",
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.AddField(
            model_name="change",
            name="go",
            field=models.ForeignKey(
                help_text="The go that was given after it had surprised.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="after",
                to="incidents.go",
            ),
        ),
        migrations.CreateModel(
            name="Hypothesis",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("text", models.CharField(max_length=300)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "Open"),
                            ("supported", "Supported"),
                            ("ruled_out", "Ruled out"),
                        ],
                        default="open",
                        max_length=9,
                    ),
                ),
                ("at", models.DateTimeField()),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "incident",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="hypotheses",
                        to="incidents.incident",
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="Evidence",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "Open"),
                            ("supported", "Supported"),
                            ("ruled_out", "Ruled out"),
                        ],
                        max_length=9,
                    ),
                ),
                ("text", models.CharField(blank=True, max_length=1000)),
                ("url", models.CharField(blank=True, max_length=500)),
                (
                    "measured",
                    models.JSONField(
                        help_text="The signal's name, unit, target, value and state, as they were.",
                        null=True,
                    ),
                ),
                ("at", models.DateTimeField()),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "card",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="incidents.card",
                    ),
                ),
                (
                    "change",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="incidents.change",
                    ),
                ),
                (
                    "signal",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="incidents.signal",
                    ),
                ),
                (
                    "hypothesis",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="evidence",
                        to="incidents.hypothesis",
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.AddField(
            model_name="change",
            name="hypothesis",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="changes",
                to="incidents.hypothesis",
            ),
        ),
        migrations.AddField(
            model_name="card",
            name="tests",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="cards",
                to="incidents.hypothesis",
            ),
        ),
        migrations.AddConstraint(
            model_name="card",
            constraint=models.CheckConstraint(
                condition=models.Q(("rolls_back__isnull", True), ("undoes", ""), _connector="OR"),
                name="card_undoes_one_thing",
            ),
        ),
        migrations.AddField(
            model_name="secondchange",
            name="by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="secondchange",
            name="incident",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="second_changes",
                to="incidents.incident",
            ),
        ),
        migrations.AddField(
            model_name="secondchange",
            name="used_by",
            field=models.OneToOneField(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="second_change",
                to="incidents.change",
            ),
        ),
        migrations.AddField(
            model_name="snapshot",
            name="change",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="snapshots",
                to="incidents.change",
            ),
        ),
        migrations.AddField(
            model_name="snapshot",
            name="signal",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="incidents.signal"
            ),
        ),
        migrations.AddConstraint(
            model_name="hypothesis",
            constraint=models.UniqueConstraint(
                fields=("incident", "text"), name="hypothesis_said_once"
            ),
        ),
        migrations.AddIndex(
            model_name="change",
            index=models.Index(
                condition=models.Q(("state", "running")),
                fields=["incident"],
                name="change_in_flight",
            ),
        ),
        migrations.AddConstraint(
            model_name="change",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state__in", ["draft", "asked", "approved", "running"])),
                fields=("card",),
                name="change_one_unfinished",
            ),
        ),
        migrations.AddConstraint(
            model_name="change",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("finished_at__isnull", False),
                        ("state", "finished"),
                        models.Q(("outcome", ""), _negated=True),
                    ),
                    models.Q(
                        models.Q(("state", "finished"), _negated=True),
                        ("finished_at__isnull", True),
                        ("outcome", ""),
                    ),
                    _connector="OR",
                ),
                name="change_finished_has_outcome",
            ),
        ),
        migrations.AddConstraint(
            model_name="change",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state__in", ["running", "finished"]), _negated=True),
                    ("started_at__isnull", False),
                    _connector="OR",
                ),
                name="change_running_has_started",
            ),
        ),
        migrations.AddConstraint(
            model_name="change",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("rolls_back__isnull", True),
                    models.Q(("rolls_back", models.F("id")), _negated=True),
                    _connector="OR",
                ),
                name="change_undoes_another",
            ),
        ),
        migrations.AddConstraint(
            model_name="secondchange",
            constraint=models.UniqueConstraint(
                condition=models.Q(("used_by__isnull", True)),
                fields=("incident",),
                name="second_change_one_unused",
            ),
        ),
        migrations.AddConstraint(
            model_name="snapshot",
            constraint=models.UniqueConstraint(
                fields=("change", "moment", "signal"), name="snapshot_once"
            ),
        ),
    ]
