"""Let a token be an agent, with so many calls a minute."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("people", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="AgentToken",
            fields=[],
            options={
                "verbose_name": "agent",
                "proxy": True,
                "indexes": [],
                "constraints": [],
            },
            bases=("people.apitoken",),
        ),
        migrations.AddField(
            model_name="apitoken",
            name="calls_a_minute",
            field=models.PositiveIntegerField(
                default=60, help_text="Counted for agents only.", verbose_name="calls a minute"
            ),
        ),
        migrations.AddField(
            model_name="apitoken",
            name="counted_calls",
            field=models.PositiveIntegerField(default=0, editable=False),
        ),
        migrations.AddField(
            model_name="apitoken",
            name="counted_since",
            field=models.DateTimeField(editable=False, null=True),
        ),
    ]
