"""Say when an incident was cancelled or merged, and let a stakeholder help on one incident."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("incidents", "0005_words_without_unseen_signs"),
    ]

    operations = [
        migrations.AddField(
            model_name="incident",
            name="ended_at",
            field=models.DateTimeField(
                blank=True, help_text="When it was cancelled or merged.", null=True
            ),
        ),
        migrations.AlterField(
            model_name="roleassignment",
            name="role",
            field=models.CharField(
                choices=[
                    ("commander", "Commander"),
                    ("fix_owner", "Fix owner"),
                    ("deputy", "Deputy"),
                    ("communications", "Communications"),
                    ("scribe", "Scribe"),
                    ("responder", "Responder"),
                    ("helper", "Helper"),
                    ("observer", "Observer"),
                ],
                max_length=15,
            ),
        ),
        # What ended before says so too, and what nobody has named yet goes by its title.
        migrations.RunSQL(
            """
            UPDATE incidents_incident SET ended_at = (
                SELECT max(entry.at) FROM incidents_timelineentry AS entry
                WHERE entry.incident_id = incidents_incident.id
                  AND entry.kind = incidents_incident.status
            ) WHERE status IN ('cancelled', 'merged')
            """,
            migrations.RunSQL.noop,
        ),
        migrations.RunSQL(
            "UPDATE incidents_incident SET statement = title WHERE statement = ''",
            migrations.RunSQL.noop,
        ),
    ]
