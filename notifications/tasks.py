"""The task of Celery for the outbox: send what is due. Rows are the queue, not messages."""

from celery import shared_task

from notifications.sending import send_all_due
from notifications.sending import send_due as send_due_on


@shared_task(ignore_result=True)
def send_due(channel: str = "") -> None:
    """Send what is due on ``channel``, or on every channel. Any number at once is harmless."""
    if channel:
        send_due_on(channel)
    else:
        send_all_due()
