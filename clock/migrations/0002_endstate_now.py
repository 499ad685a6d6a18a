"""Add the SQL function by which every due time is decided."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("clock", "0001_initial")]
    operations = [
        migrations.RunSQL(
            """
            CREATE FUNCTION endstate_now() RETURNS timestamptz LANGUAGE sql VOLATILE AS $$
              SELECT clock_timestamp() + make_interval(
                secs => coalesce((SELECT seconds FROM clock_offset WHERE id = 1), 0))
            $$
            """,
            "DROP FUNCTION endstate_now()",
        )
    ]
