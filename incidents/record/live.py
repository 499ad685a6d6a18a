"""The base of every live page of an incident: its reference and its version."""

from collections.abc import Collection

from django.db.models import QuerySet

from incidents.record.models import GROWN, Incident
from incidents.record.references import number_of
from live.topics import Audience, Door, Found
from prepared import prepared


class OfIncident(Audience):
    """What every live page of an incident shares: its references and its version."""

    prefix = "incident"

    def find(self, door: Door, words: Collection[str]) -> dict[str, Found]:
        """Incidents by reference. One query."""
        numbers = {word: number for word in words if (number := number_of(word)) is not None}
        rows = Incident.objects.filter(number__in=set(numbers.values())).values_list("number", "pk")
        found = dict(rows)
        return {word: Found(found[number]) for word, number in numbers.items() if number in found}

    def versions(self, ids: Collection[int]) -> dict[int, int]:
        """The version of the record plus the batches of samples. One query."""
        return dict(_versions(list(ids)))


@prepared
def _versions(ids: list[int]) -> "QuerySet[Incident, tuple[int, int]]":
    rows = Incident.objects.filter(pk__among=ids).order_by()
    return rows.annotate(grown=GROWN).values_list("pk", "grown")
