"""What happens × what is open: each cell a sentence, and the state it leaves the thing in.

A cell that is not written out says ``STAYS``. A pattern is matched against the state after it
happened (``fnmatch``; the states are the words of ``states.OPEN``). What a state does not show, a
``proof`` tries.
"""

from collections.abc import Callable
from typing import NamedTuple

from tests.matrix.proofs import (
    came,
    chosen_in,
    fix_owner_asked,
    left_for_subscribers,
    meeting_owed,
    no_way_back_is_offered,
    not_in_the_composer,
    nothing_later_is_a_cause,
    overdue_on_the_record,
    promised_in,
    runs_there,
    shown_as_passed,
    shows_the_end,
    still_confirmed,
    still_in_the_composer,
    time_box_from_now,
    told,
    told_with_the_update,
    what_runs_may_finish,
    window_on_the_record,
)
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
}
"""Columns that come later, with the module by whose existence a cell is owed."""


_SHOWN = Cell(
    "Sent, it shows what changed beside what was typed.", "shown what changed, with what was typed"
)
_REFUSED = Cell("Sent, it is refused with the reason; the words stay.", "refused (409), with*")
_TOO_FAR = Cell(
    "Sent, it asks for a nearer promise; the words stay.", "refused (409), with what was typed"
)
_SIGN_IN = Cell("Whoever had it open is asked to sign in.", "asked to sign in")
_NOT_THEIRS = Cell("Whoever had it open may not any more.", "not theirs any more")

