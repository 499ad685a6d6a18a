"""Samples remember what a fast clock said, impacts what their signal said at their end, links may
open a chat or call tool, and words are found however they are written."""

from django.db import migrations, models

import pages.validators

FOLDED = r"""
CREATE FUNCTION endstate_folded(words text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT CASE WHEN octet_length(words) = char_length(words) THEN lower(words) ELSE
    replace(replace(replace(replace(
      lower(translate(
        regexp_replace(normalize(words, NFKD), '[\u0300-\u036f]', '', 'g'),
        'ẞıøØłŁđĐħĦ', 'ßioollddhh')),
      'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe'), 'ς', 'σ')
  END
$$
"""
ENDED = """
UPDATE incidents_impact AS impact SET value_at_end = (
  SELECT sample.value FROM incidents_sample AS sample
  WHERE sample.signal_id = impact.signal_id AND sample.at <= incident.impact_ended_at
  ORDER BY sample.at DESC LIMIT 1)
FROM incidents_incident AS incident
WHERE incident.id = impact.incident_id AND incident.impact_ended_at IS NOT NULL
  AND impact.signal_id IS NOT NULL
"""


def _link(name: str | None = None) -> "models.CharField[str, str]":
    return models.CharField(
        name, blank=True, max_length=500, validators=[pages.validators.check_link]
    )


class Migration(migrations.Migration):
    dependencies = [("incidents", "0010_digests_in_the_chain")]

    operations = [
        migrations.AddField("sample", "said_at", models.DateTimeField(null=True, editable=False)),
        migrations.AddField(
            "impact",
            "value_at_end",
            models.FloatField(
                null=True, editable=False, help_text="What the signal said when the impact ended."
            ),
        ),
        migrations.AlterField("incident", "chat_url", _link()),
        migrations.AlterField("incident", "call_url", _link()),
        migrations.AlterField("service", "chat_url", _link("default room")),
        migrations.AlterField("service", "call_url", _link()),
        migrations.AlterField(
            "service",
            "runbook_url",
            models.CharField(
                blank=True, max_length=500, validators=[pages.validators.check_address]
            ),
        ),
        migrations.RunSQL(ENDED, migrations.RunSQL.noop),
        migrations.RunSQL(FOLDED, "DROP FUNCTION endstate_folded(text)"),
    ]
