"""Stop criteria watch signals: a value that crosses one stops the line by itself (P38)."""

from collections.abc import Sequence
from functools import partial

from django.db.models import Exists, OuterRef

from incidents.endstate.models import Signal
from incidents.endstate.watches import Crossing, Watch
from incidents.line.actions import crossings, trip
from incidents.line.models import StopCriterion
from incidents.line.queries import criteria_on
from incidents.record.models import Incident


class CriterionWatch(Watch):
    """What is agreed to stop for, on each batch of samples."""

    def rests_on(self) -> Exists:
        """Whether a standing stop criterion names the signal."""
        return Exists(StopCriterion.objects.standing().filter(signal=OuterRef("pk")))

    def crossings(self, signal: Signal, newer: Sequence[float]) -> list[Crossing]:
        """The criteria that the values cross, each stopping the line. One query."""
        found = crossings(criteria_on(signal.pk), signal.latest_value, newer)
        return [partial(_trip, criterion, value) for criterion, value in found]


def _trip(criterion: StopCriterion, value: float, incident: Incident, signal: Signal) -> None:
    trip(incident, criterion, signal, value)
