"""Celery and the whole beat schedule. Celery is a doorbell: every obligation is a row.

A lost message costs seconds, since the sweep loop takes up whatever is due. Tasks take ids, keep
no results and are never given an ETA.
"""

import os
import warnings

from celery import Celery
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")


# In a container everything is root; tasks take ids as JSON, so nothing is unpickled.
warnings.filterwarnings("ignore", message="You're running the worker with superuser privileges")


def broker_url(url: str) -> str:
    """``REDIS_URL`` in the words of kombu, which writes a unix socket differently."""
    if url.startswith("unix://"):
        return url.replace("unix://", "redis+socket://", 1).replace("?db=", "?virtual_host=")
    return url


#: Everything that runs by itself: name, task, seconds between two runs.
#: ``expires`` drops what piled up while no worker was there; the rows are still due.
BEAT_SCHEDULE = {
    "sweep what is due": {
        "task": "deadlines.tasks.sweep_due",
        "schedule": 5.0,
        "options": {"expires": 10},
    },
    "send what is queued": {
        "task": "notifications.tasks.send_due",
        "schedule": 5.0,
        "options": {"expires": 10},
    },
    "check the books": {
        "task": "deadlines.tasks.check_books",
        "schedule": 3600.0,
        "options": {"expires": 600},
    },
}

app = Celery("endstate")
app.conf.update(
    broker_url=broker_url(settings.REDIS_URL),
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    broker_transport_options={
        "socket_timeout": 1,
        "socket_connect_timeout": 0.5,
        "max_retries": 0,
        "visibility_timeout": 60,
    },
    task_ignore_result=True,
    task_publish_retry=False,
    task_store_errors_even_if_ignored=False,
    task_serializer="json",
    accept_content=["json"],
    task_time_limit=300,
    task_soft_time_limit=240,
    worker_prefetch_multiplier=1,
    worker_max_memory_per_child=200_000,
    worker_send_task_events=False,
    worker_hijack_root_logger=False,
    worker_enable_remote_control=False,
    timezone="UTC",
    enable_utc=True,
    beat_schedule=BEAT_SCHEDULE,
    beat_max_loop_interval=5,
)
app.autodiscover_tasks()
