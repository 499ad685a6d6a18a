"""The task of Celery for the outbox: send what is due. Rows are the queue, not messages."""

from celery import shared_task

from notifications.lanes import send_all_due
from notifications.lanes import send_due as send_due_on

HANGING_S = 2.0
"""How long a task stays with a target that hangs; its thread goes on by itself."""


@shared_task(ignore_result=True)
def send_due(channel: str = "") -> None:
    """Send what is due on ``channel``, or on every channel. Any number at once is harmless."""
    if channel:
        send_due_on(channel, wait_s=HANGING_S)
    else:
        send_all_due(wait_s=HANGING_S)
