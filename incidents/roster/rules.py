"""What a person needs to take a seat (P10)."""

from incidents.record.gate import SOLO, Objection, exception, soft
from incidents.record.models import Incident, RosterRole
from incidents.roster.queries import commander_of, holder_of, is_solo
from incidents.roster.work import running_work
from people.models import User


def why_not_command(incident: Incident, person: User) -> list[Objection]:
    """P10 ◆: whoever owns a card in Now or pairs on it is not named commander, unless alone.

    Two queries at most.
    """
    held = (work for work in running_work(incident) if person in (work.owner, work.pair))
    work = next(held, None)
    owns_fix = holder_of(incident, RosterRole.FIX_OWNER) == person
    if work is None and not owns_fix:
        return []
    if is_solo(incident):
        return [exception(SOLO)]
    if work is None:
        return [
            soft(
                "commander_cannot_own_work",
                f"{person.name} owns the fix. Name another fix owner first.",
            )
        ]
    return [
        soft(
            "commander_cannot_own_work",
            f"{person.name} works on “{work.title}”. Hand that card over or park it first.",
            card={"id": work.id, "title": work.title, "version": work.version},
        )
    ]


def why_not_fix_owner(incident: Incident, person: User) -> list[Objection]:
    """P06 ◆: the fix owner is not the commander, unless alone. Two queries at most."""
    if commander_of(incident) != person:
        return []
    if is_solo(incident):
        return [exception(SOLO)]
    return [
        soft(
            "commander_cannot_own_work",
            f"{person.name} leads and cannot own the fix. Name somebody else.",
        )
    ]
