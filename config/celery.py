"""The Celery application of the workers, which know Django and every app's tasks.

What runs when stands in ``config.schedule``; a beat that runs alone has ``config.beat``.
"""

import gc
import os
import warnings
from typing import Any

from celery import Celery
from celery.signals import worker_before_create_process, worker_init
from django.db import InterfaceError, OperationalError
from django.urls import get_resolver

from config.schedule import celery_settings
from waits.limits import BACKGROUND, become

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

# In a container everything is root; tasks take ids as JSON, so nothing is unpickled.
warnings.filterwarnings("ignore", message="You're running the worker with superuser privileges")

app = Celery("endstate")
app.conf.update(celery_settings())
app.autodiscover_tasks()
# A database that is away is one line of the loop's log; the next ring finds it back.
app.Task.throws = (OperationalError, InterfaceError)


@worker_before_create_process.connect
def share_memory(**_: Any) -> None:
    """Load what every task needs before the fork and keep the collector off it: one copy."""
    get_resolver().reverse_dict  # noqa: B018 - loads every address
    gc.freeze()


@worker_init.connect
def keep_the_limits(**_: Any) -> None:
    """Wait for the database as the background does, in the worker and in what it forks."""
    become(BACKGROUND)
