"""Answers what Prometheus reads: a few numbers that say whether the promises are being kept.

Who may read them is decided in ``config.views``.
"""

from collections.abc import Iterator

from django.conf import settings
from django.db import Error
from django.db.models import Count, Sum
from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from deadlines.models import Deadline
from deadlines.queries import ages_of_passes, last_enforcement
from incidents.attachments.models import Attachment
from incidents.endstate.models import Signal
from incidents.record.models import Incident
from live.hub import process_hub
from notifications.models import Delivery, State


class Promises(Collector):
    """Read from the database with each scrape, this process's streams beside it. Eight queries."""

    def collect(self) -> Iterator[Metric]:
        """``endstate_database_up`` is 0, and the rest absent, while PostgreSQL is away."""
        info = GaugeMetricFamily("endstate_info", "Which version this is.", labels=["version"])
        info.add_metric([settings.VERSION], 1)
        yield info
        yield GaugeMetricFamily(
            "endstate_streams", "Open live streams of this process.", process_hub.viewers
        )
        try:
            found = list(self._from_database())
        except Error:
            yield GaugeMetricFamily("endstate_database_up", "PostgreSQL answers.", 0)
            return
        yield GaugeMetricFamily("endstate_database_up", "PostgreSQL answers.", 1)
        yield from found

    def _from_database(self) -> Iterator[Metric]:
        passes = GaugeMetricFamily(
            "endstate_pass_age_seconds", "Since each ringer's last pass.", labels=["ringer"]
        )
        for ringer, age in sorted(ages_of_passes().items()):
            passes.add_metric([ringer], age)
        yield passes
        age_s = last_enforcement().age_s
        yield GaugeMetricFamily(
            "endstate_enforcement_age_seconds",
            "Since the last enforcement pass; NaN before the first.",
            float("nan") if age_s is None else age_s,
        )
        yield GaugeMetricFamily(
            "endstate_incidents_open",
            "Open incidents; private ones are not counted.",
            Incident.objects.open().filter(private=False).count(),
        )
        silent = Signal.objects.standing().exclude(no_data_since=None)
        yield GaugeMetricFamily(
            "endstate_signals_without_data",
            "Signals of open incidents whose query answers nothing; of private ones none.",
            silent.filter(incident__in=Incident.objects.open().filter(private=False)).count(),
        )
        yield GaugeMetricFamily(
            "endstate_deadlines_set_aside",
            "Deadlines that failed five times and need a person.",
            Deadline.objects.set_aside().count(),
        )
        files = Attachment.objects.standing().filter(incident__private=False)
        yield GaugeMetricFamily(
            "endstate_attachment_bytes",
            "What pictures and files take as they are kept; of private incidents none.",
            files.aggregate(sum=Sum("size"))["sum"] or 0,
        )
        deliveries = GaugeMetricFamily(
            "endstate_deliveries", "Deliveries in the outbox by state.", labels=["state"]
        )
        rows = Delivery.objects.order_by().values_list("state").annotate(Count("pk"))
        counts = dict.fromkeys(State.values, 0) | dict(rows)
        for state, count in sorted(counts.items()):
            deliveries.add_metric([state], count)
        yield deliveries


registry = CollectorRegistry()
registry.register(Promises())
ProcessCollector(registry=registry)


def as_text() -> bytes:
    """Everything in Prometheus' text format."""
    return generate_latest(registry)
