"""Rows of a practice as one column of its incident, so that a page reads all of them at once."""

from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models.expressions import Combinable
from django.db.models.functions import JSONObject


def rows_of(rows: Any, *same: str, most: int | None = None, **named: str | Combinable) -> Any:
    """``rows``, which name the incident by ``OuterRef``, as a list of JSON objects.

    ``same`` are fields under their own names, ``named`` those under another; ``most`` how many.
    Moments come as strings.
    """
    return ArraySubquery(rows.values(row=row_of(*same, **named))[:most])


def row_of(*same: str, **named: str | Combinable) -> JSONObject:
    """One row as a JSON object; arguments as in ``rows_of``."""
    return JSONObject(**{name: name for name in same}, **named)
