"""Marks of rows: one number that differs as soon as one of them was changed, added or removed.

Whoever keeps what was read asks whether it still is what is there, and reads only what is not. The
number is made of the ids, the transactions that wrote the rows and the places they were written to,
which PostgreSQL keeps beside each (``xmin``, ``ctid``): nobody has to say what was changed.
"""

from typing import Any

from django.db.models import BigIntegerField, F, Func, QuerySet, Subquery, TextField


class _Written(Func):
    """A number of one row as it was written last."""

    output_field = BigIntegerField()

    def as_sql(self, compiler: Any, connection: Any, **_: Any) -> tuple[str, Any]:  # type: ignore[override]
        """A hash of its id, the transaction that wrote it and the place it was written to."""
        column: Any = self.get_source_expressions()[0]
        alias = compiler.quote_name_unless_alias(column.alias)
        key, values = compiler.compile(column)
        place = f"{key}::text || {alias}.ctid::text"
        return f"hashtextextended({place}, {alias}.xmin::text::bigint)", values


class Mark(Subquery):
    """The mark of rows that name the incident by ``OuterRef``, as a text; ``0`` of none."""

    template = "(SELECT coalesce(sum(one.written), 0)::text FROM (%(subquery)s) AS one (written))"
    output_field = TextField()

    def __init__(self, rows: "QuerySet[Any]") -> None:
        super().__init__(rows.order_by().annotate(written=_Written(F("pk"))).values("written"))
