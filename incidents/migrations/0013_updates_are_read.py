"""Updates recorded afterwards, recovery at several set times, and more about who is blocked."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

ONE_TIME = "UPDATE incidents_incident SET set_times = ARRAY[daily_at] WHERE daily_at IS NOT NULL"
BACK = "UPDATE incidents_incident SET daily_at = set_times[1] WHERE set_times <> '{}'"


class Migration(migrations.Migration):
    dependencies = [
        ("incidents", "0012_offers_and_programs"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            "update",
            "afterwards",
            models.BooleanField(
                default=False,
                help_text="Said by other means at that time, and recorded afterwards.",
            ),
        ),
        migrations.AlterField(
            "update", "published_at", models.DateTimeField(help_text="When it was said.")
        ),
        migrations.AddField(
            "incident",
            "set_times",
            django.contrib.postgres.fields.ArrayField(
                base_field=models.TimeField(),
                blank=True,
                default=list,
                size=None,
                help_text="Recovery cadence: an update a day at each of these local times, "
                "in order.",
            ),
        ),
        migrations.RunSQL(ONE_TIME, BACK),
        migrations.RemoveField("incident", "daily_at"),
        migrations.AddField(
            "incident",
            "quiet_from",
            models.TimeField(
                blank=True, null=True, help_text="From then on only the person on watch is nudged."
            ),
        ),
        migrations.AddField("incident", "quiet_until", models.TimeField(blank=True, null=True)),
        migrations.AddField(
            "incident",
            "watching",
            models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                help_text="Who is nudged in quiet hours; empty: the commander.",
            ),
        ),
        migrations.AddField(
            "impact",
            "currency",
            models.CharField(
                blank=True, max_length=3, help_text="ISO 4217, where the number is money."
            ),
        ),
        migrations.AddField(
            "impact",
            "story",
            models.CharField(
                blank=True,
                max_length=300,
                help_text="One named customer or team; never on share links.",
            ),
        ),
        migrations.AddField(
            "impact",
            "cut_off",
            models.CharField(blank=True, max_length=120, help_text="What happens by then."),
        ),
        migrations.AddField("impact", "cut_off_at", models.DateTimeField(blank=True, null=True)),
    ]
