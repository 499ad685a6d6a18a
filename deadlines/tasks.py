"""The tasks of Celery for the engine: sweep, and check that the books balance."""

import logging

from celery import shared_task

from deadlines.passes import ping_heartbeat, run_pass
from deadlines.queries import check_books as what_is_wrong

logger = logging.getLogger(__name__)


@shared_task(ignore_result=True)
def sweep_due() -> None:
    """One pass over everything due. Any number at once is harmless."""
    ping_heartbeat(run_pass("beat", rings=True))


@shared_task(ignore_result=True)
def check_books() -> None:
    """Say in the log, as errors, which obligations are not accounted for."""
    for sentence in what_is_wrong():
        logger.error("The books do not balance: %s", sentence)
