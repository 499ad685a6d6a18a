"""What of an incident is live in the war room: its regions, and who may watch."""

from collections.abc import Collection

from django.db.models import Exists, OuterRef, Q, QuerySet

from incidents.record.live import OfIncident
from incidents.record.models import Incident, RoleAssignment, RosterRole
from incidents.record.visibility import is_visible
from live.topics import Door, Region, State, Viewer
from people.models import Role, User
from people.queries import which_of
from refusals.errors import Forbidden, NotVisible
from warroom.room import Room, load_room

REGIONS = (
    ("pinned", "room"),
    ("banner", "room"),
    ("still", "room"),
    ("impact", "impact"),
    ("roster", "roster"),
    ("alerts", "alerts"),
    ("sharing", "sharing"),
    ("line", "line"),
    ("paused", "sidework"),
    ("obligations", "obligations"),
    ("details", "details"),
    ("hypotheses", "hypotheses"),
    ("recent", "deployments"),
    ("board", "board"),
    ("latest", "updates"),
    ("questions", "updates"),
    ("guests", "agents"),
    ("timeline", "record"),
)
"""Every region of the war room with the folder of its template, in the order of the page."""


class WarRoom(OfIncident):
    """The war room, for responders."""

    name = "warroom"
    doors = (Door("/incidents/{word}/events/"),)
    regions = tuple(Region(name, f"warroom/{folder}/_{name}.html") for name, folder in REGIONS)

    def load(self, id: int) -> State | None:
        """The room and when time alone changes it: the update overdue. Nine queries."""
        return _state(load_room(id))

    def reload(self, id: int, older: State) -> State | None:
        """The same, with what did not change taken from ``older``. Two queries and those for it."""
        return _state(load_room(id, older.context["room"]))

    def authorise(self, id: int, viewers: Collection[Viewer]) -> set[Viewer]:
        """Responders and admins who may see the incident, and who helps there. One query."""
        asked = {viewer.id for viewer in viewers if viewer.kind == "person"}
        may = which_of(self.seeing(id), asked)
        return {viewer for viewer in viewers if viewer.kind == "person" and viewer.id in may}

    def seeing(self, id: int) -> QuerySet[User]:
        """The same people: a private incident is for admins and its roster alone."""
        this = Incident.objects.filter(pk=id)
        on_roster = RoleAssignment.objects.of_the_roster().filter(
            incident=id, person=OuterRef("pk")
        )
        people: QuerySet[User] = User.objects.active().filter(
            Q(role__in=[Role.RESPONDER, Role.ADMIN])
            | Exists(on_roster.filter(role=RosterRole.HELPER)),
            Q(Exists(this.filter(private=False))) | Q(role=Role.ADMIN) | Exists(on_roster),
            Exists(this),
        )
        return people

    def refusal(self, id: int, viewer: Viewer) -> Forbidden | NotVisible:
        """A stakeholder who may see the incident is told so; to everybody else it is not there."""
        person = User.objects.active().filter(pk=viewer.id).first()
        if person and is_visible(person, id):
            return Forbidden("The war room is for responders. Your page is under Stakeholders.")
        return NotVisible()


def grown_to(incident: Incident) -> int | None:
    """What pages go by, where ``get_incident`` found the incident; else nothing."""
    grown: int | None = vars(incident).get("grown")
    return grown


def _state(room: Room | None) -> State | None:
    if room is None:
        return None
    return State(
        room.version,
        room.at,
        room.context,
        room.next_change_at,
        standing_for={"incident": room.shown_of_incident},
    )


WAR_ROOM = WarRoom()
