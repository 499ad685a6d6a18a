"""How often one token may call: counted in each process, a minute at a time.

Generous, and for programs that run wild, not for fairness: a loop without a pause is told to wait
before it takes every thread. Nothing is asked of the database for it. Agents have a limit of their
own (``people.agents``), signing in has others (``people.limits``).
"""

import time
from threading import Lock

from django.conf import settings

from people.models import ApiToken
from refusals.errors import TooMany

MINUTE_S = 60.0
#: Tokens that are remembered; beyond, those whose minute is over are forgotten.
KEPT = 10_000


class Rates:
    """Counts the calls of each token in its current minute."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._counts: dict[int, tuple[float, int]] = {}

    def count(self, token: ApiToken) -> None:
        """Count one call. Raises ``TooMany`` beyond ``API_CALLS_A_MINUTE``; 0 sets no limit."""
        most = settings.API_CALLS_A_MINUTE
        if not most:
            return
        moment = time.monotonic()
        with self._lock:
            if len(self._counts) >= KEPT:
                self._forget(moment)
            since, calls = self._counts.get(token.pk, (moment, 0))
            if moment - since >= MINUTE_S:
                since, calls = moment, 0
            if calls >= most:
                raise TooMany(
                    f"{token.name} calls more often than {most} times a minute.",
                    MINUTE_S - (moment - since),
                )
            self._counts[token.pk] = (since, calls + 1)

    def _forget(self, moment: float) -> None:
        self._counts = {
            key: (since, calls)
            for key, (since, calls) in self._counts.items()
            if moment - since < MINUTE_S
        }


#: The counts of this process.
rates = Rates()
