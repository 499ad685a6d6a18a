"""When rates of impact stop counting, apart from the first mitigation."""

from django.db import migrations, models

FILL = """
UPDATE incidents_incident SET impact_ended_at = mitigated_at
WHERE mitigated_at IS NOT NULL AND status IN ('monitoring', 'resolved', 'closed');
UPDATE incidents_incident SET impact_ended_at = (
    SELECT max(entry.at) FROM incidents_timelineentry AS entry
    WHERE entry.incident_id = incidents_incident.id AND entry.kind IN ('cancelled', 'merged'))
WHERE status IN ('cancelled', 'merged');
"""


class Migration(migrations.Migration):
    dependencies = [
        ("incidents", "0004_ladder_steps"),
    ]

    operations = [
        migrations.AddField(
            model_name="incident",
            name="impact_ended_at",
            field=models.DateTimeField(
                blank=True,
                help_text="When rates of impact stopped counting: mitigation, or the end. "
                "Empty: they run.",
                null=True,
            ),
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
    ]
