"""Who may do what on an incident, beyond seeing it, which is ``visible_to``.

One table says who an act belongs to, and every action asks it. What is not in ``RIGHTS`` is
everybody's on the roster, which a responder joins by acting. ``may`` says the whole of it, as
docs/security.md, *Who may*, prints it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from incidents.record.models import Incident, RoleAssignment, RosterRole
from incidents.roster.queries import present, roster
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
    INVITE = "invite"
    WITHDRAW = "withdraw"


@dataclass(frozen=True)
class Right:
    """An act in words, and whether an administrator may do it without leading.

    ``tokens``: whether a program with a person's token may, too.
    """

    words: str
    admins: bool = False
    tokens: bool = True


RIGHTS: dict[Act, Right] = {
    Act.RESOLVE: Right("resolve it"),
    Act.CANCEL: Right("cancel it"),
    Act.MERGE: Right("merge it"),
    Act.REOPEN: Right("reopen it"),
    Act.SEVERITY: Right("change the severity"),
    Act.CADENCE: Right("change the cadence"),
    Act.EXPECTED_BACK: Right("say when it is expected back"),
    Act.RESUME: Right("let the line go on"),
    Act.APPROVE: Right("approve a change", tokens=False),
    Act.GO: Right("give the go after a surprise"),
    Act.SECOND_CHANGE: Right("allow a second change beside the one that runs"),
    Act.DEPUTY: Right("name the deputy"),
    Act.AGENTS: Right("switch agents off or on", admins=True),
    Act.PRIVATE: Right("make it private or open it", admins=True),
    Act.REMOVE: Right("remove somebody from a private roster", admins=True),
    Act.INVITE: Right("invite a helper to a private incident", admins=True),
    Act.WITHDRAW: Right("withdraw words of the record, or a file", admins=True),
}


class Whose(StrEnum):
    """Whom an act belongs to."""

    COMMANDER = "commander"
    ROSTER = "roster"
    RESPONDERS = "responders"
    FACILITATOR = "facilitator"
    ADMIN = "admin"
    EVERYBODY = "everybody"


WHOSE: dict[Whose, tuple[str, ...]] = {
    Whose.COMMANDER: tuple(right.words for act, right in RIGHTS.items() if act != Act.REOPEN),
    Whose.ROSTER: (
        "declare an incident",
        "reopen it (nobody commands what has ended)",
        "move it on to identified or monitoring",
        "name somebody to a seat",
        "write, start and finish cards",
        "write a change and ask for its approval",
        "start, finish and roll back a change",
        "write a hypothesis",
        "put evidence beside a hypothesis",
        "stop the line",
        "escalate",
        "hear an escalation",
        "publish an update",
        "answer a question",
        "decline a question",
        "invite somebody, or a service's people",
        "invite a stakeholder as helper",
        "share it by a link",
        "write the end state and signals",
        "pause side work and settle it",
        "start a legal clock and settle it",
        "note something",
    ),
    Whose.RESPONDERS: (
        "bring a picture or file",
        "write the review",
        "note an idea, commit to it or drop it",
    ),
    Whose.FACILITATOR: (
        "say that the review met",
        "publish the review",
        "keep words of the review that point at somebody",
        "take an action item that is not systemic",
        "take somebody else's idea back",
    ),
    Whose.ADMIN: ("change people, services, policies and ladders",),
    Whose.EVERYBODY: (
        "read the stakeholder page",
        "see a picture or file by its address",
        "ask a question",
    ),
}
"""Every act in words, by whom it belongs to; the commander's are those of ``RIGHTS``."""


FOR_HELPERS = (
    "write, start and finish cards",
    "write a change and ask for its approval",
    "start, finish and roll back a change",
    "stop the line",
    "escalate",
    "answer a question",
    "note something",
    "bring a picture or file",
)
"""What a helper may do too, of cards their own; each action says so itself."""


FOR_GUESTS = ("read the stakeholder page",)
"""What a share link is good for, without names, story, technical notes and money."""


