"""Note of a signal since when its source answers nothing, and why."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("incidents", "0012_obligation_templates"),
    ]

    operations = [
        migrations.AddField(
            model_name="signal",
            name="no_data_because",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                editable=False,
                help_text="Why its query answers nothing.",
                max_length=250,
            ),
        ),
        migrations.AddField(
            model_name="signal",
            name="no_data_since",
            field=models.DateTimeField(editable=False, null=True),
        ),
    ]
