"""Lists by keyset: a page starts after the last row of the one before, however many are added.

The cursor is opaque to callers; it holds the sort keys of that last row.
"""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar

from django.core.exceptions import ValidationError
from django.db.models import Field, Model, Q, QuerySet
from pydantic import Field as Limited
from pydantic import StringConstraints

from api.rendering import is_readable
from api.schema import Page
from refusals.errors import Invalid

M = TypeVar("M", bound=Model)
A = TypeVar("A")

LARGEST_PAGE = 200
Limit = Annotated[int, Limited(ge=1, le=LARGEST_PAGE, description="Rows a page, at most.")]
Cursor = Annotated[
    str, StringConstraints(max_length=400), Limited(description="`next` of the page before.")
]


def page(
    rows: QuerySet[M],
    *,
    by: Sequence[str],
    limit: int,
    cursor: str | None,
    answer: Callable[[M], A],
    ready: Callable[[list[M]], object] | None = None,
) -> Page[A]:
    """The page of ``rows`` after ``cursor``, ``answer`` applied to each. One query and prefetches.

    ``ready`` is given all of them before; what it changes is answered. ``by`` are columns that are
    never null, the last one unique; a minus means descending. Refuses a cursor that this list did
    not give (``Invalid``).
    """
    if cursor:
        rows = rows.filter(_after(rows.model, by, _read(cursor, len(by))))
    found = list(rows.order_by(*by)[: limit + 1])
    more = len(found) > limit
    found = found[:limit]
    if ready is not None:
        ready(found)
    return Page(
        items=[answer(row) for row in found],
        next=_write([getattr(found[-1], key.lstrip("-")) for key in by]) if more else None,
    )


def _after(model: type[Model], by: Sequence[str], values: list[Any]) -> Q:
    """Rows that sort after ``values``: later in the first key, or equal there and later in the
    next, and so on."""
    condition, equal = Q(pk__in=[]), Q()
    for key, raw in zip(by, values, strict=True):
        name = key.lstrip("-")
        try:
            field: Field[Any, Any] = model._meta.get_field(name)  # type: ignore[assignment]
            value = field.to_python(raw)
        except (ValidationError, ValueError, TypeError, OverflowError) as error:
            raise _bad_cursor() from error
        if value is None or (isinstance(value, datetime) and value.tzinfo is None):
            raise _bad_cursor()
        condition |= equal & Q(**{f"{name}__{'lt' if key.startswith('-') else 'gt'}": value})
        equal &= Q(**{name: value})
    return condition


def _write(values: list[Any]) -> str:
    plain = [
        value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value
        for value in values
    ]
    return base64.urlsafe_b64encode(json.dumps(plain, default=str).encode()).decode().rstrip("=")


def _read(cursor: str, length: int) -> list[Any]:
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        values = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (ValueError, binascii.Error, RecursionError) as error:
        raise _bad_cursor() from error
    if (
        not isinstance(values, list)
        or len(values) != length
        or not all(isinstance(value, str | int) and not isinstance(value, bool) for value in values)
        or not is_readable(values)
    ):
        raise _bad_cursor()
    return values


def _bad_cursor() -> Invalid:
    return Invalid({"cursor": "Pass `next` of the page before, unchanged."})
