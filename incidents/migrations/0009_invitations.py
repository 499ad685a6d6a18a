"""Let several people be invited to one incident: only a single seat is offered to one at a time."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("incidents", "0008_agents")]

    operations = [
        migrations.RemoveConstraint(model_name="roleassignment", name="role_offered_once"),
        migrations.AddConstraint(
            model_name="roleassignment",
            constraint=models.UniqueConstraint(
                condition=models.Q(
                    ended_at__isnull=True,
                    accepted_at__isnull=True,
                    role__in=["commander", "fix_owner", "deputy", "communications", "scribe"],
                ),
                fields=("incident", "role"),
                name="role_offered_once",
            ),
        ),
    ]
