"""Everything that runs by itself, on one page, and how Celery is set for it.

Celery is a doorbell: every obligation is a row. A lost message costs seconds, since the sweep
loop takes up whatever is due. Tasks take ids, keep no results and are never given an ETA.
No Django in here, so that beat, which only rings, stays small.
"""

from typing import Any

from config.env import env

#: Name, task, seconds between two runs. ``expires`` drops what piled up while no worker was
#: there; the rows are still due.
BEAT_SCHEDULE: dict[str, dict[str, Any]] = {
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
    "ask Prometheus": {
        "task": "integrations.tasks.ask_prometheus",
        "schedule": 5.0,
        "options": {"expires": 10},
    },
    "ask the single sign-on": {
        "task": "people.tasks.ask_single_sign_on",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "check the books": {
        "task": "deadlines.tasks.check_books",
        "schedule": 3600.0,
        "options": {"expires": 600},
    },
    "forget what is old": {
        "task": "config.tasks.forget_what_is_old",
        "schedule": 86400.0,
        "options": {"expires": 3600},
    },
}


def broker_url() -> str:
    """``REDIS_URL`` in the words of kombu, which writes a unix socket differently."""
    url: str = env.str("REDIS_URL", default="redis://127.0.0.1:6379/0")
    if url.startswith("unix://"):
        return url.replace("unix://", "redis+socket://", 1).replace("?db=", "?virtual_host=")
    return url


def celery_settings() -> dict[str, Any]:
    """Short timeouts and no retries towards the broker; nothing in a request waits for it."""
    return {
        "broker_url": broker_url(),
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,
        "broker_transport_options": {
            "socket_timeout": 1,
            "socket_connect_timeout": 0.5,
            "max_retries": 0,
            "visibility_timeout": 60,
        },
        "task_ignore_result": True,
        "task_publish_retry": False,
        "task_serializer": "json",
        "accept_content": ["json"],
        "task_soft_time_limit": 240,
        "task_time_limit": 300,
        "worker_prefetch_multiplier": 1,
        "worker_max_memory_per_child": 200_000,
        "worker_hijack_root_logger": False,
        # Nothing is acknowledged late, so nothing is cancelled; unset, each loss is a warning.
        "worker_cancel_long_running_tasks_on_connection_loss": True,
        "worker_enable_remote_control": False,
        "timezone": "UTC",
        "enable_utc": True,
        "beat_schedule": BEAT_SCHEDULE,
        "beat_max_loop_interval": 5,
    }
