"""Queries compiled once: the same rows as the ORM's own, whatever the values and the thread."""

import threading
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest
from django.conf import settings
from django.db import NotSupportedError, connection, transaction
from django.db.models import Count, QuerySet
from django.db.models.functions import Upper
from django.db.transaction import TransactionManagementError
from django.test.utils import CaptureQueriesContext

from people.actions import issue_token
from people.models import ApiToken, Role, User
from prepared import prepared
from tests.servers import address_of


@prepared
def by_id(person: int) -> "QuerySet[Any]":
    """One account, with a column of its own."""
    return User.objects.filter(pk=person).annotate(loud=Upper("name"), tokens_held=Count("tokens"))  # type: ignore[no-any-return]


@prepared
def called(name: str, role: str) -> "QuerySet[Any, str]":
    """Addresses."""
    people = User.objects.filter(name=name, role=role).order_by("email")
    return people.values_list("email", flat=True)  # type: ignore[no-any-return]


@prepared
def those(ids: list[int]) -> "QuerySet[Any]":
    """Accounts by id."""
    return User.objects.filter(pk__among=ids).order_by("pk")  # type: ignore[no-any-return]


@prepared
def newest_token(person: int) -> "QuerySet[ApiToken]":
    """The newest token with its person."""
    return ApiToken.objects.filter(user=person).select_related("user").order_by("-pk")[:1]


@prepared
def locked(person: int) -> "QuerySet[Any]":
    """One account, locked."""
    return User.objects.select_for_update(no_key=True).filter(pk=person)  # type: ignore[no-any-return]


@prepared
def before(moment: datetime) -> "QuerySet[Any, str]":
    """Addresses of who joined before a moment."""
    people = User.objects.filter(date_joined__lt=moment).order_by("email")
    return people.values_list("email", flat=True)  # type: ignore[no-any-return]


@pytest.fixture
def people(db: None) -> list[User]:
    return [
        User.objects.create_user(f"{name.lower()}@x.test", name=name, role=Role.RESPONDER)
        for name in ("Ann", "Ben", "Ida")
    ]


def test_the_same_text_serves_other_values(people: list[User]) -> None:
    ann, ben, _ = people
    assert [(one, one.loud, one.tokens_held) for one in by_id(ann.pk)] == [(ann, "ANN", 0)]
    with CaptureQueriesContext(connection) as asked:
        (found,) = by_id(ben.pk)
    assert (found, found.loud, len(asked)) == (ben, "BEN", 1)
    assert found.date_joined == ben.date_joined
    assert by_id(0) == []
    assert by_id.first(0) is None


def test_words_stand_where_they_were_named(people: list[User]) -> None:
    assert called("Ann", Role.RESPONDER) == ["ann@x.test"]
    assert called("Ann", Role.ADMIN) == []
    assert called("' OR true --", Role.RESPONDER) == []


def test_moments_stand_where_they_were_named(people: list[User]) -> None:
    ann, ben, _ = people
    User.objects.filter(pk=ann.pk).update(date_joined=datetime(2020, 5, 1, 12, tzinfo=UTC))
    User.objects.filter(pk=ben.pk).update(date_joined=datetime(2021, 5, 1, 12, tzinfo=UTC))
    assert before(datetime(2020, 5, 1, 12, tzinfo=UTC)) == []
    assert before(datetime(2020, 5, 1, 15, tzinfo=ZoneInfo("Europe/Berlin"))) == [ann.email]
    assert before(datetime(2021, 5, 1, 13, tzinfo=UTC)) == [ann.email, ben.email]


def test_one_text_for_however_many(people: list[User]) -> None:
    ann, ben, ida = people
    assert those([]) == []
    assert those([ida.pk, ann.pk]) == [ann, ida]
    assert those([ben.pk, 2**40]) == [ben]


def test_what_is_selected_along_is_there(people: list[User]) -> None:
    ann, ben, _ = people
    issue_token(ann, name="first")
    issue_token(ann, name="second")
    issue_token(ben, name="other")
    token = newest_token.first(ann.pk)
    assert token is not None
    with CaptureQueriesContext(connection) as asked:
        assert (token.name, token.user.name, token.scopes) == (
            "second",
            "Ann",
            ["read", "write", "ingest"],
        )
    assert len(asked) == 0


@pytest.mark.django_db(transaction=True)
def test_rows_are_locked_inside_of_a_transaction_only() -> None:
    person = User.objects.create_user("ann@x.test", name="Ann")
    with transaction.atomic():
        assert locked(person.pk) == [person]
    with pytest.raises(TransactionManagementError):
        locked(person.pk)


