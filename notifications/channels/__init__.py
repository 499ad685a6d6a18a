"""The ways out: what a channel must offer, which ones exist, and how a channel says no.

One module per channel. A channel knows a protocol; which rows go when is decided in ``sending``.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import timedelta

from notifications.models import Delivery

Send = Callable[[Sequence[Delivery]], None]
"""Hands over the deliveries of one recipient (several only when they are one digest)."""

Session = Callable[[], AbstractContextManager[Send]]
"""Opens the way for a batch; raises ``Later`` when there is none at the moment."""


class Later(Exception):
    """It did not go through, but may later.

    ``after`` is how long the other side asks us to wait at least; ``whole_channel`` says that no
    other message would get through either.
    """

    def __init__(
        self, reason: str, *, after: timedelta | None = None, whole_channel: bool = False
    ) -> None:
        super().__init__(reason)
        self.after = after
        self.whole_channel = whole_channel


class Never(Exception):
    """This recipient will not take it, however often it is tried (410, "no such mailbox")."""


_sessions: dict[str, Session] = {}


def register_channel(name: str, session: Session) -> None:
    """Send the deliveries of channel ``name`` through ``session``. Again replaces it."""
    _sessions[name] = session


def session_of(name: str) -> Session:
    """How to open channel ``name``; raises ``LookupError`` when nobody registered it."""
    try:
        return _sessions[name]
    except KeyError:
        raise LookupError(f"nothing is registered to send over {name!r}") from None


def channel_names() -> list[str]:
    """Every registered channel by name."""
    return sorted(_sessions)
