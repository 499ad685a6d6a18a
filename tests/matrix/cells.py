"""The table *what happens* × *what is open*: each cell one plain sentence, and its test.

A cell says what becomes of what is open (``words``) and the value that ``world`` reads there
afterwards (``becomes``; nothing: as before). Where PRODUCT is silent, it is decided here in its
spirit: the record goes on, nobody is woken for nothing, a way back is never refused.
"""

from dataclasses import dataclass

from django.apps import apps

from tests.matrix.world import EVENTS, HELD, LEAVING, OPEN


@dataclass(frozen=True)
class Cell:
    """What becomes of one thing: in words, and as ``world`` reads it (nothing: as before)."""

    words: str
    becomes: str | None = None


HAPPENS = {
    "declared": "An incident is declared",
    "handed_over": "The offered command is accepted",
    "joined": "Somebody joins",
    "left": "Its holder leaves the roster",
    "removed": "Its holder is taken off the roster",
    "deactivated": "Its holder is deactivated",
    "stakeholder": "Its holder becomes a stakeholder",
    "severity_up": "Severity goes up to one that enforces",
    "severity_down": "Severity goes down",
    "cadence": "The cadence changes",
    "stopped": "The line is stopped anew",
    "resolved": "Resolved",
    "cancelled": "Cancelled",
    "merged": "Merged into another",
    "reopened": "Reopened",
    "private": "Made private",
    "public": "Made public again",
    "policy_changed": "The severity's policy changes",
    "past_due": "The clock passes each due time",
}
IS_OPEN = {
    "commander": "commander's seat",
    "deputy": "deputy's seat",
    "fix_owner": "fix owner's seat",
    "communications": "communications' seat",
    "scribe": "scribe's seat",
    "offer": "offered command",
    "promise": "promised update",
    "card_now": "cards in Now",
    "card_next": "card in Next",
    "card_parked": "parked card",
    "card_done": "card in Done",
    "question": "question",
    "escalation": "escalation",
    "stop": "stop",
    "paused_work": "paused work",
    "review": "review",
    "item": "action item",
}
#: What does not exist yet, and the models that are there once it does.
COMES_LATER = {
    "change": ("change", "Change"),
    "focus": ("focus window", "FocusWindow"),
    "shift": ("shift", "Shift"),
    "obligation": ("obligation", "Obligation"),
    "subscription": ("subscription", "Subscription"),
}

_SEATS = ("commander", "deputy", "fix_owner", "communications", "scribe")
_BY_ITS_END = {
    **{seat: Cell("Ends with the incident, so that people sleep.", "nobody") for seat in _SEATS},
    "offer": Cell("Ends with the incident; there is nothing to accept.", "none"),
    "promise": Cell("Is released; an ended incident promises nothing.", "none"),
    "card_now": Cell(
        "Stay where they are as a record, without a time box; nobody is nudged.",
        "now noor with kim, no time box; now tunde (warn:pair_required), no time box",
    ),
    "escalation": Cell("Is let go; nobody climbs for what is over.", "let go"),
    "stop": Cell("Ends; nothing runs that could be stopped.", "goes on"),
    "paused_work": Cell(
        "Its owner is asked a day later, in their office hours.", "noor, owed by noor"
    ),
}
_TAKEN_BACK = {
    "card_next": Cell("Is free to take.", "next nobody"),
    "card_parked": Cell("Is free to take.", "parked nobody"),
}
_NEVER_DROPPED = "Command is never just dropped: refused until it is offered and accepted."
_STANDS = "Stands: accepting is a way back; after two minutes it is red for both."
_OFF_THE_ROSTER = {
    "deputy": Cell("Is empty; whoever leads may name another.", "nobody"),
    "offer": Cell(_STANDS),
    "fix_owner": Cell(
        "Is empty; where the severity has a triage window it is asked for.", "nobody"
    ),
    "communications": Cell("Is empty; whoever commands speaks.", "nobody"),
    "promise": Cell("Whoever speaks now owes it, at the same time.", "as promised, owed by maya"),
    "question": Cell("Whoever speaks now owes the answer.", "waits, owed by maya"),
    "scribe": Cell("Is empty.", "nobody"),
    "card_now": Cell(
        "The pair becomes owner; without one it stays, orange, and an owner is asked for.",
        "now kim; now tunde (warn:pair_required)",
    ),
    **_TAKEN_BACK,
    "card_done": Cell("Keeps who did it: the record does not change."),
    "stop": Cell("Holds until somebody who may resumes."),
    "escalation": Cell("Still waits for whoever leads."),
    "review": Cell("Keeps its facilitator, who still works here."),
    "item": Cell("Keeps its owner, who still works here."),
    "paused_work": Cell("Keeps its owner, who still works here."),
}
_GONE = {
    **_OFF_THE_ROSTER,
    "commander": Cell(
        "Counts as empty; the deputy leads, and somebody is asked for after two minutes.",
        "nobody, asked for",
    ),
    "offer": Cell("Ends: nobody is there to accept it.", "none"),
    "escalation": Cell("The next in line owes it; it climbs on.", "waits, owed by tunde"),
    "review": Cell("Whoever leads it by default leads it now.", "ravi"),
    "item": Cell("The service's owner, else an administrator, owns it.", "ada, owed by ada"),
    "paused_work": Cell("The service's owner, else an administrator, has it.", "ada"),
}

