"""What happens × what is open: each cell a sentence, and the state it leaves the thing in.

A cell that is not written out says ``STAYS``. A pattern is matched against the state after it
happened (``fnmatch``; the states are the words of ``world.OPEN``).
"""

from typing import NamedTuple

from tests.matrix.world import SEATS


class Cell(NamedTuple):
    """One sentence, and the pattern of the state it stands for; no pattern: as before."""

    sentence: str
    after: str = ""


STAYS = Cell("It stays as it is.")

LATER = {
    "focus window": "incidents.focus.models",
    "shift": "incidents.shifts.models",
    "obligation": "incidents.obligations.models",
    "subscription": "stakeholders.subscriptions.models",
}
"""Columns that come later, with the module by whose existence a cell is owed."""

_EMPTY = Cell("The seat is empty; roles end with the incident.", "nobody")
_ENDED = {
    **dict.fromkeys(SEATS, _EMPTY),
    "promise": Cell("Nobody owes an update any more.", "nothing"),
    "card in Now": Cell(
        "It stays where it is with its people, and its time box ends.",
        "now Digger Matrix Pair Matrix nothing",
    ),
    "escalation": Cell("Nobody waits for an answer any more.", "nothing"),
    "change": Cell("What never ran is withdrawn; while one runs nothing ends.", "withdrawn"),
    "approval asked": Cell("It is withdrawn, and nobody is asked any more.", "withdrawn"),
}
_QUESTION_ENDS = Cell("It is declined with the closing word, and the asker hears it.", "declined")
_PAUSED_ASKED = Cell("Its owner is asked a day later to resume or drop it.", "Digger Matrix asked")
_FREE = {
    "card in Next": Cell("It is free to take.", "next nobody alone nothing"),
    "card in Parked": Cell("It is free to take.", "parked nobody alone nothing"),
}
_TO_THE_PAIR = Cell("The pair owns it now.", "now Pair Matrix alone *")

CELLS: dict[str, dict[str, Cell]] = {
    "another is declared": {},
    "command is handed over": {
        "commander": Cell("It passes when the next one accepts.", "Newcomer Matrix"),
        "approval asked": Cell("Whoever leads now is the one to give it.", "asked Newcomer Matrix"),
        "escalation": Cell("Whoever leads now is to hear it.", "* Newcomer Matrix"),
    },
    "somebody joins": {},
    "the owner in Now leaves": {"card in Now": _TO_THE_PAIR, **_FREE},
    "the fix owner leaves": {
        "fix_owner": Cell("It is empty, and the triage window starts again.", "nobody"),
    },
    "the pair is removed": {
        "card in Now": Cell("It goes on without a pair.", "now Digger Matrix alone *"),
    },
    "the commander is deactivated": {
        "commander": Cell("It is empty; the deputy leads, the next in line hears it.", "nobody"),
        "escalation": Cell("The next in line is to hear it.", "* Deputy Matrix"),
        "approval asked": Cell("Whoever leads now is the one to give it.", "asked Deputy Matrix"),
        "review": Cell("Whoever leads it by default leads it.", "draft Deputy Matrix nothing"),
    },
    "the owner in Now is deactivated": {
        "card in Now": _TO_THE_PAIR,
        **_FREE,
        "paused work": Cell("Whoever inherits it owns it.", "Admin Matrix waits"),
        "item": Cell("Whoever inherits it owns it.", "open Admin Matrix"),
    },
    "severity goes up": {
        "promise": Cell("It counts from now by the shorter interval.", "* Communications Matrix"),
        "change": Cell("Its approval falls and is asked for again.", "asked Commander Matrix"),
    },
    "severity goes down": {},
    "the cadence changes": {
        "promise": Cell(
            "It counts from now, never later than promised.", "* Communications Matrix"
        ),
    },
    "the line stops": {
        "line": Cell("It is stopped; what runs may finish.", "stopped"),
    },
    "it is resolved": {
        **_ENDED,
        "question": _QUESTION_ENDS,
        "paused work": _PAUSED_ASKED,
        "review": Cell("It is due: the meeting is proposed and owed.", "draft Commander Matrix 2*"),
    },
    "it is cancelled": {**_ENDED, "question": _QUESTION_ENDS, "paused work": _PAUSED_ASKED},
    "it is merged": {
        **_ENDED,
        "question": Cell("It goes along, or is declined with where to look.", "*"),
        "paused work": Cell("It waits for the other incident now.", "Digger Matrix waits"),
    },
    "it is resolved and reopened": {
        **{role: _EMPTY for role in SEATS if role != "commander"},
        "commander": Cell("Whoever reopens commands.", "Commander Matrix"),
        "promise": Cell("A new one, owed by whoever speaks now.", "* Commander Matrix"),
        "card in Now": Cell("Its time box starts again.", "now Digger Matrix Pair Matrix 2*"),
        "question": Cell("The end has declined it; it is asked anew.", "declined"),
        "escalation": Cell("The end has released it.", "nothing"),
        "change": Cell("The end has withdrawn it.", "withdrawn"),
        "approval asked": Cell("The end has withdrawn it.", "withdrawn"),
    },
    "it is made private": {},
    "it is opened to everybody": {},
    "a hypothesis is ruled out": {
        "change": Cell("Its approval falls: it names another one, and asks again.", "draft"),
        "hypotheses": Cell(
            "It stays, folded, with what ruled it out.",
            "*One export eats the memory ruled_out*",
        ),
    },
    "the policy changes": {},
    "every due time passes": {},
}


def cell(happens: str, thing: str) -> Cell:
    """What becomes of ``thing`` when ``happens``."""
    return CELLS[happens].get(thing, STAYS)
