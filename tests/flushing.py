"""Who the tests are to the database, and emptying its tables, which the record itself refuses."""

import os
from collections.abc import Iterator

import pytest
from django.db import connection
from django.test import TransactionTestCase

from config.env import env
from config.roles import as_owner


@pytest.fixture(autouse=True, scope="session")
def flush_past_the_append_only_triggers() -> Iterator[None]:
    """Import this into a conftest whose tests commit."""
    flush = TransactionTestCase._fixture_teardown  # type: ignore[attr-defined]

    def teardown(self: TransactionTestCase) -> None:
        with as_owner(), connection.cursor() as cursor:
            cursor.execute("SET session_replication_role = replica")
            flush(self)

    TransactionTestCase._fixture_teardown = teardown  # type: ignore[attr-defined]
    yield
    TransactionTestCase._fixture_teardown = flush  # type: ignore[attr-defined]


@pytest.fixture(autouse=True, scope="session")
def work_as_the_application(request: pytest.FixtureRequest) -> Iterator[None]:
    """With ``ENDSTATE_TESTS_AS=application`` the tests sign in as the role that owns nothing."""
    if os.environ.get("ENDSTATE_TESTS_AS") != "application":
        yield
        return
    request.getfixturevalue("django_db_setup")
    chosen = connection.settings_dict
    role = env.db("DATABASE_APPLICATION_URL")
    before = {name: chosen[name] for name in ("USER", "PASSWORD")}
    connection.close()
    chosen.update({name: role[name] for name in before})
    yield
    connection.close()
    chosen.update(before)
