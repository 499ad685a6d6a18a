"""The cache of rendered states: each web process renders one state of one topic once.

A change is answered to whoever made it and pushed to whoever watches; an incident that was just
declared is opened by everybody at once. All of them get the same rendered state from here. Who may
see it, the caller has asked before.
"""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock

from live.rendering import Rendered, render_regions
from live.topics import Audience, State

#: What a version does not count (a name, a policy, a service) is this old at most.
FRESH_S = 1.0
KEPT = 256


@dataclass(frozen=True)
class CachedState:
    """A state with its regions rendered; ``began`` on the process's own clock."""

    state: State
    rendered: Rendered
    began: float

    @property
    def age(self) -> float:
        """Seconds since it was begun."""
        return time.monotonic() - self.began

    @property
    def now(self) -> datetime:
        """What time it is: the state's moment, carried on since."""
        return self.state.at + timedelta(seconds=self.age)


class _Slot:
    """Holds the newest rendered state of one topic; one thread at a time renders it anew."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.cached: CachedState | None = None


class StateCache:
    """Keeps the newest rendered states of one process, and only beside a hub: ``is_shared``."""

    def __init__(self) -> None:
        self.is_shared = False
        self._slots: OrderedDict[tuple[str, str, int], _Slot] = OrderedDict()
        self._lock = Lock()

    def get(
        self,
        audience: Audience,
        id: int,
        *,
        version: int | None = None,
        when_read: Callable[[], None] = lambda: None,
    ) -> CachedState | None:
        """Answer the topic as it is now, or nothing when it is gone.

        ``version`` is what the caller just read it to be, ``when_read`` is called as soon as
        nothing more of the topic will be read.

        As many queries as ``audience.load``; where one younger than a second still has the version
        and no moment passed at which it looks different, just the version's one, or none.
        """
        if not self.is_shared:
            return _render(audience, id, when_read=when_read)
        slot = self._slot(audience, id)
        with slot.lock:
            if slot.cached is None or not _is_current(slot.cached, audience, id, version):
                slot.cached = _render(audience, id, slot.cached, when_read=when_read)
            else:
                when_read()
            return slot.cached

    def share(self, *, shared: bool) -> None:
        """Begin or stop to share; what was rendered before is forgotten."""
        with self._lock:
            self.is_shared = shared
            self._slots.clear()

    def forget(self) -> None:
        """Render everything anew."""
        with self._lock:
            self._slots.clear()

    def _slot(self, audience: Audience, id: int) -> _Slot:
        key = (audience.prefix, audience.name, id)
        with self._lock:
            slot = self._slots.setdefault(key, _Slot())
            self._slots.move_to_end(key)
            if len(self._slots) > KEPT:
                self._slots.popitem(last=False)
            return slot


def _render(
    audience: Audience,
    id: int,
    older: CachedState | None = None,
    *,
    when_read: Callable[[], None],
) -> CachedState | None:
    began = time.monotonic()
    state = audience.load(id) if older is None else audience.reload(id, older.state)
    if state is None:
        return None
    when_read()
    before = None if older is None else (older.state, older.rendered)
    return CachedState(state, render_regions(audience, state, before), began)


def _is_current(cached: CachedState, audience: Audience, id: int, version: int | None) -> bool:
    """Whether nothing was recorded since and no time passed that shows."""
    turns = cached.state.next_change_at
    if cached.age >= FRESH_S or (turns is not None and turns <= cached.now):
        return False
    # A state's version is read before all else of it, so it is never newer than what is rendered.
    if version is None:
        version = audience.versions([id]).get(id)
    # A version only grows: what was rendered meanwhile for somebody else is newer than was read.
    return version is not None and version <= cached.state.version


#: The cache of this process.
state_cache = StateCache()


def show(audience: Audience, id: int) -> Rendered | None:
    """Answer what a page embeds: the regions as they are now, or nothing when the topic is gone.

    The page gives ``state_id`` to its stream as ``?at=``. Queries as ``StateCache.get``.
    """
    cached = state_cache.get(audience, id)
    return cached.rendered if cached else None
