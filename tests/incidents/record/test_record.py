"""The record: append-only, chained, and complete or nothing."""

import json
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.db.models import Field
from django.test.utils import CaptureQueriesContext

from incidents.lifecycle.declaring import declare_incident
from incidents.lifecycle.notes import add_note
from incidents.record import timeline
from incidents.record.models import Incident, TimelineEntry
from incidents.record.timeline import WITHDRAWAL, WITHDRAWN, record, verify
from incidents.updates.models import Update
from people.models import User
from refusals.errors import Invalid
from tests.incidents.cast import fresh, publish


@pytest.mark.owner
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


ENTRY = "UPDATE incidents_timelineentry SET"

#: For every column of an entry: what writes something else into the second of four.
COLUMNS = {
    "id": "id = id + 1000000000",
    "incident": "incident_id = (SELECT max(id) FROM incidents_incident)",
    "seq": "seq = 7",
    "at": "at = at + interval '1 us'",
    "recorded_at": "recorded_at = recorded_at - interval '1 us'",
    "afterwards": "afterwards = NOT afterwards",
    "kind": "kind = 'decision'",
    "actor": "actor_id = (SELECT max(id) FROM people_user WHERE id <> actor_id)",
    "text": "text = 'nice'",
    "data": "data = '{\"more\": 1}'",
    "salts": 'salts = salts || \'{"/data/more": "00"}\'',
    "canonical": "canonical = canonical || ' '",
    "previous_hash": "previous_hash = ''",
    "hash": "hash = reverse(hash)",
}


@pytest.fixture
def four(incident: Incident, commander: User, responder: User) -> Incident:
    """An incident with four entries, and another one after it."""
    declare_incident(by=responder, title="Another", severity="sev3")
    add_note(incident, by=commander, text="1e16 is a number: ü.")
    write(
        incident, commander, value=1e16, half=0.5, big=1e23, yes=True, flat=-0.0, words=["a", "b"]
    )
    write(incident, commander, deep={"a/b~": [{"x": ""}], "none": None})
    assert [entry.seq for entry in incident.entries.order_by("seq")] == [1, 2, 3, 4]
    return incident


def write(incident: Incident, by: User, kind: str = "note", **data: Any) -> None:
    """An entry with data, some of which jsonb rewrites."""
    with transaction.atomic():
        locked = Incident.objects.select_for_update().get(pk=incident.pk)
        record(locked, kind, by=by, text="My password is hunter2.", **data)


def found_in(incident: Incident) -> tuple[int, str] | None:
    """Where the record of the incident is not true, and why."""
    bad = verify(fresh(incident))
    return (bad.seq, bad.what) if bad else None


@pytest.mark.owner
@pytest.mark.parametrize("field", TimelineEntry._meta.concrete_fields, ids=lambda each: each.name)
def test_every_column_that_is_altered_is_found(four: Incident, field: "Field[Any, Any]") -> None:
    assert found_in(four) is None
    alter(f"{ENTRY} {COLUMNS[field.name]} WHERE incident_id = {four.pk} AND seq = 2")
    found = found_in(four)
    assert found is not None
    assert found[0] == 2


ALTERED = "was altered beside its hashed text"
MISSING = "is missing"


@pytest.mark.owner
@pytest.mark.parametrize(
    "change",
    [
        "data = '{}'",
        "data = 'null'",
        "data = jsonb_set(data, '{yes}', '1')",
        "data = jsonb_set(data, '{big}', '1e22')",
        "data = jsonb_set(data, '{words}', '[\"b\", \"a\"]')",
        'data = jsonb_set(data, \'{words}\', \'{"0": "a", "1": "b"}\')',
        "salts = '[]'",
        "salts = salts - '/text'",
        "salts = salts - '/text', text = '[withdrawn]'",
        "salts = jsonb_set(salts, '{/text}', '7')",
    ],
)
def test_words_numbers_and_salts_that_are_altered_are_found(four: Incident, change: str) -> None:
    alter(f"{ENTRY} {change} WHERE incident_id = {four.pk} AND seq = 3")
    assert found_in(four) == (3, ALTERED)


@pytest.mark.owner
@pytest.mark.parametrize(
    ("changes", "bad"),
    [
        (["DELETE FROM incidents_timelineentry WHERE {entry} AND seq = 2"], (2, MISSING)),
        (["DELETE FROM incidents_timelineentry WHERE {entry} AND seq = 4"], (4, MISSING)),
        (["DELETE FROM incidents_timelineentry WHERE {entry}"], (1, MISSING)),
        (
            [
                "UPDATE incidents_timelineentry SET seq = 99 WHERE {entry} AND seq = 2",
                "UPDATE incidents_timelineentry SET seq = 2 WHERE {entry} AND seq = 3",
                "UPDATE incidents_timelineentry SET seq = 3 WHERE {entry} AND seq = 99",
            ],
            (2, "does not match its hash"),
        ),
        (
            ["UPDATE incidents_incident SET last_hash = reverse(last_hash) WHERE {this}"],
            (4, "is not the one the incident ends with"),
        ),
        (["UPDATE incidents_incident SET last_seq = 5 WHERE {this}"], (5, MISSING)),
        (
            ["UPDATE incidents_incident SET last_seq = 3 WHERE {this}"],
            (4, "comes after the incident's last"),
        ),
        (["UPDATE incidents_incident SET number = number + 9 WHERE {this}"], (1, ALTERED)),
    ],
)
def test_a_removed_or_swapped_entry_and_an_altered_end_are_found(
    four: Incident, changes: list[str], bad: tuple[int, str]
) -> None:
    for change in changes:
        alter(change.format(entry=f"incident_id = {four.pk}", this=f"id = {four.pk}"))
    assert found_in(four) == bad


