"""Two people who enter the same address have a subscription each: its key names both."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("stakeholders", "0001_initial")]

    operations = [
        migrations.RunSQL(
            "UPDATE stakeholders_subscription SET key = key || ':p' || person_id "
            "WHERE address <> ''",
            reverse_sql=migrations.RunSQL.noop,
        )
    ]
