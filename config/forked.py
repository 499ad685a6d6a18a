"""Runs the web process, the worker, the beat and the loop in children that `up` forks.

Importing this module loads Django and everything the pages and tasks need; it opens no connection
and starts no thread, since a fork copies neither.
"""

import gc
import socket
from pathlib import Path
from typing import cast

from django.core.management import call_command
from django.urls import get_resolver

from config import asgi
from config.celery import app as celery
from running.server import Site, serve
from waits.limits import BACKGROUND, WEB, become

WORKER = (
    *("--quiet", "worker", "--pool=prefork", "--concurrency=1", "--loglevel=WARNING"),
    *("--without-gossip", "--without-mingle", "--without-heartbeat"),
)

BEAT = ("--quiet", "beat", "--loglevel=WARNING", "--pidfile=")


def settle() -> None:
    """Load the addresses and keep the collector off everything: what is shared stays shared."""
    get_resolver().reverse_dict  # noqa: B018 - loads every address
    gc.collect()
    gc.freeze()


def web(listener: socket.socket, door: socket.socket) -> None:
    """Answer on ``listener``, and on the ``door`` where this one alone is asked, until SIGTERM."""
    become(WEB)
    serve(listener, door, site=cast(Site, asgi))


def worker() -> None:
    """Run Celery's worker until SIGTERM."""
    become(BACKGROUND)
    celery.start([*WORKER])


def beat(schedule: Path) -> None:
    """Ring the tasks in their rhythm until SIGTERM; ``schedule`` is the file it remembers it in."""
    celery.start([*BEAT, f"--schedule={schedule}"])


def loop(*, play: bool) -> None:
    """Run the sweep loop, and the demo's player if asked for, until SIGTERM."""
    become(BACKGROUND)
    call_command("loop", play=play)