@pytest.mark.django_db(transaction=True)
def test_every_thread_asks_on_its_own_connection() -> None:
    person = User.objects.create_user("ann@x.test", name="Ann")
    by_id(person.pk)
    found: list[Any] = []

    def ask() -> None:
        with transaction.atomic():
            backend = connection.cursor().connection.info.backend_pid
            User.objects.filter(pk=person.pk).update(name="Seen by this thread alone")
            found.extend([backend, by_id.first(person.pk).name])  # type: ignore[union-attr]
            transaction.set_rollback(True)
        connection.close()

    thread = threading.Thread(target=ask)
    thread.start()
    thread.join()
    assert found[1] == "Seen by this thread alone"
    assert found[0] != connection.cursor().connection.info.backend_pid


@pytest.mark.usefixtures("people")
def test_arguments_are_given_by_position_and_all_of_them() -> None:
    with pytest.raises(TypeError, match="by position"):
        by_id(person=1)
    with pytest.raises(TypeError, match="by position"):
        called("Ann")  # type: ignore[call-arg]


@pytest.mark.usefixtures("people")
def test_what_cannot_be_prepared_is_refused() -> None:
    @prepared
    def fetching(person: int) -> "QuerySet[Any]":
        return User.objects.filter(pk=person).prefetch_related("tokens")  # type: ignore[no-any-return]

    @prepared
    def odd(name: float) -> "QuerySet[Any]":
        return User.objects.filter(pk=name)  # type: ignore[no-any-return]

    with pytest.raises(TypeError, match="prefetch_related"):
        fetching(1)
    with pytest.raises(TypeError, match="name is neither"):
        odd(1.0)


def kept() -> list[tuple[str, bool]]:
    """The statements this connection's server keeps, and whether their plan serves any value."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement, generic_plans > 0 FROM pg_prepared_statements")
        return list(cursor.fetchall())


@pytest.mark.django_db(transaction=True)
def test_the_server_keeps_text_and_plan() -> None:
    connection.close()
    person = User.objects.create_user("ann@x.test", name="Ann", role=Role.RESPONDER)
    for number in range(8):
        assert by_id(person.pk + number % 2)[:1] == ([person] if number % 2 == 0 else [])
    ((text, is_generic),) = kept()
    assert ("$1" in text, "$2" in text, is_generic) == (True, False, True)


@pytest.mark.django_db(transaction=True)
def test_what_never_changes_is_part_of_the_text() -> None:
    @prepared
    def of_the_role(name: str) -> "QuerySet[Any]":
        return User.objects.filter(name=name, role=Role.ADMIN).exclude(email__contains="100%s")  # type: ignore[no-any-return]

    connection.close()
    person = User.objects.create_user("ann@x.test", name="Ann", role=Role.ADMIN)
    User.objects.create_user("100%s@x.test", name="Ann", role=Role.ADMIN)
    User.objects.create_user("ben@x.test", name="Ann", role=Role.RESPONDER)
    assert of_the_role("Ann") == [person]
    ((text, _),) = kept()
    assert ("'admin'" in text, "$2" in text) == (True, False)


@pytest.mark.django_db(transaction=True)
def test_what_is_undone_leaves_the_plans() -> None:
    connection.close()
    person = User.objects.create_user("ann@x.test", name="Ann")
    by_id(person.pk)
    with transaction.atomic():
        assert called("Ann", Role.RESPONDER) == ["ann@x.test"]
        transaction.set_rollback(True)
    assert len(kept()) == 2
    assert called("Ann", Role.RESPONDER) == ["ann@x.test"]
    assert len(kept()) == 2


@pytest.mark.django_db(transaction=True)
def test_a_column_of_another_type_costs_one_answer() -> None:
    """While an older process runs beside a newer version that changed it."""
    connection.close()
    person = User.objects.create_user("ann@x.test", name="Ann")
    assert by_id(person.pk) == [person]

    owner = address_of({**connection.settings_dict, **settings.DATABASE_OWNER})

    def change(kind: str) -> None:
        with psycopg.connect(owner) as line:
            line.execute(f"ALTER TABLE people_user ALTER COLUMN name TYPE {kind}")

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT character_maximum_length FROM information_schema.columns "
            "WHERE table_name = 'people_user' AND column_name = 'name'"
        )
        (length,) = cursor.fetchone()
    change("text")
    try:
        with pytest.raises(NotSupportedError, match="must not change result type"):
            by_id(person.pk)
        assert by_id(person.pk) == [person]
    finally:
        change(f"varchar({length})")
    connection.close()


@pytest.mark.django_db(transaction=True)
def test_behind_a_pooler_nothing_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pooler tells a process id of its own, and the next statement may meet another server."""
    connection.close()
    monkeypatch.setattr(psycopg.ConnectionInfo, "backend_pid", 0)
    person = User.objects.create_user("ann@x.test", name="Ann")
    assert [by_id(person.pk), by_id(person.pk)] == [[person], [person]]
    assert kept() == []
    connection.close()