_ROLES_END = "The seat is empty; roles end with the incident."
_EMPTY = Cell(_ROLES_END, "nobody")
_ENDED = {
    "open composer": _REFUSED,
    "open status": _SHOWN,
    "open card": _REFUSED,
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
    "suspected deployment": Cell(
        "It stays, with the strip as it was; what goes live later is no cause of this.",
        "",
        nothing_later_is_a_cause,
    ),
    "expected back": Cell("Nothing is awaited any more.", "nothing"),
    "triage": Cell("Nobody is asked to choose any more.", "nothing"),
    "share link": Cell("It shows how it ended, for two weeks.", "", shows_the_end),
    "agent’s note": Cell(
        "It waits on: a person still confirms it, or says that it is wrong.", "", still_confirmed
    ),
    "agent’s draft": Cell(
        "It is offered no more: nobody awaits an update.",
        "nothing; the agent hears invalid_transition",
        not_in_the_composer,
    ),
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
    "expected back": Cell(
        "It stands; whoever leads now moves it.", "* 0 times; Deputy Matrix may move it"
    ),
    "triage": Cell("Whoever leads now is asked at its end.", "2* Deputy Matrix"),
}
_AGENT_GONE = {
    "agent’s note": Cell(
        "It waits for a person; its agent is let in no more.",
        "Retries make up 61 %.; the agent hears unauthenticated",
        still_confirmed,
    ),
    "agent’s draft": Cell(
        "A person may still publish it; its agent is let in no more.",
        "Reads are back.; the agent hears unauthenticated",
        still_in_the_composer,
    ),
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
    "obligation": Cell(
        "Whoever inherits it files it, at the same due time, and hears it.",
        "owed Admin Matrix 2* Admin Matrix",
        told("inherited", "admin"),
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
        "expected back": Cell(
            "It stands; whoever leads now moves it.", "* 0 times; Newcomer Matrix may move it"
        ),
        "triage": Cell("Whoever leads now is asked at its end.", "2* Newcomer Matrix"),
    },
    "whom it invited acts": {
        "invitation": Cell("They are on the roster by acting.", "nobody, seen", came),
    },
    "somebody joins": {},
    "the owner in Now leaves": {"card in Now": _TO_THE_PAIR, "open card": _SHOWN, **_FREE},
    "the fix owner leaves": {
        "fix_owner": Cell(
            "It is empty, and the triage window starts again.", "nobody 2*", fix_owner_asked
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
            "Commander Matrix; Deputy Matrix, Commander Matrix may decide",
        ),
        "expected back": Cell(
            "It stands; the deputy may move it too.", "*; Deputy Matrix, Commander Matrix may*"
        ),
        "triage": Cell("The deputy is asked at its end.", "2* Deputy Matrix"),
    },
    "the commander is deactivated": {
        **_COMMANDER_GONE,
        "open composer": _SIGN_IN,
        "open status": _SIGN_IN,
    },
    "the owner in Now is deactivated": {**_OWNER_GONE, "open card": _SIGN_IN},
    "the commander becomes a stakeholder": {
        **_COMMANDER_GONE,
        "open composer": _NOT_THEIRS,
        "open status": _NOT_THEIRS,
    },
    "the owner in Now becomes a stakeholder": {**_OWNER_GONE, "open card": _NOT_THEIRS},
    "whom command was offered is deactivated": {
        "offer of command": Cell("It ends; whoever leads goes on.", "nobody nothing"),
    },
    "who was invited is deactivated": {
        "invitation": Cell("It ends; they see nothing any more.", "nobody, not there"),
    },
    "who was invited becomes a stakeholder": {
        "invitation": Cell("It ends; they see what everybody sees.", "nobody, seen"),
    },
    "who answers for the agent is deactivated": _AGENT_GONE,
    "who answers for the agent becomes a stakeholder": _AGENT_GONE,
    "agents are switched off": {
        "agent’s note": Cell(
            "It waits for a person; its agent reads, and says nothing.",
            "Retries make up 61 %.; the agent hears agents_off",
            still_confirmed,
        ),
        "agent’s draft": Cell(
            "A person may still publish it; its agent reads, and says nothing.",
            "Reads are back.; the agent hears agents_off",
            still_in_the_composer,
        ),
    },
    "an update is published": {
        "open composer": _SHOWN,
        "subscription": Cell(
            "It is told, by a row in the same step.", "", left_for_subscribers("update")
        ),
        "promise": Cell(
            "It is kept, and the next one is promised.",
            "* Communications Matrix",
            promised_in(10),
        ),
        "expected back": Cell("It is told with the update.", "", told_with_the_update),
        "agent’s draft": Cell(
            "It is past: the update it was for is out.",
            "nothing; the agent writes",
            not_in_the_composer,
        ),
    },
    "the cause is known": {
        "open status": _SHOWN,
        "triage": Cell("It is kept; nobody is asked to choose.", "nothing"),
    },
    "severity goes up": {
        "open composer": _TOO_FAR,
        "triage": Cell(
            "It counts from now by the shorter window, never later than it would end.",
            "2* Commander Matrix",
            chosen_in(15),
        ),
        "promise": Cell(
            "It counts from now by the shorter interval.",
            "* Communications Matrix",
            promised_in(15),
        ),
        "change": Cell("Its approval falls and is asked for again.", "asked Commander Matrix"),
    },
    "severity goes down": {
        "triage": Cell("A severity without a window asks nobody to choose.", "nothing"),
    },
    "the cadence changes": {
        "open composer": _TOO_FAR,
        "promise": Cell(
            "It counts from now, never later than promised.",
            "* Communications Matrix",
            promised_in(10),
        ),
    },
    "the line stops": {
        "line": Cell("It is stopped; what runs may finish.", "stopped", what_runs_may_finish),
    },
    "it is resolved": {
        "subscription": Cell("It is told, and stands.", "", left_for_subscribers("all_clear")),
        **_ENDED,
        "open card": Cell("Sent, it tidies the board."),
        "alert": Cell(
            "It stands in the list; one that fires now offers to reopen, nothing does by itself.",
            "fires; one more offers to reopen it",
        ),
        "question": _QUESTION_ENDS,
        "paused work": _PAUSED_ASKED,
        "review": Cell(
            "It is due: the meeting is proposed and owed.",
            "draft Commander Matrix 2*",
            meeting_owed,
        ),
    },
    "it is cancelled": {
        **_ENDED,
        "question": _QUESTION_ENDS,
        "paused work": _PAUSED_ASKED,
        "subscription": Cell("It is told, and stands.", "", left_for_subscribers("cancelled")),
        "alert": Cell(
            "It stands in the list; one that fires anew opens another incident.",
            "fires; one more opens another",
        ),
    },
    "it is merged": {
        "subscription": Cell("It is told, and stands.", "", left_for_subscribers("merged")),
        **_ENDED,
        "alert": Cell(
            "It stays here until more of its group fires, and goes along to where that went.",
            "fires; one more goes where it went",
        ),
        "question": Cell(
            "It is declined with where to look, and the asker hears it.",
            "declined, the asker heard, owed nothing",
        ),
        "paused work": Cell("It waits for the other incident now.", "Digger Matrix waits"),
        "obligation": Cell("It runs on in the other incident.", "", runs_there),
        "item": Cell("It is followed on, and moves along to the other's review when that opens."),
    },
    "it is resolved and reopened": {
        "open composer": _SHOWN,
        "subscription": Cell("It is told, and stands.", "", left_for_subscribers("reopened")),
        **dict.fromkeys(SEATS, _EMPTY),
        "commander": Cell(
            "Whoever reopens commands.", "Commander Matrix; Commander Matrix may decide"
        ),
        "fix_owner": Cell(
            "The seat is empty, and the triage window starts again.", "nobody 2*", fix_owner_asked
        ),
        "offer of command": Cell("The end has ended it.", "nobody nothing"),
        "invitation": Cell("The end has ended it; they are invited again.", "nobody, seen"),
        "helper": Cell("The end has released them; somebody invites them again.", "nobody"),
        "promise": Cell(
            "A new one, owed by whoever speaks now.", "* Commander Matrix", promised_in(20)
        ),
        "card in Now": Cell(
            "Its time box starts again, with its people back on the roster.",
            "now Digger Matrix Pair Matrix 2*",
            time_box_from_now,
        ),
        "question": Cell(
            "The end has declined it; it is asked anew.", "declined, the asker heard, owed nothing"
        ),
        "escalation": Cell("The end has released it.", "nothing"),
        "change": Cell("The end has withdrawn it.", "withdrawn"),
        "approval asked": Cell("The end has withdrawn it.", "withdrawn"),
        "expected back": Cell("What was said was about the other end; it is said anew.", "nothing"),
        "triage": Cell("It starts again.", "2* Commander Matrix", chosen_in(20)),
        "agent’s draft": Cell(
            "It is past: the all-clear was published.",
            "nothing; the agent writes",
            not_in_the_composer,
        ),
    },
    "it is made private": {
        "agent’s note": Cell(
            "Its roster still settles it; an agent of somebody outside sees nothing any more.",
            "Retries make up 61 %.; the agent hears not_found",
            still_confirmed,
        ),
        "agent’s draft": Cell(
            "Its roster may still publish it; an agent of somebody outside sees nothing any more.",
            "Reads are back.; the agent hears not_found",
            still_in_the_composer,
        ),
        "invitation": Cell("It stands, and lets them see it."),
        "share link": Cell("It ends, and leads nowhere.", "not there"),
        "picture on a note": Cell(
            "Whoever may not see the incident any more does not see it either.",
            "read by admin; one more may come",
        ),
        "subscription": Cell(
            "Those of whoever may not see it any more end; what was about to leave does not.",
            "nobody",
        ),
    },
    "it is opened to everybody": {
        "share link": Cell("It had ended for good; somebody makes a new one.", "not there"),
        "subscription": Cell("What turning private ended stays ended.", "nobody"),
    },
    "a hypothesis is ruled out": {
        "change": Cell("Its approval falls: it names another one, and asks again.", "draft"),
        "hypotheses": Cell(
            "It stays, folded, with what ruled it out.",
            "*One export eats the memory ruled_out*",
        ),
    },
    "the suspected deployment is ruled out": {
        "hypotheses": Cell("It stays, folded, with what ruled it out.", "*v118*ruled_out"),
        "suspected deployment": Cell(
            "It is shown as ruled out, and no way back is offered; whether a change caused it is "
            "open again, unless somebody marked it themselves.",
            "shown, ruled_out; the cause is unknown",
            no_way_back_is_offered,
        ),
    },
    "the policy changes": {
        "open composer": _TOO_FAR,
        "triage": Cell("It ends when it would have ended."),
    },
    "every due time passes": {
        "promise": Cell(
            "It is overdue since then, on the record, and its ladder has told.",
            "",
            overdue_on_the_record,
        ),
        "expected back": Cell(
            "It stays, shown as passed until somebody moves it.", "", shown_as_passed
        ),
        "triage": Cell(
            "Its end is on the record, and whoever leads is asked to choose.",
            "",
            window_on_the_record,
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
