"""What a person needs to take a seat (P10)."""

from incidents.record.models import Incident
from incidents.record.softness import SOLO, Softly
from incidents.roster.queries import is_solo
from incidents.roster.work import running_work
from people.models import User


def check_commander_is_free(incident: Incident, person: User, soft: Softly) -> None:
    """P10 ◆: whoever owns a card in Now is not named commander, unless alone."""
    owned = next((work for work in running_work(incident) if work.owner == person), None)
    if owned is None:
        return
    if is_solo(incident):
        soft.mark(SOLO)
        return
    soft.refuse(
        "commander_cannot_own_work",
        f"{person.name} works on “{owned.title}”. Hand that card over or park it first.",
        card={"id": owned.id, "title": owned.title, "version": owned.version},
    )
