"""Who may do what on an incident, beyond seeing it (PRODUCT, *Who may*). Seeing is ``visible_to``.

One table says who an act belongs to, and every action asks it. What is not in the table is
everybody's on the roster, which a responder joins by acting.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from clock.queries import now
from incidents.record.models import Incident, RoleAssignment, RosterRole
from incidents.roster.queries import roster
from people.models import User
from refusals.errors import Refused


class Act(StrEnum):
    """What belongs to the commander, or to an acting deputy; without either, to the roster."""

    RESOLVE = "resolve"
    CANCEL = "cancel"
    MERGE = "merge"
    REOPEN = "reopen"
    SEVERITY = "severity"
    CADENCE = "cadence"
    EXPECTED_BACK = "expected_back"
    RESUME = "resume"
    APPROVE = "approve"
    GO = "go"
    SECOND_CHANGE = "second_change"
    DEPUTY = "deputy"
    AGENTS = "agents"
    PRIVATE = "private"
    REMOVE = "remove"
    WITHDRAW = "withdraw"


@dataclass(frozen=True)
class Right:
    """An act in words, and whether an administrator may do it without leading."""

    words: str
    admins: bool = False


RIGHTS: dict[Act, Right] = {
    Act.RESOLVE: Right("resolve it"),
    Act.CANCEL: Right("cancel it"),
    Act.MERGE: Right("merge it"),
    Act.REOPEN: Right("reopen it"),
    Act.SEVERITY: Right("change the severity"),
    Act.CADENCE: Right("change the cadence"),
    Act.EXPECTED_BACK: Right("say when it is expected back"),
    Act.RESUME: Right("let the line go on"),
    Act.APPROVE: Right("approve a change"),
    Act.GO: Right("give the go after a surprise"),
    Act.SECOND_CHANGE: Right("allow a second change beside the one that runs"),
    Act.DEPUTY: Right("name the deputy"),
    Act.AGENTS: Right("switch agents off or on", admins=True),
    Act.PRIVATE: Right("make it private or open it", admins=True),
    Act.REMOVE: Right("remove somebody from a private roster", admins=True),
    Act.WITHDRAW: Right("withdraw words of the record", admins=True),
}


def who_leads(held: Iterable[RoleAssignment]) -> list[User]:
    """Who commands by these roles: the commander and, while that one is away, the deputy.

    Nobody where the seat is empty and no deputy stands in. No query but for the moment, and that
    only for a commander who was asked.
    """
    seats = {one.role: one for one in held if one.role in (RosterRole.COMMANDER, RosterRole.DEPUTY)}
    commander, deputy = seats.get(RosterRole.COMMANDER), seats.get(RosterRole.DEPUTY)
    if commander is None:
        return [deputy.person] if deputy is not None else []
    is_away = commander.is_asked and commander.is_away_at(now())
    return [commander.person, *([deputy.person] if deputy is not None and is_away else [])]


def who_may(incident: Incident, act: Act) -> list[User]:
    """Who an act belongs to now, the first to be asked first; empty: anybody on the roster.

    One query, another for an act that is the administrators' too.
    """
    leading = who_leads(roster(incident))
    if leading and RIGHTS[act].admins:
        leading += [one for one in User.objects.admins() if one not in leading]
    return leading


def check_may(incident: Incident, by: User, act: Act) -> None:
    """Refuse (``only_commander``) whoever an act does not belong to; ``ask`` names what to ask for.

    One query.
    """
    leading = who_leads(roster(incident))
    right = RIGHTS[act]
    if not leading or by in leading or (right.admins and by.is_admin):
        return
    raise Refused(
        "only_commander",
        f"{leading[0].name} commands and is the one to {right.words}. Ask for it, or take command.",
        ask=act.value,
    )
