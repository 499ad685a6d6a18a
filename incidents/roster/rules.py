"""What a person needs to take a seat (P10)."""

from incidents.record.gate import SOLO, Objection, exception, soft
from incidents.record.models import Incident
from incidents.roster.queries import is_solo
from incidents.roster.work import running_work
from people.models import User


def why_not_command(incident: Incident, person: User) -> list[Objection]:
    """P10 ◆: whoever owns a card in Now or pairs on it is not named commander, unless alone.

    Two queries at most.
    """
    held = (work for work in running_work(incident) if person in (work.owner, work.pair))
    work = next(held, None)
    if work is None:
        return []
    if is_solo(incident):
        return [exception(SOLO)]
    return [
        soft(
            "commander_cannot_own_work",
            f"{person.name} works on “{work.title}”. Hand that card over or park it first.",
            card={"id": work.id, "title": work.title, "version": work.version},
        )
    ]
