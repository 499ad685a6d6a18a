"""Let agents note, suggest and draft; say what a service depends on, which deployment is suspected, and when triage ends."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("incidents", "0007_changes"),
        ("people", "0002_agents"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="AgentNote",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("seq", models.PositiveBigIntegerField(help_text="Its line of the timeline.")),
                ("text", models.CharField(max_length=2000)),
                ("at", models.DateTimeField()),
                (
                    "is_confirmed",
                    models.BooleanField(help_text="Empty: nobody has decided.", null=True),
                ),
                ("settled_at", models.DateTimeField(null=True)),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="Draft",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                ("at", models.DateTimeField()),
                ("status_text", models.CharField(blank=True, max_length=2000)),
                ("hypothesis", models.CharField(blank=True, max_length=2000)),
                ("current_action", models.CharField(blank=True, max_length=2000)),
                ("risks", models.CharField(blank=True, max_length=2000)),
                ("next_moves", models.JSONField(default=list)),
                ("executive_summary", models.CharField(blank=True, max_length=2000)),
                ("technical_note", models.TextField(blank=True, max_length=10000)),
                ("dropped_at", models.DateTimeField(null=True)),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="Suspect",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("at", models.DateTimeField()),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.RemoveConstraint(
            model_name="escalation",
            name="escalation_acknowledged_by_another",
        ),
        migrations.AddField(
            model_name="deployment",
            name="by",
            field=models.CharField(
                blank=True, help_text="Who deployed it, as reported.", max_length=120
            ),
        ),
        migrations.AddField(
            model_name="deployment",
            name="environment",
            field=models.CharField(blank=True, max_length=60),
        ),
        migrations.AddField(
            model_name="deployment",
            name="url",
            field=models.CharField(blank=True, max_length=500),
        ),
        migrations.AddField(
            model_name="escalation",
            name="token",
            field=models.ForeignKey(
                blank=True,
                help_text="The agent that escalated; ``by`` answers for it.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="people.apitoken",
            ),
        ),
        migrations.AddField(
            model_name="hypothesis",
            name="ai_tool",
            field=models.CharField(
                blank=True, help_text="The agent that suggested it; empty: a person.", max_length=80
            ),
        ),
        migrations.AddField(
            model_name="incident",
            name="agents_on",
            field=models.BooleanField(
                default=True, help_text="Whether agents may note and suggest here (P37)."
            ),
        ),
        migrations.AddField(
            model_name="incident",
            name="triage_until",
            field=models.DateTimeField(
                blank=True,
                help_text="When somebody chooses how the investigation goes on.",
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="service",
            name="depends_on",
            field=models.ManyToManyField(
                blank=True,
                help_text="What breaks it when it breaks.",
                related_name="needed_by",
                to="incidents.service",
            ),
        ),
        migrations.AddConstraint(
            model_name="escalation",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("acknowledged_by", None),
                    ("token__isnull", False),
                    models.Q(("acknowledged_by", models.F("by")), _negated=True),
                    _connector="OR",
                ),
                name="escalation_acknowledged_by_another",
            ),
        ),
        migrations.AddField(
            model_name="agentnote",
            name="by",
            field=models.ForeignKey(
                help_text="Who answers for the agent.",
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="agentnote",
            name="incident",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="agent_notes",
                to="incidents.incident",
            ),
        ),
        migrations.AddField(
            model_name="agentnote",
            name="settled_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="agentnote",
            name="token",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="people.apitoken"
            ),
        ),
        migrations.AddField(
            model_name="draft",
            name="by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="draft",
            name="incident",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="drafts",
                to="incidents.incident",
            ),
        ),
        migrations.AddField(
            model_name="draft",
            name="token",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="people.apitoken",
            ),
        ),
        migrations.AddField(
            model_name="suspect",
            name="by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="suspect",
            name="deployment",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="suspects",
                to="incidents.deployment",
            ),
        ),
        migrations.AddField(
            model_name="suspect",
            name="hypothesis",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="suspects",
                to="incidents.hypothesis",
            ),
        ),
        migrations.AddField(
            model_name="suspect",
            name="incident",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="suspects",
                to="incidents.incident",
            ),
        ),
        migrations.AddConstraint(
            model_name="agentnote",
            constraint=models.UniqueConstraint(fields=("incident", "seq"), name="agent_note_once"),
        ),
        migrations.AddConstraint(
            model_name="agentnote",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("is_confirmed", None), ("settled_at", None), ("settled_by", None)),
                    models.Q(
                        ("is_confirmed__isnull", False),
                        ("settled_at__isnull", False),
                        ("settled_by__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="agent_note_settled_by_somebody",
            ),
        ),
        migrations.AddConstraint(
            model_name="suspect",
            constraint=models.UniqueConstraint(
                fields=("incident", "deployment"), name="incidents_suspect_once"
            ),
        ),
    ]
