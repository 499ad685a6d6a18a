"""What happens × what is open: each cell a sentence, and the state it leaves the thing in.

A cell that is not written out says ``STAYS``. A pattern is matched against the state after it
happened (``fnmatch``; the states are the words of ``world.OPEN``). What a state does not show, a
``proof`` tries.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple

from clock.queries import now
from deadlines.models import Deadline
from incidents.board.actions import move_card
from incidents.board.models import Card
from notifications.models import Delivery
from tests.matrix.world import SEATS, World


class Cell(NamedTuple):
    """One sentence, the pattern of the state it stands for (none: as before), and what it takes.

    ``proof`` answers whether the rest of the sentence holds.
    """

    sentence: str
    after: str = ""
    proof: Callable[[World], bool] | None = None


STAYS = Cell("It stays as it is.")

LATER = {
    "focus window": "incidents.focus.models",
    "shift": "incidents.shifts.models",
    "obligation": "incidents.obligations.models",
    "subscription": "stakeholders.subscriptions.models",
}
"""Columns that come later, with the module by whose existence a cell is owed."""


def told(kind: str, *names: str) -> Callable[[World], bool]:
    """Whether just these people have a message of that kind in their inbox."""

    def proof(world: World) -> bool:
        rows = Delivery.objects.filter(kind=kind, channel="in_app")
        found = set(rows.values_list("person", flat=True))
        return found == {world.who(name).pk for name in names}

    return proof


def _about(moment: datetime | None, minutes: int) -> bool:
    """Whether that is so many minutes from now; time goes on while a test runs."""
    aim = now() + timedelta(minutes=minutes)
    return moment is not None and abs(moment - aim) < timedelta(minutes=2)


def _promised_in(minutes: int) -> Callable[[World], bool]:
    def proof(world: World) -> bool:
        return _about(world.fresh.next_update_at, minutes)

    return proof


def _what_runs_may_finish(world: World) -> bool:
    card = Card.objects.get(pk=world.cards["now"].pk)
    done = move_card(
        card.pk, by=world.who("digger"), to="done", proof="5 % at 03:10", version=card.version
    )
    return done.column == "done"


def _time_box_from_now(world: World) -> bool:
    card = Card.objects.get(pk=world.cards["now"].pk)
    return _about(card.time_box_ends_at, 15)


def _meeting_owed(world: World) -> bool:
    owed = Deadline.objects.open().get(kind="review", incident_id=world.incident.pk)
    review = world.incident.postmortem
    review.refresh_from_db()
    return review.meeting_at is not None and owed.due_at == review.due_at


def _overdue_on_the_record(world: World) -> bool:
    missed = world.incident.entries.filter(kind__in=["update_overdue", "deadline_missed"])
    return missed.exists() and Delivery.objects.filter(kind="update").exists()


def _fix_owner_asked(world: World) -> bool:
    owed = Deadline.objects.open().get(kind="fix_owner", incident_id=world.incident.pk)
    return _about(owed.due_at, 20)


def _came(world: World) -> bool:
    held = world.incident.roles.active().filter(person=world.who("invited"))
    return list(held.values_list("role", flat=True)) == ["responder"]


_ROLES_END = "The seat is empty; roles end with the incident."
_EMPTY = Cell(_ROLES_END, "nobody")
_ENDED = {
    **dict.fromkeys(SEATS, _EMPTY),
    "commander": Cell(_ROLES_END, "nobody; nobody may decide"),
    "fix_owner": Cell("The seat is empty, and nobody is asked for it any more.", "nobody nothing"),
    "offer of command": Cell("It ends with the incident.", "nobody nothing"),
    "invitation": Cell("It ends with the incident.", "nobody, seen"),
    "helper": Cell("Who helped is off the roster with everybody.", "nobody"),
    "promise": Cell("Nobody owes an update any more.", "nothing"),
    "card in Now": Cell(
        "It stays where it is with its people, and its time box ends.",
        "now Digger Matrix Pair Matrix nothing",
    ),
    "escalation": Cell("Nobody waits for an answer any more.", "nothing"),
    "change": Cell("What never ran is withdrawn; while one runs nothing ends.", "withdrawn"),
    "approval asked": Cell("It is withdrawn, and nobody is asked any more.", "withdrawn"),
}
_QUESTION_ENDS = Cell(
    "It is declined with the closing word, and the asker hears it.",
    "declined, the asker heard, owed nothing",
)
_PAUSED_ASKED = Cell("Its owner is asked a day later to resume or drop it.", "Digger Matrix asked")
_FREE = {
    "card in Next": Cell("It is free to take.", "next nobody alone nothing"),
    "card in Parked": Cell("It is free to take.", "parked nobody alone nothing"),
}
_TO_THE_PAIR = Cell("The pair owns it now.", "now Pair Matrix alone *")
_COMMANDER_GONE = {
    "commander": Cell(
        "It is empty; the deputy leads and hears it.",
        "nobody; Deputy Matrix may decide",
        told("person_left", "deputy"),
    ),
    "escalation": Cell("The next in line is to hear it.", "* Deputy Matrix"),
    "approval asked": Cell("Whoever leads now is the one to give it.", "asked Deputy Matrix"),
    "review": Cell("Whoever leads it by default leads it.", "draft Deputy Matrix nothing"),
}
_OWNER_GONE = {
    "card in Now": _TO_THE_PAIR,
    **_FREE,
    "paused work": Cell(
        "Whoever inherits it owns it and hears it.",
        "Admin Matrix waits",
        told("inherited", "admin"),
    ),
    "item": Cell(
        "Whoever inherits it owns it, at the same due time.", "open Admin Matrix * Admin Matrix"
    ),
}

CELLS: dict[str, dict[str, Cell]] = {
    "another is declared": {},
    "command is handed over": {
        "commander": Cell(
            "It passes when the next one accepts, and the giver hears it.",
            "Newcomer Matrix; Newcomer Matrix may decide",
            told("seat_lost", "commander"),
        ),
        "offer of command": Cell("It is accepted, and nobody waits for it.", "nobody nothing"),
        "approval asked": Cell("Whoever leads now is the one to give it.", "asked Newcomer Matrix"),
        "escalation": Cell("Whoever leads now is to hear it.", "* Newcomer Matrix"),
    },
    "whom it invited acts": {
        "invitation": Cell("They are on the roster by acting.", "nobody, seen", _came),
    },
    "somebody joins": {},
    "the owner in Now leaves": {"card in Now": _TO_THE_PAIR, **_FREE},
    "the fix owner leaves": {
        "fix_owner": Cell(
            "It is empty, and the triage window starts again.", "nobody 2*", _fix_owner_asked
        ),
    },
    "the pair is removed": {
        "card in Now": Cell("It goes on without a pair.", "now Digger Matrix alone *"),
    },
    "the helper is removed": {
        "helper": Cell("They hold nothing and see the room no more.", "nobody")
    },
    "the commander is away": {
        "commander": Cell(
            "It is kept; the deputy may decide too.",
            "Commander Matrix; Commander Matrix, Deputy Matrix may decide",
        ),
    },
    "the commander is deactivated": _COMMANDER_GONE,
    "the owner in Now is deactivated": _OWNER_GONE,
    "the commander becomes a stakeholder": _COMMANDER_GONE,
    "the owner in Now becomes a stakeholder": _OWNER_GONE,
    "whom command was offered is deactivated": {
        "offer of command": Cell("It ends; whoever leads goes on.", "nobody nothing"),
    },
    "who was invited is deactivated": {
        "invitation": Cell("It ends; they see nothing any more.", "nobody, not there"),
    },
    "who was invited becomes a stakeholder": {
        "invitation": Cell("It ends; they see what everybody sees.", "nobody, seen"),
    },
    "severity goes up": {
        "promise": Cell(
            "It counts from now by the shorter interval.",
            "* Communications Matrix",
            _promised_in(15),
        ),
        "change": Cell("Its approval falls and is asked for again.", "asked Commander Matrix"),
    },
    "severity goes down": {},
    "the cadence changes": {
        "promise": Cell(
            "It counts from now, never later than promised.",
            "* Communications Matrix",
            _promised_in(10),
        ),
    },
    "the line stops": {
        "line": Cell("It is stopped; what runs may finish.", "stopped", _what_runs_may_finish),
    },
    "it is resolved": {
        **_ENDED,
        "question": _QUESTION_ENDS,
        "paused work": _PAUSED_ASKED,
        "review": Cell(
            "It is due: the meeting is proposed and owed.",
            "draft Commander Matrix 2*",
            _meeting_owed,
        ),
    },
    "it is cancelled": {**_ENDED, "question": _QUESTION_ENDS, "paused work": _PAUSED_ASKED},
    "it is merged": {
        **_ENDED,
        "question": Cell(
            "It is declined with where to look, and the asker hears it.",
            "declined, the asker heard, owed nothing",
        ),
        "paused work": Cell("It waits for the other incident now.", "Digger Matrix waits"),
        "item": Cell("It is followed on, and moves along to the other's review when that opens."),
    },
    "it is resolved and reopened": {
        **dict.fromkeys(SEATS, _EMPTY),
        "commander": Cell(
            "Whoever reopens commands.", "Commander Matrix; Commander Matrix may decide"
        ),
        "fix_owner": Cell(
            "The seat is empty, and the triage window starts again.", "nobody 2*", _fix_owner_asked
        ),
        "offer of command": Cell("The end has ended it.", "nobody nothing"),
        "invitation": Cell("The end has ended it; they are invited again.", "nobody, seen"),
        "helper": Cell("The end has released them; somebody invites them again.", "nobody"),
        "promise": Cell(
            "A new one, owed by whoever speaks now.", "* Commander Matrix", _promised_in(20)
        ),
        "card in Now": Cell(
            "Its time box starts again, with its people back on the roster.",
            "now Digger Matrix Pair Matrix 2*",
            _time_box_from_now,
        ),
        "question": Cell(
            "The end has declined it; it is asked anew.", "declined, the asker heard, owed nothing"
        ),
        "escalation": Cell("The end has released it.", "nothing"),
        "change": Cell("The end has withdrawn it.", "withdrawn"),
        "approval asked": Cell("The end has withdrawn it.", "withdrawn"),
    },
    "it is made private": {
        "invitation": Cell("It stands, and lets them see it."),
    },
    "it is opened to everybody": {},
    "a hypothesis is ruled out": {
        "change": Cell("Its approval falls: it names another one, and asks again.", "draft"),
        "hypotheses": Cell(
            "It stays, folded, with what ruled it out.",
            "*One export eats the memory ruled_out*",
        ),
    },
    "the policy changes": {},
    "every due time passes": {
        "promise": Cell(
            "It is overdue since then, on the record, and its ladder has told.",
            "",
            _overdue_on_the_record,
        ),
        "card in Now": Cell(
            "It is overtime; its owner and the commander heard.",
            "",
            told("time_box", "digger", "commander"),
        ),
    },
}


def cell(happens: str, thing: str) -> Cell:
    """What becomes of ``thing`` when ``happens``."""
    return CELLS[happens].get(thing, STAYS)
