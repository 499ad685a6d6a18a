"""The listening socket: opened once, handed to every web process by its descriptor."""

import socket

#: Readers that do not read must not make the kernel keep megabytes: the newest state wins.
UNSENT_LIMIT = 16_384
#: The kernel's number where Python has no name for it.
TCP_NOTSENT_LOWAT = getattr(socket, "TCP_NOTSENT_LOWAT", 25)
BACKLOG = 2048


def listen(host: str, port: int) -> socket.socket:
    """Open ``host``:``port`` for all web processes; raises ``OSError`` if it is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.setsockopt(socket.IPPROTO_TCP, TCP_NOTSENT_LOWAT, UNSENT_LIMIT)
        listener.bind((host, port))
        listener.listen(BACKLOG)
    except OSError:
        listener.close()
        raise
    return listener
