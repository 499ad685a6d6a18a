"""When each signal is asked for next, and the queries that are tried while they are typed."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("incidents", "0013_no_data"),
        ("integrations", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Poll",
            fields=[
                (
                    "signal",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="poll",
                        serialize=False,
                        to="incidents.signal",
                    ),
                ),
                ("due_at", models.DateTimeField(db_index=True)),
                (
                    "wants_past",
                    models.BooleanField(
                        default=True, help_text="Whether the last hour is still to be asked for."
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Trial",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("digest", models.CharField(max_length=64, unique=True)),
                ("query", models.TextField()),
                ("due_at", models.DateTimeField(db_index=True, null=True)),
                ("asked_at", models.DateTimeField(null=True)),
                ("value", models.FloatField(null=True)),
                ("series", models.PositiveIntegerField(null=True)),
                ("error", models.CharField(blank=True, max_length=300)),
            ],
        ),
    ]
