"""What every live page of an incident shares: its references and its version."""

from collections.abc import Collection

from django.db.models import F, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from incidents.record.models import Incident
from live.topics import Audience, Door, Found
from prepared import prepared


class OfIncident(Audience):
    """What every live page of an incident shares: its references and its version."""

    prefix = "incident"

    def find(self, door: Door, words: Collection[str]) -> dict[str, Found]:
        """Incidents by reference. One query."""
        numbers = {}
        for word in words:
            digits = word.removeprefix("INC-")
            if digits != word and digits.isascii() and digits.isdigit() and len(digits) < 10:
                numbers[int(digits)] = word
        found = Incident.objects.filter(number__in=numbers).values_list("number", "pk")
        return {numbers[number]: Found(pk) for number, pk in found}

    def versions(self, ids: Collection[int]) -> dict[int, int]:
        """The version of the record plus the batches of samples. One query."""
        return dict(_versions(list(ids)))


@prepared
def _versions(ids: list[int]) -> "QuerySet[Incident, tuple[int, int]]":
    standing = Q(signals__removed_at=None)
    batches = Coalesce(Sum("signals__batches", filter=standing), 0)
    rows = Incident.objects.filter(pk__among=ids).order_by()
    return rows.annotate(grown=F("version") + batches).values_list("pk", "grown")
