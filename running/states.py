"""Asks a database and a broker for their state, by hand on their sockets.

A database library would make the supervisor twice as large.
"""

import enum
import socket
import struct
from pathlib import Path

PROTOCOL_3 = 0x30000
#: What PostgreSQL answers while it starts up, recovers or shuts down.
CANNOT_CONNECT_NOW = b"C57P03\0"
SHUTTING_DOWN = b"shutting down"


class State(enum.Enum):
    """What a server says when it is asked."""

    ANSWERS = "answers"
    RECOVERS = "recovers"
    ENDS = "ends"
    SILENT = "silent"


def state_of_postgres(path: Path, user: str, database: str) -> State:
    """What PostgreSQL on the socket ``path`` says within a second; signs nobody in."""
    parameters = f"user\0{user}\0database\0{database}\0\0".encode()
    startup = struct.pack("!ii", len(parameters) + 8, PROTOCOL_3) + parameters
    answer = _ask(path, startup)
    if CANNOT_CONNECT_NOW in answer:
        return State.ENDS if SHUTTING_DOWN in answer else State.RECOVERS
    return State.ANSWERS if answer[:1] in (b"R", b"E") else State.SILENT


def state_of_valkey(path: Path) -> State:
    """Whether Valkey on the socket ``path`` answers a ping within a second."""
    return State.ANSWERS if _ask(path, b"PING\r\n").startswith(b"+PONG") else State.SILENT


def _ask(path: Path, question: bytes) -> bytes:
    """The beginning of what is answered within a second, else nothing."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(1)
        try:
            connection.connect(str(path))
            connection.sendall(question)
            return connection.recv(256)
        except OSError:
            return b""
