"""The kinds of value that the API takes and gives: strict bodies, moments, choices, people.

What each call's body looks like stands beside the call, in the ``api`` modules of the apps.
"""

import re
from datetime import UTC, datetime
from typing import Annotated, Any, Generic, Literal, Self, TypeVar

from django.db.models import Choices
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    StringConstraints,
    WithJsonSchema,
)
from pydantic_core import CoreSchema, core_schema

from clock.moments import in_range

T = TypeVar("T")

#: The largest id the database can hold.
LARGEST_ID = 2**63 - 1

_RFC_3339 = re.compile(
    r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})", re.ASCII
)


class Body(BaseModel):
    """What a call takes. Types are strict (``"5"`` is no number), unknown names are refused."""

    model_config = ConfigDict(strict=True, extra="forbid", str_strip_whitespace=True)


class Answer(BaseModel):
    """What a call gives. Built by the functions beside it, in the order that people read."""

    model_config = ConfigDict(extra="forbid")

    @classmethod
    def of(cls, row: object, **said: Any) -> Self:
        """The answer about ``row``: what it has by the names of the fields, and what is ``said``.

        Raises ``AttributeError`` for a field that is neither.
        """
        return cls(
            **said, **{name: getattr(row, name) for name in cls.model_fields if name not in said}
        )


class Person(Answer):
    """Somebody, where a name is shown."""

    email: str
    name: str


class Page(Answer, Generic[T]):
    """One page of a list; ``next`` is the cursor of the page after it, if there is one."""

    items: list[T]
    next: str | None = Field(description="Pass it as `cursor` to read on.")


class OneOf:
    """A string that is one of a model's choices: ``Annotated[str, OneOf(Severity)]``."""

    def __init__(self, choices: type[Choices]) -> None:
        self.values = list(choices.values)

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """Pydantic's rule for it: the exact words, nothing else."""
        return core_schema.literal_schema(self.values)


def read_moment(value: object) -> object:
    """An RFC 3339 string as a moment in UTC; a ``datetime`` passes. Refuses the rest."""
    if isinstance(value, datetime):
        return value
    if not isinstance(value, str) or not _RFC_3339.fullmatch(value.strip()):
        raise ValueError("Write an RFC 3339 time with its zone, such as 2026-03-13T03:15:00Z.")
    try:
        moment = datetime.fromisoformat(value.strip().upper()).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise ValueError("There is no such time.") from error
    return in_range(moment)


Moment = Annotated[
    datetime,
    BeforeValidator(read_moment),
    WithJsonSchema({"type": "string", "format": "date-time"}, mode="validation"),
]
Email = Annotated[str, StringConstraints(min_length=1, max_length=254)]
Id = Annotated[int, Field(ge=1, le=LARGEST_ID)]
Version = Annotated[int, Field(ge=0, le=LARGEST_ID)]
Url = Annotated[str, StringConstraints(max_length=500)]
Reason = Annotated[str, StringConstraints(max_length=500)]
Nothing = Literal[""]
