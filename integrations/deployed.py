"""What a pipeline told, in our words: the shape that its integrations turn their bodies into."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Deployed:
    """A version that went live."""

    version: str
    at: datetime | None
    url: str = ""
    by: str = ""
    environment: str = ""
