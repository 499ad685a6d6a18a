"""The task of Celery for the whole house: forget what is old."""

import logging

from celery import shared_task

from config import retention

logger = logging.getLogger(__name__)


@shared_task(ignore_result=True)
def forget_what_is_old() -> None:
    """Once a day. Any number at once is harmless."""
    for what, count in retention.forget_what_is_old().items():
        if count:
            logger.info("Forgot %s old %s.", count, what)