def withdraw(incident: Incident, seq: int, words: str = "[withdrawn]") -> None:
    """Replace the text and the deepest word of an entry and throw their salts away."""
    alter(
        f"{ENTRY} text = '{words}', salts = salts - '/text' - '/data/deep/a~1b~0/0/x', "
        f"data = jsonb_set(data, '{{deep,a/b~,0,x}}', '\"{words}\"') "
        f"WHERE incident_id = {incident.pk} AND seq = {seq}"
    )


LEAVES = ["/text", "/data/deep/a~1b~0/0/x"]


@pytest.mark.owner
def test_withdrawn_words_leave_the_chain_whole(four: Incident, commander: User) -> None:
    said = four.entries.get(seq=4)
    write(four, commander, WITHDRAWAL, entry=4, leaves=LEAVES, reason="A password.")
    withdraw(four, 4)
    assert found_in(four) is None
    stands = four.entries.get(seq=4)
    assert (stands.text, stands.data) == (
        WITHDRAWN,
        {"deep": {"a/b~": [{"x": WITHDRAWN}], "none": None}},
    )
    assert (stands.salts, stands.canonical, stands.hash) == ({}, said.canonical, said.hash)
    add_note(four, by=commander, text="It goes on.")
    assert found_in(four) is None


@pytest.mark.owner
@pytest.mark.parametrize(
    ("data", "seq"),
    [
        ({}, 4),
        ({"entry": "4", "leaves": LEAVES}, 4),
        ({"entry": 4, "leaves": "/text"}, 4),
        ({"entry": 4, "leaves": LEAVES[:1]}, 4),
        ({"entry": 5, "leaves": LEAVES}, 4),
        ({"entry": 3, "leaves": LEAVES}, 3),
    ],
)
def test_words_are_missing_only_where_a_later_entry_withdrew_them(
    four: Incident, commander: User, data: dict[str, Any], seq: int
) -> None:
    write(four, commander, WITHDRAWAL, **data)
    withdraw(four, 4)
    assert found_in(four) == (seq, ALTERED)


@pytest.mark.owner
def test_a_forged_withdrawal_is_found(four: Incident, commander: User) -> None:
    write(four, commander, entry=4, leaves=LEAVES)
    withdraw(four, 4)
    alter(f"{ENTRY} kind = '{WITHDRAWAL}' WHERE incident_id = {four.pk} AND seq = 5")
    assert found_in(four) == (5, ALTERED)


@pytest.mark.owner
def test_nothing_but_the_sign_stands_where_words_were_withdrawn(
    four: Incident, commander: User
) -> None:
    write(four, commander, WITHDRAWAL, entry=4, leaves=LEAVES)
    assert found_in(four) == (4, ALTERED), "withdrawn, and the words still stand"
    withdraw(four, 4)
    assert found_in(four) is None
    withdraw(four, 4, words="nice")
    assert found_in(four) == (4, ALTERED)
    withdraw(four, 4)
    alter(f"{ENTRY} afterwards = true WHERE incident_id = {four.pk} AND seq = 4")
    assert found_in(four) == (4, ALTERED)


def test_what_the_chain_covers_says_nothing_of_the_words(four: Incident, commander: User) -> None:
    """Equal words have different digests, so nobody finds withdrawn ones by trying."""
    write(four, commander, deep={"x": "hunter2"}, again="hunter2")
    covered = [entry.canonical for entry in four.entries.order_by("seq")]
    assert [text for text in covered if "hunter2" in text or "number" in text] == []
    said = json.loads(covered[4])
    digests = [said["text"], said["data"]["deep"]["x"], said["data"]["again"]]
    assert [len(digest) for digest in digests] == [64, 64, 64]
    assert len(set(digests)) == 3
    assert json.loads(covered[3])["text"] != said["text"]


def test_a_line_of_the_record_costs_one_statement(incident: Incident, commander: User) -> None:
    with transaction.atomic():
        locked = Incident.objects.select_for_update().get(pk=incident.pk)
        with CaptureQueriesContext(connection) as asked:
            record(locked, "thanked", by=commander, text="A line.", words=["a"] * 20)
    assert [query["sql"].split('"')[0] for query in asked] == [
        "SELECT endstate_now()",
        "WITH added AS (INSERT INTO ",
    ]


@pytest.mark.owner
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