#: What is said of everything that an event leaves as it is, where no cell says it better.
STAYS = {
    "declared": "Is not there yet.",
    "handed_over": "Stays as it is, and stands in the note that came with command.",
    "joined": "Stays as it is; whoever joins finds it.",
    "severity_up": "Stays as it is: what runs goes on.",
    "severity_down": "Stays as it is; marks stay.",
    "cadence": "Stays as it is.",
    "stopped": "Stays as it is: what runs may finish.",
    "resolved": "Stays as it is.",
    "cancelled": "Stays as it is.",
    "merged": "Stays as it is.",
    "reopened": "Is kept.",
    "private": "Stays; who is not on the roster reads that it is no longer shown.",
    "public": "Stays, and is shown again.",
    "policy_changed": "Keeps what it was promised under: running times stay.",
    "past_due": "Stays as it is.",
}

_CELLS: dict[str, dict[str, Cell]] = {
    "declared": {
        "commander": Cell("Whoever declares commands.", "new"),
        "deputy": Cell("Is empty.", "nobody"),
        "fix_owner": Cell("Is asked for when the triage window ends.", "nobody, asked for"),
        "communications": Cell("Is empty; whoever commands speaks.", "nobody"),
        "scribe": Cell("Is empty.", "nobody"),
        "promise": Cell("The first word is promised, one interval on.", "as promised, owed by new"),
        **dict.fromkeys(
            [
                *("offer", "card_now", "card_next", "card_parked", "card_done", "question"),
                *("escalation", "paused_work", "review", "item"),
            ],
            Cell("Is not there yet.", "none"),
        ),
        "stop": Cell("Is not there yet.", "goes on"),
    },
    "handed_over": {
        "commander": Cell("Passes; the giver stays as a responder.", "ravi"),
        "deputy": Cell("Nobody is their own deputy: who accepts gives that up.", "nobody"),
        "offer": Cell("Is answered.", "none"),
        "escalation": Cell("Whoever leads now owes it.", "waits, owed by ravi"),
    },
    "joined": {},
    "left": {"commander": Cell(_NEVER_DROPPED), **_OFF_THE_ROSTER},
    "removed": {"commander": Cell(_NEVER_DROPPED), **_OFF_THE_ROSTER},
    "deactivated": _GONE,
    "stakeholder": _GONE,
    "severity_up": {
        "promise": Cell("Counts anew by the shorter interval, never later than promised."),
        "card_now": Cell(
            "Go on; what only passed with a mark is asked for, on the card and of whoever leads.",
            "now noor with kim; now tunde (warn:pair_required, ask:pair_required)",
        ),
        "fix_owner": Cell("Where it is empty it is asked for by the triage window."),
    },
    "severity_down": {
        "promise": Cell("Keeps its time: never later than promised."),
        "card_now": Cell("Go on; marks stay, nothing is asked for any more."),
    },
    "cadence": {
        "promise": Cell("Counts anew from now, never later than promised.", "sooner, owed by jo")
    },
    "stopped": {
        "stop": Cell("The second reason stands beside the first.", "stopped"),
        "card_now": Cell("Go on: what runs may finish, the time box runs."),
    },
    "resolved": {
        **_BY_ITS_END,
        "question": Cell("Is declined with the all-clear, unless that answered it.", "declined"),
        "review": Cell("Is due where the highest severity asks for one.", "maya, owed by maya"),
        "item": Cell("Stays owed: it outlives the incident."),
    },
    "cancelled": {
        **_BY_ITS_END,
        "question": Cell("Is declined: it was a false alarm.", "declined"),
        "review": Cell("Rests: nothing is owed for what was none."),
        "item": Cell("Stays owed: it improves the system whatever the alarm was."),
    },
    "merged": {
        **_BY_ITS_END,
        "question": Cell(
            "Is declined with where to look, as far as the asker sees it.", "declined"
        ),
        "paused_work": Cell("Waits for the other incident now.", "noor for the other"),
        "review": Cell("Rests: the other incident is reviewed."),
        "item": Cell("Stays owed by its owner; it moves to the other's review later."),
    },
    "reopened": {
        **{seat: Cell("Ended with the resolution; it is taken anew.", "nobody") for seat in _SEATS},
        "commander": Cell(
            "Whoever reopens, unless they work in Now and it enforces; marked where it warns.",
            "noor",
        ),
        "offer": Cell("Ended with the resolution.", "none"),
        "promise": Cell("A new one starts.", "anew, owed by noor"),
        "card_now": Cell(
            "Run again from now, their people back on the roster; the commander's is marked.",
            "now noor with kim (warn:commander_cannot_own_work); now tunde (warn:pair_required)",
        ),
        "question": Cell("Stays declined; it may be asked again.", "declined"),
        "escalation": Cell("Stays let go; it may be called again.", "let go"),
        "stop": Cell("Ended with the resolution; anybody may stop again.", "goes on"),
        "paused_work": Cell("Waits on; nobody is asked about it."),
        "review": Cell("Is kept and rests.", "maya"),
    },
    "private": {
        "question": Cell("Waits; its asker reads that it is no longer shown, unless on the roster.")
    },
    "public": {},
    "policy_changed": {
        "promise": Cell("Keeps its time; the next one goes by the new policy."),
        "card_now": Cell("Go on; only the next start meets the new policy."),
    },
    "past_due": {
        "offer": Cell("Both hear that it is not answered; it stands."),
        "promise": Cell("Is overdue on every page and climbs its ladder; nothing is invented."),
        "card_now": Cell("Are overtime: owner and commander are told, and choose."),
        "question": Cell("Whoever speaks is told that it waits."),
        "escalation": Cell("Climbs to the next in line."),
        "item": Cell("Is not due yet: its days count after the incident."),
    },
}


