"""Sets how long this process waits for PostgreSQL, by what it is there for.

The figures stand once, here; ``docs/operations.md`` lists them and a test compares the two. Which
limit a fault ran into is told by ``waits.trouble``.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Seconds; 0 waits for ever.

    ``lock_s`` and ``statement_s`` are kept by the server, ``answer_s`` by us: the connection is
    given up when the server said nothing for that long. ``side_by_side``: how many threads of the
    process may wait for the row of one incident, 0 for any number.
    """

    lock_s: float = 0
    statement_s: float = 0
    answer_s: float = 0
    side_by_side: int = 0


#: Half of the threads that answer pages (``config.asgi.THREADS``).
WEB = Limits(lock_s=2, statement_s=3, answer_s=4, side_by_side=4)
#: The loop and the workers: nobody looks at a spinning wheel, but due things wait.
BACKGROUND = Limits(lock_s=5, statement_s=8, answer_s=10)
#: Migrations, checks of the whole record, backups: as long as it takes, as long as the peer lives.
COMMAND = Limits()

#: A connection that is not there by then counts as away. The same for every process.
CONNECT_S = 3
#: What the kernel does about a peer that acknowledges nothing: libpq's parameters, the first in
#: milliseconds. A connection that is idle is asked after 5 s, thrice, every 2 s.
SILENT_PEER = {
    "tcp_user_timeout": 8_000,
    "keepalives": 1,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
}

_current = COMMAND


def become(limits: Limits) -> None:
    """Have this process keep ``limits`` from here on; connections made before keep theirs."""
    global _current
    _current = limits


def current() -> Limits:
    """What this process keeps."""
    return _current
