"""A query that somebody is typing: asked beside the request, answered at the next look.

No request waits for Prometheus. Typing queues the query, the worker or the loop asks, and who
looks again a moment later reads what it answered.
"""

import hashlib
from datetime import datetime, timedelta
from functools import partial

import httpx
from django.conf import settings
from django.db import transaction
from django.db.models import Q

from clock.queries import now
from incidents.endstate.sources import Source, Tried
from integrations.prometheus.asking import NoData, Silent, try_query
from integrations.prometheus.models import Trial
from live.bell import ring

#: An answer is shown for as long, then asked for anew.
FRESH = timedelta(seconds=10)
KEPT = timedelta(hours=1)
LEASE = timedelta(seconds=15)
#: So many are asked in one round; each is somebody typing.
MOST_AT_ONCE = 5


class Prometheus(Source):
    """What ``PROMETHEUS_URL`` names."""

    name = "Prometheus"

    @property
    def is_there(self) -> bool:
        """Whether the operator named one."""
        return bool(settings.PROMETHEUS_URL)

    def try_query(self, query: str) -> Tried | None:
        """What the query answers now, or nothing yet: it is being asked. Three queries at most."""
        moment = now()
        trial, is_new = Trial.objects.get_or_create(
            digest=hashlib.sha256(query.encode()).hexdigest(),
            defaults={"query": query, "due_at": moment},
        )
        if trial.asked_at is not None and moment - trial.asked_at <= FRESH:
            return Tried(value=trial.value, series=trial.series, error=trial.error)
        if not is_new:
            Trial.objects.filter(pk=trial.pk, due_at=None).update(due_at=moment)
        if is_new or trial.due_at is None:
            transaction.on_commit(partial(ring, "task", "integrations.tasks.ask_prometheus"))
        return None


def answer_trials(line: httpx.Client) -> int:
    """Ask what is being typed; answers how many, or what is said instead where nobody answers.

    What nobody typed for an hour is forgotten.
    """
    moment = now()
    Trial.objects.filter(Q(asked_at__lt=moment - KEPT) | Q(due_at__lt=moment - KEPT)).delete()
    claimed = _claim(moment)
    silence: Silent | None = None
    for trial in claimed:
        lease = trial.due_at
        try:
            if silence is not None:
                raise silence
            found = try_query(line, trial.query, moment)
            said = {"value": found.value, "series": found.series, "error": found.why_none}
        except NoData as trouble:
            silence = trouble if isinstance(trouble, Silent) else None
            said = {"value": None, "series": None, "error": str(trouble)}
        Trial.objects.filter(pk=trial.pk, due_at=lease).update(due_at=None, asked_at=now(), **said)
    return len(claimed)


@transaction.atomic
def _claim(moment: datetime) -> list[Trial]:
    due = Trial.objects.filter(due_at__lte=moment).order_by("due_at")
    rows = list(due.select_for_update(skip_locked=True)[:MOST_AT_ONCE])
    for row in rows:
        row.due_at = moment + LEASE
    Trial.objects.bulk_update(rows, ["due_at"])
    return rows
