"""A proxy of the outbox, so that the admin has a page of channels. Changes no table."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("notifications", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="ChannelStatus",
            fields=[],
            options={
                "verbose_name": "channel",
                "verbose_name_plural": "channels",
                "proxy": True,
                "indexes": [],
                "constraints": [],
            },
            bases=("notifications.delivery",),
        ),
    ]
