"""What is forgotten, and when: all of it on one page. The record is never forgotten.

For how long is the operator's to say: ``RETENTION_DAYS`` (``config.env.days_kept``).
"""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import QuerySet

from api.idempotency import KEPT_FOR, old_answers
from clock.queries import now
from incidents.attachments.actions import forget_unused_files
from incidents.attachments.queries import FORGOTTEN_AFTER as FILES_FORGOTTEN_AFTER
from incidents.endstate.samples import thin_samples
from incidents.record.models import Incident
from integrations.models import KeptBody
from notifications.models import Delivery
from people.sessions import ended_sessions
from stakeholders.subscriptions.queries import FORGOTTEN_AFTER, unanswered

#: What a tool posted and nobody could read, for whoever sets that tool up.
UNREADABLE_KEPT_FOR = timedelta(days=7)

#: A portion is one transaction; what is left over waits for the next day.
PORTION = 1_000
MOST_PORTIONS = 100


def forget_what_is_old() -> dict[str, int]:
    """Remove what nobody needs any more; answers how many rows of each went. Twice is once."""
    moment = now()
    # After it left, or was given up. Those of open incidents stay: a page says what did not arrive.
    ended = Delivery.objects.ended_before(moment - timedelta(days=settings.RETENTION["deliveries"]))
    # Older than that, an incident that is over has one sample a minute, as its pictures are drawn.
    whole_since = moment - timedelta(days=settings.RETENTION["samples"])
    return {
        "sessions": _forget(ended_sessions()),
        "kept answers": _forget(old_answers()),
        "deliveries": _forget(ended.exclude(incident_id__in=Incident.objects.open().values("pk"))),
        "subscriptions": _forget(unanswered()),
        "unused files": forget_unused_files(),
        "unreadable bodies": _forget(KeptBody.objects.filter(at__lt=moment - UNREADABLE_KEPT_FOR)),
        "samples": thin_samples(whole_since),
    }


def what_is_forgotten() -> list[tuple[str, str]]:
    """What goes and when, in words, for the administrators' first page."""
    days = settings.RETENTION
    return [
        ("Sessions", "when they open nothing any more"),
        ("Answers kept for Idempotency-Key", f"after {KEPT_FOR // timedelta(hours=1)} hours"),
        (
            "Messages of the outbox and the inbox",
            f"{days['deliveries']} days after they left or were given up, the incident being over",
        ),
        (
            "Samples of signals",
            f"after {days['samples']} days, once the incident is over: one a minute is kept",
        ),
        ("Subscriptions of addresses that never agreed", f"after {FORGOTTEN_AFTER.days} days"),
        (
            "Files that were brought and put nowhere",
            f"after {FILES_FORGOTTEN_AFTER // timedelta(hours=1)} hours",
        ),
        ("What a tool posted and nobody could read", f"after {UNREADABLE_KEPT_FOR.days} days"),
        ("The record, and what people wrote", "never"),
    ]


def _forget(rows: QuerySet[Any]) -> int:
    """Delete the rows by portions; answers how many went, without what went with them."""
    gone = 0
    for _ in range(MOST_PORTIONS):
        keys = list(rows.order_by().values_list("pk", flat=True)[:PORTION])
        rows.model._default_manager.filter(pk__in=keys).delete()
        gone += len(keys)
        if len(keys) < PORTION:
            break
    return gone
