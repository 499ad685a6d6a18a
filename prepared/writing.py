"""Writes one row by a text that is made once a process: what a hot action saves.

Making an ``INSERT`` or ``UPDATE`` takes Django longer than PostgreSQL takes to run it. Here the
text is kept, the server keeps its plan, and every value travels as text whose type is its column's,
so that a value that is missing needs no other plan. No signals are sent, and no rows are written
beside.
"""

from collections.abc import Sequence
from datetime import date, time
from decimal import Decimal
from functools import cache
from typing import Any, TypeVar
from uuid import UUID

from django.db import DatabaseError, connections, router
from django.db.models import Field, Model

M = TypeVar("M", bound=Model)


def insert(row: Model) -> None:
    """Insert a new row; it has its id afterwards. One query.

    Raises ``IntegrityError`` as ever.
    """
    has_key = row.pk is not None
    text, fields = _inserting(type(row), has_key)
    found = run(text, _values(row, fields, is_new=True))
    if not has_key:
        (row.pk,) = found[0]
    _note_written(row)


def update(row: Model, names: Sequence[str] = ()) -> None:
    """Write these fields of a row, or all. One query. Raises ``DatabaseError`` where it is gone."""
    text, fields = _updating(type(row), tuple(names))
    _check_found(run(text, [*_values(row, fields), row.pk]))


def insert_and_update(new: Model, row: Model, names: Sequence[str]) -> None:
    """Insert ``new``, which knows its id, and write these fields of ``row``: one query for both.

    Raises what each of them does, upon which the caller's transaction is undone.
    """
    first, columns = _inserting(type(new), True)
    second, fields = _updating(type(row), tuple(names))
    values = [*_values(new, columns, is_new=True), *_values(row, fields), row.pk]
    found = run(f"WITH added AS ({first}) {second}", values)
    _check_found(found)
    _note_written(new)


@cache
def _inserting(model: type[Model], has_key: bool) -> tuple[str, list["Field[Any, Any]"]]:
    """The text, and the fields whose values it takes."""
    meta = model._meta
    fields = [one for one in meta.concrete_fields if has_key or not one.primary_key]
    named = ", ".join(f'"{one.column}"' for one in fields)
    places = ", ".join(["%s"] * len(fields))
    text = f'INSERT INTO "{meta.db_table}" ({named}) VALUES ({places})'  # noqa: S608 - of models
    return (text if has_key else f'{text} RETURNING "{_key(model)}"'), fields


@cache
def _updating(model: type[Model], names: tuple[str, ...]) -> tuple[str, list["Field[Any, Any]"]]:
    meta = model._meta
    fields = [one for one in meta.concrete_fields if not one.primary_key]
    if names:
        fields = [meta.get_field(name) for name in names]  # type: ignore[misc]
    sets = ", ".join(f'"{one.column}" = %s' for one in fields)
    key = _key(model)
    text = f'UPDATE "{meta.db_table}" SET {sets} WHERE "{key}" = %s RETURNING "{key}"'  # noqa: S608
    return text, fields


def _key(model: type[Model]) -> str:
    key: Any = model._meta.pk
    return key.column  # type: ignore[no-any-return]


def _values(row: Model, fields: "Sequence[Field[Any, Any]]", *, is_new: bool = False) -> list[Any]:
    connection = connections[router.db_for_write(type(row))]
    return [_as_text(one.get_db_prep_save(one.pre_save(row, is_new), connection)) for one in fields]


def _as_text(value: Any) -> Any:
    """The value as PostgreSQL reads it for a column of any type that can hold it."""
    match value:
        case None | str():
            return value
        case bool():
            return "true" if value else "false"
        case int() | float() | Decimal() | UUID():
            return str(value)
        case date() | time():
            return value.isoformat()
    return value


def run(text: str, values: Sequence[Any]) -> list[Any]:
    """The rows that a statement answers whose text never changes. One query.

    Its values travel as text too: where no column says their type, a cast must.
    """
    connection: Any = connections["default"]
    with connection.preparing() as cursor:
        cursor.execute(text, [_as_text(one) for one in values])
        return cursor.fetchall() if cursor.description else []


def columns_of(model: type[Model]) -> str:
    """Every column of a model by name, for the ``RETURNING`` of a text that ``rows_of`` runs."""
    return ", ".join(f'"{one.column}"' for one in model._meta.concrete_fields)


def rows_of(model: type[M], text: str, values: Sequence[Any]) -> list[M]:
    """As ``run``, of a statement that answers ``columns_of`` the model: its rows. One query."""
    fields = model._meta.concrete_fields
    names, connection = [one.attname for one in fields], connections["default"]
    reads = [getattr(one, "from_db_value", None) for one in fields]
    return [
        model.from_db(
            "default",
            names,
            [
                value if read is None else read(value, None, connection)
                for value, read in zip(row, reads, strict=True)
            ],
        )
        for row in run(text, values)
    ]


def _check_found(found: Sequence[Any]) -> None:
    if not found:
        raise DatabaseError("It was not written: the row is gone.")


def _note_written(row: Model) -> None:
    row._state.adding, row._state.db = False, "default"
