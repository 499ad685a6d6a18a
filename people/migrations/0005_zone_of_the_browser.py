"""Whether somebody chose their zone: who has another than the one every account began with did."""

from typing import Any

from django.db import migrations, models


def keep_what_was_chosen(apps: Any, schema_editor: Any) -> None:
    """Count every zone but UTC as chosen, so that no sign-in takes another for it."""
    apps.get_model("people", "User").objects.exclude(time_zone="UTC").update(zone_is_chosen=True)


class Migration(migrations.Migration):
    dependencies = [("people", "0004_words_of_the_admin")]

    operations = [
        migrations.AddField(
            model_name="user",
            name="zone_is_chosen",
            field=models.BooleanField(
                db_default=False,
                default=False,
                editable=False,
                help_text="Whether somebody chose the zone; else it is the browser's they sign in with.",
            ),
        ),
        migrations.RunPython(keep_what_was_chosen, migrations.RunPython.noop),
    ]
