"""Open the append-only timeline for exactly one change: words that a later entry withdraws.

An UPDATE passes when it does nothing but put the sign in place of some strings and take away their
salts, all of which a later entry of the same incident names. Every other one is refused as before.
"""

from django.db import migrations

OPEN = r"""
CREATE FUNCTION endstate_without_words(value jsonb, pointer text, gone text[]) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  CASE jsonb_typeof(value)
  WHEN 'string' THEN
    RETURN CASE WHEN pointer = ANY(gone) THEN '"[withdrawn]"'::jsonb ELSE value END;
  WHEN 'object' THEN
    RETURN coalesce((
      SELECT jsonb_object_agg(key, endstate_without_words(
        each.value, pointer || '/' || replace(replace(key, '~', '~0'), '/', '~1'), gone))
      FROM jsonb_each(value) AS each), '{}');
  WHEN 'array' THEN
    RETURN coalesce((
      SELECT jsonb_agg(endstate_without_words(item, pointer || '/' || (place - 1), gone) ORDER BY place)
      FROM jsonb_array_elements(value) WITH ORDINALITY AS listed(item, place)), '[]');
  ELSE
    RETURN value;
  END CASE;
END $$;

CREATE OR REPLACE FUNCTION refuse_change_of_record() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  gone text[];
BEGIN
  IF TG_OP = 'UPDATE' THEN
    IF jsonb_typeof(OLD.salts) = 'object' AND jsonb_typeof(NEW.salts) = 'object' THEN
      gone := ARRAY(SELECT key FROM jsonb_object_keys(OLD.salts) AS key WHERE NOT NEW.salts ? key);
      IF cardinality(gone) > 0
        AND NEW.salts = OLD.salts - gone
        AND NEW.text = (CASE WHEN '/text' = ANY(gone) THEN '[withdrawn]' ELSE OLD.text END)
        AND NEW.data = endstate_without_words(OLD.data, '/data', gone)
        AND to_jsonb(NEW) - ARRAY['text', 'data', 'salts'] = to_jsonb(OLD) - ARRAY['text', 'data', 'salts']
        AND NOT (OLD.kind = 'text_withdrawn'
          AND EXISTS (SELECT FROM unnest(gone) AS leaf WHERE leaf LIKE '/data/leaves/%'))
        AND EXISTS (
          SELECT FROM incidents_timelineentry AS told
          WHERE told.incident_id = OLD.incident_id AND told.seq > OLD.seq
            AND told.kind = 'text_withdrawn' AND told.data -> 'entry' = to_jsonb(OLD.seq)
            AND jsonb_typeof(told.data -> 'leaves') = 'array'
            AND told.data -> 'leaves' @> to_jsonb(gone))
      THEN
        RETURN NEW;
      END IF;
    END IF;
  END IF;
  RAISE EXCEPTION 'the timeline is append-only' USING ERRCODE = 'integrity_constraint_violation';
END $$;
"""
SHUT = """
CREATE OR REPLACE FUNCTION refuse_change_of_record() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'the timeline is append-only' USING ERRCODE = 'integrity_constraint_violation'; END $$;
DROP FUNCTION endstate_without_words(jsonb, text, text[]);
"""


class Migration(migrations.Migration):
    dependencies = [("incidents", "0014_entries_by_actor")]
    operations = [migrations.RunSQL(OPEN, SHUT)]
