"""One pass of enforcement, whoever rang for it: sweep, note when, tell the outside heartbeat."""

import logging
import time

import httpx
from django.conf import settings

from deadlines.models import Pass
from deadlines.sweeping import SweepResult, sweep
from waits.exchanges import ask, client

logger = logging.getLogger(__name__)

PING_EVERY_S = 20.0
PING_TAKES_S = 5.0

_pinged_at = float("-inf")


def run_pass(ringer: str, *, rings: bool = False) -> SweepResult:
    """Sweep once and note under ``ringer`` (``loop``, ``beat``, ``hand``) that enforcement ran.

    ``rings`` as in ``sweep``. Does not ping the heartbeat, which is the caller's next step
    (``ping_heartbeat``).
    """
    result = sweep(rings=rings)
    noted = {
        "ran_at": result.started_at,
        "due": result.due,
        "stepped": result.stepped,
        "failed": result.failed,
        "took_ms": result.took_ms,
    }
    if result.complete:
        noted["complete_at"] = result.started_at
    if not Pass.objects.filter(pk=ringer).update(**noted):
        Pass.objects.bulk_create([Pass(ringer=ringer, **noted)], ignore_conflicts=True)
    return result


def ping_heartbeat(result: SweepResult) -> bool:
    """Tell ``HEARTBEAT_URL`` that enforcement works; answers whether it was told now.

    Only after a pass that left no due deadline behind, none failing and none set aside, so that
    silence is the alarm. At most every 20 s per process. Blocks up to five seconds: for the loop
    and the worker, never for a request or a transaction.
    """
    global _pinged_at
    if not settings.HEARTBEAT_URL or not result.complete:
        return False
    if time.monotonic() - _pinged_at < PING_EVERY_S:
        return False
    try:
        with client(PING_TAKES_S) as line:
            answer = ask(line, "GET", settings.HEARTBEAT_URL, within_s=PING_TAKES_S)
    except httpx.HTTPError as error:
        logger.warning("The heartbeat was not taken: %s", type(error).__name__)
        return False
    if not 200 <= answer.status < 300:
        logger.warning("The heartbeat was not taken: %s", answer.status)
        return False
    _pinged_at = time.monotonic()
    return True
