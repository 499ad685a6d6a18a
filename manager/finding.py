"""How the manager finds the rows of an incident."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest

from incidents.record.references import number_of
from people.admin_bases import ReadOnlyAdmin


class FoundByReference(ReadOnlyAdmin):
    """Found by an incident's reference, too: ``INC-42``, ``inc-42`` and ``INC-042`` alike."""

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """The rows of the incidents that are named, among those found by the other words."""
        (number,) = (one[1:] for one in self.search_fields if one.startswith("="))
        words = []
        for word in search_term.split():
            if (named := number_of(word)) is None:
                words.append(word)
            else:
                queryset = queryset.filter(**{number: named})
        return super().get_search_results(request, queryset, " ".join(words))
