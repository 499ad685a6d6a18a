"""One drawing for everybody who needs the same state at the same moment.

A change is answered to whoever made it and pushed to whoever watches; an incident that was just
declared is opened by everybody at once. In a web process all of them share one drawing. Who gets
it is the caller's business: nothing here knows who looks.
"""

import time
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock

from live.rendering import Rendered, render_regions
from live.topics import Audience, State

#: What a version does not count (a name, a policy, a service) is this old at most.
FRESH_S = 1.0
KEPT = 256


@dataclass(frozen=True)
class Drawing:
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


class _Place:
    """Where the newest drawing of one topic hangs; one thread at a time draws it."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.drawing: Drawing | None = None


class Drawings:
    """The newest drawings of one process. Shared only while ``is_shared``: beside a hub."""

    def __init__(self) -> None:
        self.is_shared = False
        self._places: OrderedDict[tuple[str, str, int], _Place] = OrderedDict()
        self._lock = Lock()

    def draw(self, audience: Audience, id: int) -> Drawing | None:
        """The topic as it is now, or nothing when it is gone.

        As many queries as ``audience.load``; just the version's one where a drawing younger than a
        second still has that version and no moment passed at which it looks different.
        """
        if not self.is_shared:
            return _draw(audience, id)
        place = self._place(audience, id)
        with place.lock:
            if place.drawing is None or not _is_current(place.drawing, audience, id):
                place.drawing = _draw(audience, id)
            return place.drawing

    def share(self, *, shared: bool) -> None:
        """Begin or stop to share; what was drawn before is forgotten."""
        with self._lock:
            self.is_shared = shared
            self._places.clear()

    def _place(self, audience: Audience, id: int) -> _Place:
        key = (audience.prefix, audience.name, id)
        with self._lock:
            place = self._places.setdefault(key, _Place())
            self._places.move_to_end(key)
            if len(self._places) > KEPT:
                self._places.popitem(last=False)
            return place


def _draw(audience: Audience, id: int) -> Drawing | None:
    began = time.monotonic()
    state = audience.load(id)
    return Drawing(state, render_regions(audience, state), began) if state else None


def _is_current(drawing: Drawing, audience: Audience, id: int) -> bool:
    """Whether nothing was recorded since and no time passed that shows."""
    turns = drawing.state.next_change_at
    if drawing.age >= FRESH_S or (turns is not None and turns <= drawing.now):
        return False
    # Read before all else of its state, so that a version is never newer than what is drawn.
    return audience.versions([id]).get(id) == drawing.state.version


#: The drawings of this process.
drawings = Drawings()


def show(audience: Audience, id: int) -> Rendered | None:
    """What a page embeds: the regions as they are now, or nothing when the topic is gone.

    The page gives ``state_id`` to its stream as ``?at=``. Queries as ``Drawings.draw``.
    """
    drawing = drawings.draw(audience, id)
    return drawing.rendered if drawing else None
