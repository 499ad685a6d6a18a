"""Make the timeline append-only in the database and lay down the default severity policies."""

from typing import Any

from django.db import migrations

APPEND_ONLY = """
CREATE FUNCTION refuse_change_of_record() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'the timeline is append-only' USING ERRCODE = 'integrity_constraint_violation'; END $$;
CREATE TRIGGER entry_append_only BEFORE UPDATE OR DELETE ON incidents_timelineentry
  FOR EACH ROW EXECUTE FUNCTION refuse_change_of_record();
CREATE TRIGGER entry_never_truncated BEFORE TRUNCATE ON incidents_timelineentry
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_record();
CREATE SEQUENCE incident_number;
"""
BACK = """
DROP SEQUENCE incident_number;
DROP TRIGGER entry_never_truncated ON incidents_timelineentry;
DROP TRIGGER entry_append_only ON incidents_timelineentry;
DROP FUNCTION refuse_change_of_record();
"""

POLICIES = [
    # severity, definition, interval, triage, enforcement, review, wakes
    (
        "sev1",
        "More than a quarter of users, or a money journey, cannot do what they came for.",
        15,
        15,
        "enforce",
        True,
        True,
    ),
    (
        "sev2",
        "Up to a quarter of users are blocked, or everybody is badly slowed.",
        20,
        20,
        "enforce",
        True,
        True,
    ),
    (
        "sev3",
        "A few users are blocked, or a workaround exists for everybody.",
        60,
        None,
        "warn",
        False,
        False,
    ),
    (
        "sev4",
        "Nobody is blocked; something is wrong that will bite if left.",
        240,
        None,
        "warn",
        False,
        False,
    ),
]


def lay_down_policies(apps: Any, schema_editor: Any) -> None:
    """PRODUCT.md P40 and P34: intervals 15, 20, 60, 240 minutes; triage 15 and 20."""
    policy = apps.get_model("incidents", "SeverityPolicy")
    for severity, definition, interval, triage, enforcement, review, wakes in POLICIES:
        policy.objects.create(
            severity=severity,
            definition=definition,
            update_interval_min=interval,
            triage_window_min=triage,
            enforcement=enforcement,
            review_required=review,
            wakes_at_night=wakes,
        )


class Migration(migrations.Migration):
    dependencies = [("incidents", "0001_initial")]
    operations = [
        migrations.RunSQL(APPEND_ONLY, BACK),
        migrations.RunPython(lay_down_policies, migrations.RunPython.noop),
    ]
