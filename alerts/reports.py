"""What a tool told, in our words: the shape that every integration turns its own body into."""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True)
class Heard:
    """One alert as it was told.

    ``identity`` is what stays the same while it is the same alert. ``at`` is when it began to fire,
    or ended, by the tool's clock; nothing where the tool does not say. ``severity`` is its word.
    """

    identity: str
    name: str
    is_firing: bool = True
    at: datetime | None = None
    summary: str = ""
    url: str = ""
    severity: str = ""
    labels: dict[str, str] = field(default_factory=dict)
    is_acknowledged: bool = False

    @property
    def begins(self) -> bool:
        """Whether it says that something began; what somebody acknowledged there goes on."""
        return self.is_firing and not self.is_acknowledged

    @property
    def fingerprint(self) -> str:
        """``identity`` at one length."""
        return digest_of(self.identity)


@dataclass(frozen=True)
class Report:
    """Everything that one message of a tool says of one group of alerts.

    ``key`` is the tool's own name of the group, ``title`` what an incident of it would be called,
    ``severity`` ours for it. ``is_over`` says that nothing of the group fires any more, whatever is
    not listed; ``left_out`` counts alerts that the tool did not list.
    """

    tool: str
    key: str
    title: str
    severity: str
    alerts: tuple[Heard, ...]
    is_over: bool = False
    left_out: int = 0

    @property
    def digest(self) -> str:
        """``key`` at one length."""
        return digest_of(self.key)


def digest_of(text: str) -> str:
    """SHA-256 in hexadecimal."""
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()
