"""Say when an incident was cancelled or merged, so that pages say so for a while."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("incidents", "0003_policies"),
    ]

    operations = [
        migrations.AddField(
            model_name="incident",
            name="ended_at",
            field=models.DateTimeField(
                blank=True, help_text="When it was cancelled or merged.", null=True
            ),
        ),
    ]
