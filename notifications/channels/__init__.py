"""The registry of channels: what a channel must offer, which ones exist, how one says no.

One module per channel. A channel knows a protocol; which rows go when is decided in ``sending``.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta

from notifications.models import Delivery

Send = Callable[[Sequence[Delivery]], None]
"""Hands over the deliveries of one recipient (several only when they are one digest)."""

Session = Callable[[], AbstractContextManager[Send]]
"""Opens the way for a batch; raises ``Later`` when there is none at the moment."""


class Later(Exception):
    """It did not go through, but may later.

    ``after`` is how long the other side asks us to wait at least; ``whole_channel`` says that no
    other message to the same target (``Delivery.target``) would get through either; ``unsure``
    that this one may have been taken, though nobody said so.
    """

    def __init__(
        self,
        reason: str,
        *,
        after: timedelta | None = None,
        whole_channel: bool = False,
        unsure: bool = False,
    ) -> None:
        super().__init__(reason)
        self.after = after
        self.whole_channel = whole_channel
        self.unsure = unsure


class Never(Exception):
    """This recipient will not take it, however often it is tried (410, "no such mailbox")."""


@dataclass(frozen=True)
class Setup:
    """Whether messages can leave this way, and in words how; no secrets in them."""

    is_ready: bool
    words: str


Describe = Callable[[], Setup]
"""Says how a channel is set up, from the settings alone: nobody is called."""

TargetOf = Callable[[str], str]
"""The machine behind an address: deliveries with the same one wait for each other's failures."""


@dataclass(frozen=True)
class Channel:
    """One way out: how it is opened, how it is set up, and which machine an address leads to."""

    session: Session
    describe: Describe | None = None
    target_of: TargetOf | None = None


_channels: dict[str, Channel] = {}


def register_channel(
    name: str,
    session: Session,
    describe: Describe | None = None,
    target_of: TargetOf | None = None,
) -> None:
    """Send the deliveries of channel ``name`` through ``session``. Again replaces it.

    Without ``target_of`` the channel is one target, as mail is with its one server.
    """
    _channels[name] = Channel(session, describe, target_of)


def setup_of(name: str) -> Setup:
    """How channel ``name`` is set up; one that does not say so counts as ready."""
    known = _channels.get(name)
    return known.describe() if known and known.describe else Setup(True, "Registered.")


def target_of(name: str, address: str) -> str:
    """The target of ``address`` on channel ``name``."""
    known = _channels.get(name)
    return known.target_of(address)[:200] if known and known.target_of else ""


def has_targets(name: str) -> bool:
    """Whether the addresses of channel ``name`` lead to several machines."""
    known = _channels.get(name)
    return known is not None and known.target_of is not None


def session_of(name: str) -> Session:
    """How to open channel ``name``; raises ``LookupError`` when nobody registered it."""
    try:
        return _channels[name].session
    except KeyError:
        raise LookupError(f"nothing is registered to send over {name!r}") from None


def channel_names() -> list[str]:
    """Every registered channel by name."""
    return sorted(_channels)
