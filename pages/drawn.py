"""Keeps what was drawn from facts that are told by value, so that the same is not drawn twice."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock

from markupsafe import Markup


class Drawn:
    """The last ``most`` pieces that were asked for, by the facts that they are drawn from.

    Keeps nothing of what drew them, unlike ``once`` of the templates, whose facts are all it needs.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self._pieces: OrderedDict[Hashable, Markup] = OrderedDict()
        self._lock = Lock()

    def get(self, facts: Hashable, draw: Callable[[], Markup]) -> Markup:
        """The piece of these facts, by ``draw`` where it is not kept. Draws outside the lock.

        Facts must be equal only where the pieces look the same: no models.
        """
        with self._lock:
            if facts in self._pieces:
                self._pieces.move_to_end(facts)
                return self._pieces[facts]
        piece = draw()
        with self._lock:
            self._pieces[facts] = piece
            while len(self._pieces) > self.most:
                self._pieces.popitem(last=False)
        return piece
