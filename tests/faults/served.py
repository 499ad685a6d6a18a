"""The product's web process as ``running.server`` runs it, one mechanism broken if asked for."""

import os
from typing import cast

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from config import asgi
from running import admission, protocol, server
from running.listener import listen
from waits import limits


def main(broken: str, port: int) -> None:
    """Break what was asked for and serve on loopback."""
    if broken == "limits":
        limits.become(limits.COMMAND)
    elif broken == "places":
        asgi.threads.place_s = asgi.threads.thread_s = 1000
        admission.key_of = lambda scope: ""  # type: ignore[assignment]
        limits.become(limits.Limits(lock_s=30, statement_s=30, answer_s=40))
    elif broken == "heads":
        protocol.HEAD_WITHIN_S = 1000
        protocol.LARGEST_HEAD = 2**30
    elif broken:
        raise SystemExit(f"nothing is called {broken!r}")
    server.serve(listen("127.0.0.1", port), site=cast(server.Site, asgi))