class Who(StrEnum):
    """Who may stand before an act, in the order of the printed table."""

    COMMANDER = "commander"
    DEPUTY = "deputy acting"
    FIX_OWNER = "fix owner"
    FACILITATOR = "facilitator"
    ROSTER = "on the roster"
    RESPONDER = "any responder"
    HELPER = "helper"
    STAKEHOLDER = "stakeholder"
    ADMIN = "admin"
    BEARER = "token"
    PROGRAM = "program"
    AGENT = "agent"
    GUEST = "share link"


class May(StrEnum):
    """What an act answers somebody."""

    YES = "yes"
    JOINS = "yes, joining"
    WITHOUT_JOINING = "yes, joining nothing"
    AS_ITS_PERSON = "as its person"
    ASKS = "asks for it"
    SUGGESTS = "suggests"
    NO = "no"
    LATER = "comes later"


AGENTS_MAY: dict[str, May] = {
    "write, start and finish cards": May.SUGGESTS,
    "write a hypothesis": May.SUGGESTS,
    "note something": May.SUGGESTS,
    "escalate": May.WITHOUT_JOINING,
    "read the stakeholder page": May.YES,
    "see a picture or file by its address": May.YES,
}
"""What agents may of all there is (P37): suggest it, unconfirmed and marked, or do it."""


def may(
    who: Who, whose: Whose, *, words: str = "", admins: bool = False, tokens: bool = True
) -> May:
    """Whether ``who`` may do what belongs to ``whose``, ``admins``: an administrator may too.

    ``words`` name the act, of which helpers and agents may some. Without ``tokens`` it is a
    person's at a page, whoever a token belongs to.

    This is the rule as it is printed; the actions ask ``check_may``, and the tests hold the two
    together. Nobody in the commander's seat makes what is the commander's the roster's.
    """
    if not tokens and who in (Who.BEARER, Who.PROGRAM, Who.AGENT):
        return May.NO
    if who == Who.GUEST:
        return May.YES if words in FOR_GUESTS else May.NO
    if who == Who.AGENT:
        return AGENTS_MAY.get(words, May.NO)
    if who == Who.BEARER:
        return May.AS_ITS_PERSON
    match whose:
        case Whose.EVERYBODY:
            return May.YES
        case Whose.ADMIN:
            return May.YES if who == Who.ADMIN else May.NO
        case _ if who == Who.STAKEHOLDER:
            return May.NO
        case _ if who == Who.HELPER:
            return May.YES if words in FOR_HELPERS else May.NO
        case Whose.RESPONDERS:
            joins_not = who in (Who.RESPONDER, Who.ADMIN, Who.PROGRAM)
            return May.WITHOUT_JOINING if joins_not else May.YES
        case Whose.FACILITATOR:
            return May.YES if who in (Who.FACILITATOR, Who.ADMIN) else May.NO
        case Whose.COMMANDER if who == Who.ADMIN and admins:
            return May.YES
        case Whose.COMMANDER:
            return May.YES if who in (Who.COMMANDER, Who.DEPUTY) else May.ASKS
        case _ if who in (Who.RESPONDER, Who.ADMIN):
            return May.JOINS
    return May.WITHOUT_JOINING if who == Who.PROGRAM else May.YES


def who_leads(held: Iterable[RoleAssignment]) -> list[User]:
    """Who commands by these roles, whom to ask first first: while the commander is away the deputy.

    The commander may even then. Nobody where the seat is empty and no deputy stands in: who is away
    counts for no seat. No query but for the moment, and that only where one of them was asked.
    """
    seats = [one for one in held if one.role in (RosterRole.COMMANDER, RosterRole.DEPUTY)]
    here = {one.role: one.person for one in present(seats)}
    if RosterRole.COMMANDER in here:
        return [here[RosterRole.COMMANDER]]
    away = [one.person for one in seats if one.role == RosterRole.COMMANDER]
    return [*here.values(), *away]


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
