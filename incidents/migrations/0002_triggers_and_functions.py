"""The append-only timeline, the sequence of incident numbers, and the function that folds words.

An UPDATE of the timeline passes when it does nothing but put the sign in place of some strings and
take away their salts, all of which a later entry of the same incident names. Every other change is
refused, by row and by TRUNCATE.
"""

from django.db import migrations

APPEND_ONLY = r"""
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

CREATE FUNCTION refuse_change_of_record() RETURNS trigger LANGUAGE plpgsql AS $$
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

CREATE TRIGGER entry_append_only BEFORE UPDATE OR DELETE ON incidents_timelineentry
  FOR EACH ROW EXECUTE FUNCTION refuse_change_of_record();
CREATE TRIGGER entry_never_truncated BEFORE TRUNCATE ON incidents_timelineentry
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_record();
"""
NOT_APPEND_ONLY = """
DROP TRIGGER entry_never_truncated ON incidents_timelineentry;
DROP TRIGGER entry_append_only ON incidents_timelineentry;
DROP FUNCTION refuse_change_of_record();
DROP FUNCTION endstate_without_words(jsonb, text, text[]);
"""

#: Words are found however they are written: without case, accents and ligatures.
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


class Migration(migrations.Migration):
    dependencies = [("incidents", "0001_initial")]

    operations = [
        migrations.RunSQL(APPEND_ONLY, NOT_APPEND_ONLY),
        migrations.RunSQL("CREATE SEQUENCE incident_number", "DROP SEQUENCE incident_number"),
        migrations.RunSQL(FOLDED, "DROP FUNCTION endstate_folded(text)"),
    ]
