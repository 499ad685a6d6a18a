"""Moments are read as Django reads them, faster."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.db.backends.postgresql.psycopg_any import BaseTzLoader
from django.db.utils import DataError

from waits.postgres.moments import MomentLoader

MOMENTS = [
    "2026-11-27 19:33:55.123456+00",
    "2026-11-27 19:33:55+00",
    "2026-02-28 23:59:59.5+00",
    "2024-02-29 00:00:00.001+00",
    "0001-01-01 00:00:00+00",
    "9999-12-31 23:59:59.999999+00",
]


class OfDjango(BaseTzLoader):  # type: ignore[misc]
    timezone = UTC


@pytest.mark.parametrize("text", MOMENTS)
def test_a_moment_is_what_django_reads(db: None, text: str) -> None:
    connection.ensure_connection()
    context: Any = connection.connection
    ours, django = MomentLoader(1184, context), OfDjango(1184, context)

    assert ours.load(text.encode()) == django.load(text.encode())
    assert ours.load(memoryview(text.encode())).tzinfo is UTC


@pytest.mark.parametrize("text", MOMENTS)
def test_it_is_the_one_that_is_used(db: None, text: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::timestamptz", [text])
        (moment,) = cursor.fetchone()

    assert moment == datetime.fromisoformat(text)
    assert isinstance(connection.connection.adapters.get_loader(1184, 0)(1184), MomentLoader)


def test_what_python_cannot_hold_is_said(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT '12026-01-01 00:00:00+00'::timestamptz")
        with pytest.raises(DataError):
            cursor.fetchone()
