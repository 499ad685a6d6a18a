"""The record: append-only, chained, and complete or nothing."""

from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from incidents.lifecycle.notes import add_note
from incidents.record import timeline
from incidents.record.models import Incident, TimelineEntry
from incidents.record.timeline import record, verify
from incidents.updates.models import Update
from people.models import User
from refusals.errors import Invalid
from tests.incidents.cast import fresh, publish


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE incidents_timelineentry SET text = 'x'",
        "DELETE FROM incidents_timelineentry",
        "TRUNCATE incidents_timelineentry CASCADE",
    ],
)
def test_the_database_refuses_to_change_the_record(incident: Incident, statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            cursor.execute(statement)
    assert incident.entries.count() == 1


def alter(sql: str) -> None:
    """Change the record behind the trigger's back."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(sql)
        cursor.execute("SET LOCAL session_replication_role = origin")


@pytest.mark.parametrize(
    ("sql", "bad"),
    [
        ("UPDATE incidents_timelineentry SET text = 'nice' WHERE seq = 2", 2),
        ("UPDATE incidents_timelineentry SET at = at + interval '1 s' WHERE seq = 3", 3),
        ("UPDATE incidents_timelineentry SET data = '{}' WHERE seq = 1", 1),
        ("UPDATE incidents_timelineentry SET actor_id = NULL WHERE seq = 2", 2),
        ("DELETE FROM incidents_timelineentry WHERE seq = 2", 2),
        ("DELETE FROM incidents_timelineentry WHERE seq = 3", 3),
    ],
)
def test_an_altered_or_missing_entry_is_found(
    incident: Incident, commander: User, sql: str, bad: int
) -> None:
    add_note(incident, by=commander, text="1e16 is a number: ü.")
    record_large_number(incident, commander)
    assert verify(fresh(incident)) is None
    alter(sql)
    found = verify(fresh(incident))
    assert found is not None
    assert found.seq == bad


def record_large_number(incident: Incident, by: User) -> None:
    """An entry whose data jsonb rewrites."""
    with transaction.atomic():
        locked = Incident.objects.select_for_update().get(pk=incident.pk)
        record(locked, "note", by=by, text="A number.", value=1e16, half=0.5)


def test_verify_timeline_exits_with_the_first_bad_entry(
    incident: Incident, commander: User
) -> None:
    call_command("verify_timeline", incident.ref)
    alter("UPDATE incidents_timelineentry SET text = 'nice' WHERE seq = 1")
    with pytest.raises(CommandError, match=f"{incident.ref}.* 1 "):
        call_command("verify_timeline")


def test_a_note_of_the_future_or_of_nothing_is_refused(incident: Incident, commander: User) -> None:
    wrong: list[dict[str, Any]] = [{"text": ""}, {"text": "x", "kind": "declared"}]
    wrong.append({"text": "x" * 2001})
    for fields in wrong:
        with pytest.raises(Invalid):
            add_note(incident, by=commander, **fields)
    assert incident.entries.count() == 1


def test_a1_an_exception_after_any_statement_leaves_nothing(
    incident: Incident, commander: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = fresh(incident).version

    def fail(*args: object, **kwargs: object) -> None:
        raise RuntimeError("the process dies here")

    monkeypatch.setattr(timeline, "announce", fail)
    with pytest.raises(RuntimeError):
        publish(incident, commander)
    assert (fresh(incident).version, Update.objects.count()) == (version, 0)
    assert TimelineEntry.objects.count() == 1
