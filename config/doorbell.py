"""Ringing for a worker: how ``live.bell.ring_task`` reaches Celery.

Runs in the bell's own thread. Celery is imported with the first ring, so that a process which
never rings does not carry it.
"""

from django.utils.module_loading import import_string


def ring_worker(name: str, *ids: int | str) -> None:
    """Publish the task ``name`` for whichever worker is free; raises when the broker is away.

    What piled up while no worker was there is dropped after ten seconds: rows are the queue.
    """
    app = import_string("config.beat.app")
    app.send_task(name, args=list(ids), ignore_result=True, retry=False, expires=10)
