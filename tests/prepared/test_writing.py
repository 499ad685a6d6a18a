"""Rows written by texts that are made once: what stands there is what the ORM would write."""

from datetime import UTC, datetime, time
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, models, transaction
from django.test.utils import CaptureQueriesContext

from deadlines.models import Deadline
from incidents.record.models import Incident
from people.models import Role, User
from prepared.writing import insert, insert_and_update, update

AT = datetime(2026, 3, 29, 1, 30, 0, 123456, tzinfo=UTC)
WORDS = "É “a” 'b' \\ %s %% \n 100 % \u2028"


def stored(row: models.Model) -> dict[str, Any]:
    """Every column of a row as it is in the database."""
    (values,) = type(row)._default_manager.filter(pk=row.pk).values()
    return values


def deadline(owner: User | None, **fields: Any) -> Deadline:
    given: dict[str, Any] = {
        "kind": "test",
        "subject_id": 2**40,
        "owner": owner,
        "due_at": AT,
        "context": {"a": [1, 2.5, None, True, WORDS]},
        "created_at": AT,
        "last_error": WORDS,
    }
    return Deadline(**{**given, **fields})


@pytest.fixture
def person(db: None) -> User:
    return User.objects.create_user("ann@x.test", name="Ann", role=Role.RESPONDER)


@pytest.mark.parametrize("next_step_at", [None, AT])
def test_what_is_inserted_is_what_the_orm_inserts(
    person: User, next_step_at: datetime | None
) -> None:
    for owner in (person, None):
        ours = deadline(owner, next_step_at=next_step_at)
        theirs = deadline(owner, next_step_at=next_step_at, subject_id=2**40 + 1)
        with CaptureQueriesContext(connection) as asked:
            insert(ours)
        theirs.save(force_insert=True)
        assert len(asked) == 1
        assert not ours._state.adding
        same = {"id": theirs.pk, "subject_id": theirs.subject_id}
        assert {**stored(ours), **same} == stored(theirs)
        ours.last_error = ""
        ours.save()
        ours.delete()
        theirs.delete()


def test_an_incident_of_all_types_is_written_as_it_is(incident: Incident) -> None:
    incident.title, incident.set_times = WORDS, [time(9, 0), time(16, 30, 5)]
    incident.quiet_from, incident.caused_by_change = time(22, 0), None
    incident.time_sources = {"declared_at": {"source": "manual", "reason": WORDS}}
    incident.expected_back_at, incident.version = AT, 2**40
    update(incident)
    ours = stored(incident)
    Incident.objects.filter(pk=incident.pk).update(title="", set_times=[], version=0)
    incident.save()
    assert ours == stored(incident)


def test_named_fields_are_written_and_no_others(incident: Incident) -> None:
    incident.title, incident.blocker = "Another", "Left alone"
    update(incident, ["title"])
    found = Incident.objects.get(pk=incident.pk)
    assert (found.title, found.blocker) == ("Another", "")


def test_a_row_that_is_gone_is_said(person: User) -> None:
    row = deadline(person)
    insert(row)
    Deadline.objects.all().delete()
    with pytest.raises(DatabaseError, match="gone"):
        update(row, ["step"])
    other = deadline(person, subject_id=3)
    other.pk = row.pk + 1
    with pytest.raises(DatabaseError, match="gone"), transaction.atomic():
        insert_and_update(other, row, ["step"])
    assert not Deadline.objects.exists()


def test_what_breaks_a_rule_of_the_table_is_refused_and_writes_neither(
    person: User, incident: Incident
) -> None:
    first = deadline(person)
    insert(first)
    with pytest.raises(IntegrityError), transaction.atomic():
        insert(deadline(person))
    second = deadline(person)
    second.pk = first.pk + 1
    incident.title = "Never written"
    with pytest.raises(IntegrityError), transaction.atomic():
        insert_and_update(second, incident, ["title"])
    assert Incident.objects.get(pk=incident.pk).title != "Never written"


def test_both_are_written_by_one_statement(person: User, incident: Incident) -> None:
    new = deadline(person)
    new.pk = 77
    incident.title = "With it"
    with CaptureQueriesContext(connection) as asked:
        insert_and_update(new, incident, ["title"])
    assert len(asked) == 1
    assert Deadline.objects.get(pk=77).context == new.context
    assert Incident.objects.get(pk=incident.pk).title == "With it"


def test_numbers_of_any_size_need_one_plan(incident: Incident) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_prepared_statements")
        (before,) = cursor.fetchone()
        for number in (1, 40_000, 2**40):
            incident.version = number
            update(incident, ["version"])
        cursor.execute("SELECT count(*) FROM pg_prepared_statements")
        (after,) = cursor.fetchone()
    assert after - before <= 1
