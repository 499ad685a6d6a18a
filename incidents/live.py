"""What of an incident is live in the war room: its door, its regions, and who may watch."""

from collections.abc import Collection

from django.db.models import F, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from incidents.models import Incident
from incidents.queries.incidents import is_visible
from incidents.queries.warroom import load_room
from live.topics import Audience, Door, Found, Region, State, Viewer
from people.models import User
from people.queries import which_of
from prepared import prepared
from refusals.errors import Forbidden, NotVisible

PARTS = (
    "pinned",
    "banner",
    "impact",
    "roster",
    "line",
    "paused",
    "frame",
    "board",
    "latest",
    "questions",
    "timeline",
)


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


class WarRoom(OfIncident):
    """The war room, for responders."""

    name = "warroom"
    doors = (Door("/incidents/{word}/events/"),)
    regions = tuple(Region(part, f"incidents/warroom/_{part}.html") for part in PARTS)

    def load(self, id: int) -> State | None:
        """The room and when time alone changes it: the update overdue. Nine queries."""
        room = load_room(id)
        if room is None:
            return None
        return State(room.version, room.at, room.context, room.next_change_at)

    def authorise(self, id: int, viewers: Collection[Viewer]) -> set[Viewer]:
        """Responders and admins who may see the incident. Two queries; four when it is private."""
        incident = Incident.objects.filter(pk=id).first()
        if incident is None:
            return set()
        asked = {viewer.id for viewer in viewers if viewer.kind == "person"}
        seeing = which_of(User.objects.responders(), asked)
        if incident.private:
            on_roster = incident.roles.of_the_roster().filter(person__in=seeing)
            roster = set(on_roster.values_list("person_id", flat=True))
            seeing = roster | which_of(User.objects.admins(), seeing)
        return {viewer for viewer in viewers if viewer.kind == "person" and viewer.id in seeing}

    def refusal(self, id: int, viewer: Viewer) -> Forbidden | NotVisible:
        """A stakeholder who may see the incident is told so; to everybody else it is not there."""
        person = User.objects.active().filter(pk=viewer.id).first()
        if person and is_visible(person, id):
            return Forbidden("The war room is for responders. Your page is under Stakeholders.")
        return NotVisible()


WAR_ROOM = WarRoom()
