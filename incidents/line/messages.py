"""What people hear about the line: that it stopped, and that it goes on (P38)."""

from incidents.line.models import Stop
from incidents.record.models import Incident, RosterRole
from incidents.roster.queries import roster
from incidents.roster.work import running_work
from notifications.actions import tell
from notifications.kinds import MessageKind
from notifications.models import Delivery
from pages.texts import as_sentence
from people.models import User


class LineStopped(MessageKind):
    """Everybody who leads or works must stop now."""

    name = "line_stopped"
    words = "the line stopped"
    because = "you lead, or work on a card in Now"

    @classmethod
    def tell(cls, stop: Stop, incident: Incident) -> None:
        """Who leads and who works in Now, but not who stopped it."""
        who = stop.by.name if stop.by else "A stop criterion"
        words = f"{who} stopped the line: {stop.reason}"
        tell(
            incident,
            [person for person in _at_work(incident) if person != stop.by],
            cls.name,
            f"{incident.ref}: {words}",
            as_sentence(words),
            key=cls.source(stop),
            source=cls.source(stop),
        )

    @classmethod
    def source(cls, stop: Stop) -> str:
        """What its messages name as the obligation behind them."""
        return f"{cls.name}:{stop.pk}"

    def why_stale(self, delivery: Delivery) -> str | None:
        """Once no stop holds any more. One query."""
        stops = Stop.objects.filter(incident=delivery.incident_id, resumed_at__isnull=True)
        return None if stops.exists() else "The line goes on."


class LineResumed(MessageKind):
    """Work may go on."""

    name = "line_resumed"
    words = "the line goes on"
    because = "you lead, work on a card in Now, or stopped the line"

    @classmethod
    def tell(cls, stop: Stop, incident: Incident, *, by: User) -> None:
        """Who leads, who works in Now and who stopped it, but not who let it go on."""
        hearing = _at_work(incident)
        if stop.by is not None and stop.by not in hearing:
            hearing.append(stop.by)
        tell(
            incident,
            [person for person in hearing if person != by],
            cls.name,
            f"{incident.ref}: the line goes on: {stop.resumed_because}",
            as_sentence(f"{by.name} let the line go on: {stop.resumed_because}"),
            key=f"{cls.name}:{stop.pk}",
        )


MESSAGES = (LineStopped(), LineResumed())


def _at_work(incident: Incident) -> list[User]:
    """Who must know: the commander, the deputy, and owners and pairs of what is in Now."""
    seats = (RosterRole.COMMANDER, RosterRole.DEPUTY)
    people = [one.person for one in roster(incident) if one.role in seats]
    for work in running_work(incident):
        people += [person for person in (work.owner, work.pair) if person is not None]
    return list(dict.fromkeys(people))
