"""Names what a message or a deadline is about, as far as the rooms below incidents must know it."""

from dataclasses import dataclass
from typing import Any, Protocol


class About(Protocol):
    """Anything with a primary key, a reference people say, and a page: an incident, mostly."""

    @property
    def pk(self) -> Any:
        """Its primary key."""

    @property
    def ref(self) -> str:
        """What people call it, such as ``INC-42``."""

    def get_absolute_url(self) -> str:
        """Its page."""


@dataclass(frozen=True)
class Reference:
    """The same read back from a stored row, which keeps the key, the reference and an address."""

    pk: int
    ref: str = ""
    url: str = ""

    def get_absolute_url(self) -> str:
        """The address the row keeps."""
        return self.url
