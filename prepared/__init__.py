"""Compiles queries of the ORM once a process, to run them many times with other values.

Compiling a query takes Django several times as long as PostgreSQL takes to answer it, and planning
a wide one takes PostgreSQL several times as long as running it; a page that asks a dozen of them on
every redraw spends most of its time there. So the text is kept here and the plan by the server, as
long as the connection lasts. What a query selects is still said by the ORM and stands where it is
used.
"""

import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property, update_wrapper
from typing import Any, Generic, ParamSpec, TypeVar

from django.db import connections
from django.db.models import Field, Lookup, QuerySet
from django.db.models.query import (
    FlatValuesListIterable,
    ModelIterable,
    ValuesListIterable,
    get_related_populators,
)
from django.db.transaction import TransactionManagementError
from psycopg.types.numeric import Int8

P = ParamSpec("P")
R = TypeVar("R")

#: In the compiled parameters these mark where an argument goes.
NUMBERS, WORDS = 1_900_000_000, "argument number {} of a prepared query"
MOMENTS = datetime(9000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class _Compiled:
    """A query as text, the places of its arguments, and what reads its rows."""

    rows: QuerySet[Any]
    sql: str
    kinds: tuple[type, ...]
    numbers: tuple[int, ...]
    read: Callable[[Any, list[Any]], list[Any]]
    """Turns what the database answered, given its connection, into what the queryset answers."""


class Prepared(Generic[P, R]):
    """A function that answers a queryset, turned into one that answers its rows.

    Its arguments, all by position, are ``int``, ``str``, a ``datetime`` with its zone or
    ``list[int]`` (for the lookup ``among``) and never ``None``. They may only stand where the
    database compares with them: the function runs once, with stand-ins. ``select_related``,
    annotations, slices, ``values_list`` and ``select_for_update`` work as ever;
    ``prefetch_related`` is refused.
    """

    def __init__(self, build: Callable[P, "QuerySet[Any, R]"]) -> None:
        self._build = build
        update_wrapper(self, build)

    def __call__(self, *arguments: P.args, **named: P.kwargs) -> list[R]:
        """The rows, in order. One query. Raises ``TypeError`` for a named or missing argument.

        Locking rows outside of a transaction raises ``TransactionManagementError``, as ever.
        """
        ready = self._compiled
        if ready.rows.query.select_for_update and connections[ready.rows.db].get_autocommit():
            raise TransactionManagementError("Rows are locked inside of a transaction.")
        if named or len(arguments) != len(self._stand_ins):
            raise TypeError(f"{self.__name__} takes its arguments by position, and all of them")  # type: ignore[attr-defined]
        parameters = [
            _as_asked(arguments[number], kind)
            for number, kind in zip(ready.numbers, ready.kinds, strict=True)
        ]
        connection: Any = connections[ready.rows.db]
        with connection.preparing() as cursor:
            cursor.execute(ready.sql, parameters)
            found = cursor.fetchall()
        return ready.read(connection, found)

    def first(self, *arguments: P.args, **named: P.kwargs) -> R | None:
        """The first row, or nothing. One query, which reads all rows there are."""
        return next(iter(self(*arguments, **named)), None)

    @cached_property
    def _stand_ins(self) -> list[Any]:
        """A value for each argument that no row has."""
        kinds = self._build.__annotations__
        found: list[Any] = []
        for number, name in enumerate(inspect.signature(self._build).parameters):
            value: Any = NUMBERS + number
            if kinds[name] is str:
                value = WORDS.format(number)
            elif kinds[name] is datetime:
                value = MOMENTS + timedelta(seconds=number)
            elif kinds[name] == list[int]:
                value = [NUMBERS + number]
            elif kinds[name] is not int:
                raise TypeError(f"{name} is neither int, str, datetime nor list[int]")
            found.append(value)
        return found

    @cached_property
    def _compiled(self) -> _Compiled:
        rows = self._build(*self._stand_ins)  # type: ignore[call-arg]
        if rows._prefetch_related_lookups:  # type: ignore[attr-defined]
            raise TypeError("prefetch_related asks a second query; prepare that one too")
        compiler = rows.query.get_compiler(using=rows.db)
        sql, parameters = compiler.as_sql()
        numbers: list[int] = []
        kinds: list[type] = []
        ops: Any = connections[rows.db].ops

        def place(found: "re.Match[str]") -> str:
            """An argument stays a place; what never changes becomes part of the text.

            A plan that holds for any value cannot know, say, that an index of open rows serves.
            """
            if found[0] != "%s":
                return found[0]
            value = next(values)
            if value in self._stand_ins:
                numbers.append(self._stand_ins.index(value))
                kinds.append(type(value))
                return "%s"
            literal: str = ops.compose_sql("%s", [value])
            return literal.replace("%", "%%")

        values = iter(parameters)
        text = re.sub("%[%s]", place, sql)
        return _Compiled(rows, text, tuple(kinds), tuple(numbers), _reader(rows, compiler))


def _as_asked(value: Any, kind: type) -> Any:
    """The value in the type of its place: one text and one plan, however large a number is."""
    if kind is list:
        return [Int8(one) for one in value]
    return value if kind in (str, datetime) else kind(value)


def _reader(rows: "QuerySet[Any]", compiler: Any) -> Callable[[Any, list[Any]], list[Any]]:
    """How rows become what the queryset answers, as its own iterable does it.

    Which column goes where is found out once; Django does so at every run.
    """
    columns = [one[0] for one in compiler.select[: compiler.col_count]]
    converters: dict[int, Any] = compiler.get_converters(columns)
    build = _builder(rows, compiler)

    def read(connection: Any, found: list[Any]) -> list[Any]:
        if converters:
            changed = [list(row) for row in found]
            for place, (converts, column) in converters.items():
                for row in changed:
                    value = row[place]
                    for convert in converts:
                        value = convert(value, column, connection)
                    row[place] = value
            found = [tuple(row) for row in changed]
        return found if build is None else [build(row) for row in found]

    return read


def _builder(rows: "QuerySet[Any]", compiler: Any) -> Callable[[Any], Any] | None:
    """What becomes of one row, or nothing where it stays a tuple."""
    kind: Any = rows._iterable_class  # type: ignore[attr-defined]
    if kind is ValuesListIterable:
        return None
    if kind is FlatValuesListIterable:
        return lambda row: row[0]
    if kind is not ModelIterable:
        raise TypeError(f"{kind.__name__} is not read; select models, or values as a list")
    info, db = compiler.klass_info, rows.db
    model, fields = info["model"], info["select_fields"]
    start, end = fields[0], fields[-1] + 1
    names = [one[0].target.attname for one in compiler.select[start:end]]
    beside = get_related_populators(info, compiler.select, db)  # type: ignore[call-arg]
    annotated = list(compiler.annotation_col_map.items())

    def build(row: Any) -> Any:
        found = model.from_db(db, names, row[start:end])
        for one in beside:
            one.populate(row, found)
        for name, place in annotated:
            setattr(found, name, row[place])
        return found

    return build


def prepared(build: Callable[P, "QuerySet[Any, R]"]) -> Prepared[P, R]:
    """See ``Prepared``."""
    return Prepared(build)


@Field.register_lookup
class Among(Lookup):  # type: ignore[type-arg]
    """``id__among=[1, 2]``: like ``in``, and the same text for however many."""

    lookup_name = "among"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        """``id = ANY(%s)``."""
        left, parameters = self.process_lhs(compiler, connection)
        return f"{left} = ANY(%s)", [*parameters, self.rhs]
