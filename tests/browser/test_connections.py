"""What a browser in the tests leaves behind in the database: nothing."""

import pytest
from django.db import connection

from tests.browser.conftest import a_chromium
from tests.waiting import until

pytestmark = pytest.mark.browser

ME = "SELECT pg_backend_pid()"
IS_THERE = "SELECT count(*) FROM pg_stat_activity WHERE pid = %s"


def ask(question: str, *parameters: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute(question, parameters)
        return int(cursor.fetchone()[0])


def test_the_connection_beside_a_browser_ends_with_it(site: str) -> None:
    before = ask(ME)
    with a_chromium():
        beside = ask(ME)
        assert ask(IS_THERE, beside) == 1
    # Another one, which is why it has to be closed there and nowhere else.
    assert beside != before
    assert ask(ME) == before
    until(lambda: ask(IS_THERE, beside) == 0)