def cell(event: str, name: str) -> Cell:
    """What becomes of what is open under that name when that happens."""
    if name in COMES_LATER:
        return Cell("Comes later.")
    return _CELLS[event].get(name) or Cell(STAYS[event])


def test_of(event: str, name: str) -> str:
    """The name of the cell's test."""
    if name in COMES_LATER:
        return "test_what_exists_has_its_cells"
    if event in LEAVING:
        who = next(key for key, held in HELD.items() if name in held)
        return f"test_what_becomes_of_what_they_hold[{event}-{who}]"
    return f"test_what_becomes_of_everything_open[{event}]"


def exists(name: str) -> bool:
    """Whether what comes later is there: a model of that name."""
    return any(one.__name__ == COMES_LATER[name][1] for one in apps.get_models())


def page() -> str:
    """The table as ``docs/matrix.md`` shows it."""
    lines = [
        "# Where rules meet",
        "",
        "What becomes of everything that is open, whatever happens. Each line has its test.",
        "`.venv/bin/python -m tests.matrix` writes this page anew from `tests/matrix/cells.py`.",
    ]
    for event, happens in HAPPENS.items():
        lines += ["", f"## {happens}", "", "| what is open | what becomes of it |", "|---|---|"]
        lines += [f"| {label} | {cell(event, name).words} |" for name, label in IS_OPEN.items()]
        later = ", ".join(label for label, _ in COMES_LATER.values())
        lines += ["", f"Comes later: {later}."]
    return "\n".join(lines) + "\n"


assert {*EVENTS, *LEAVING} == {*HAPPENS} and {*OPEN} == {*IS_OPEN}
