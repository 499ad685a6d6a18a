"""What of an incident is live on the executive page: its door, its regions, and who may watch."""

from collections.abc import Collection

from django.db.models import Exists, OuterRef, Q, QuerySet

from incidents.record.live import OfIncident
from incidents.record.models import Incident, Kind, RoleAssignment
from live.topics import Door, Region, State, Viewer
from people.models import Role, User
from people.queries import which_of
from stakeholders.queries import load_page

PARTS = ("head", "facts", "goal", "latest", "answers", "questions", "done", "history")


class StakeholderPage(OfIncident):
    """The executive page of one incident, for everybody who may see the incident."""

    name = "stakeholder"
    doors = (Door("/stakeholders/{word}/events/"),)
    regions = tuple(Region(f"exec-{part}", f"stakeholders/incident/_{part}.html") for part in PARTS)

    def load(self, id: int) -> State | None:
        """The page, and when time alone changes it. Eight queries."""
        page = load_page(id)
        if page is None:
            return None
        return State(page.version, page.at, page.context, page.next_change_at)

    def authorise(self, id: int, viewers: Collection[Viewer]) -> set[Viewer]:
        """Whoever of them the incident is visible to. One query."""
        people = [viewer.id for viewer in viewers if viewer.kind == "person"]
        ids = which_of(self.seeing(id), people)
        return {viewer for viewer in viewers if viewer.kind == "person" and viewer.id in ids}

    def seeing(self, id: int) -> QuerySet[User]:
        """The same people: ``visible_to`` turned around."""
        this = Incident.objects.filter(pk=id)
        on_roster = RoleAssignment.objects.of_the_roster().filter(
            incident=id, person=OuterRef("pk")
        )
        is_public = Exists(this.filter(private=False))
        is_drill = Exists(this.filter(kind=Kind.DRILL))
        people: QuerySet[User] = User.objects.active().filter(
            Q(role=Role.ADMIN)
            | Exists(on_roster)
            | Q(is_public) & (Q(role=Role.RESPONDER) | ~Q(is_drill)),
            Exists(this),
        )
        return people


STAKEHOLDER_PAGE = StakeholderPage()
