"""What a record can be filtered by, asked without reading all of it."""

from django.db.models import Exists, OuterRef, QuerySet

from incidents.kinds import KINDS
from incidents.models import Incident, TimelineEntry
from people.models import User


def actors_of(incident: Incident) -> QuerySet[User]:
    """Everybody who wrote a line of the record, by name: one look into an index a person."""
    lines = TimelineEntry.objects.filter(incident=incident, actor=OuterRef("pk"))
    people: QuerySet[User] = User.objects.filter(Exists(lines))
    return people.order_by("name", "pk")


def kinds_of(incident: Incident) -> set[str]:
    """The kinds of entry that occur in the record: one look into an index a kind."""
    lines = [
        TimelineEntry.objects.filter(incident=incident, kind=kind)
        .order_by()
        .values_list("kind", flat=True)[:1]
        for kind in KINDS
    ]
    return set(lines[0].union(*lines[1:], all=True))
