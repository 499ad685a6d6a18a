"""What is said of an incident outside its pages: one text, whatever carries it.

Mail, chat, webhook and feed say the same lines, made of the same frozen facts. Times are the
reader's; for readers without an account names stand as seats, and money is left out.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Any

from incidents.endstate.endings import ending_of
from incidents.record.models import Incident, Severity, Status, TimelineEntry
from incidents.updates.told import Counted, Told
from pages.numbers import shown as number
from pages.texts import bare

_WORDS = {
    "update_published": "update",
    "resolved": "all_clear",
    "cancelled": "cancelled",
    "merged": "merged",
    "reopened": "reopened",
}
KINDS = tuple(_WORDS)
"""The kinds of entries that may be a word to whoever follows an incident."""
_STILL = ("We are done when", "Who is blocked")
_SEATS = {"commander": "commander", "fix_owner": "fix owner", "communications": "communications"}


@dataclass(frozen=True)
class Words:
    """A subject, and a text whose first line says it all."""

    subject: str
    text: str


def step_of(entry: TimelineEntry, incident: Incident) -> str:
    """Which word of ``incident`` an entry is; nothing where it is none.

    That another incident was merged into this one is no word of this one.
    """
    if entry.kind == "merged" and (incident.status != Status.MERGED or "merged" in entry.data):
        return ""
    return _WORDS.get(entry.kind, "")


def update_in(entry: TimelineEntry) -> int:
    """The number of the update that an entry is about; 0 where it ended without an all-clear."""
    return int(entry.data.get("number") or entry.data.get("update") or 0)


def words_of(
    step: str, incident: Incident, told: Told | None, *, zone: tzinfo = UTC, inside: bool = True
) -> Words:
    """The words of one step: an update, an all-clear, another end, a reopening, an end state.

    ``told`` is the update it is about, if it is about one; ``inside`` are readers with an account.
    No query, but for the target of a merged incident that is not loaded yet.
    """
    severity, miss = _severity(incident, told), bare(incident.called)
    state, due = _state(step, incident, told), _due(step, incident, told)
    next_at = _clock(due, zone)
    heading = f"{severity} {incident.ref} {state}"
    subject = f"{heading}, next {next_at}: {miss}" if next_at else f"{heading}: {miss}"
    first = [severity, miss, state] + ([f"next update {next_at}"] if next_at else [])
    blocks = [" · ".join(first), *_body(step, incident, told, zone, inside)]
    return Words(subject, "\n\n".join(block for block in blocks if block))


def _severity(incident: Incident, told: Told | None) -> str:
    word = (told.severity if told else "") or incident.severity
    return str(dict(Severity.choices).get(word, word.upper()))


def _state(step: str, incident: Incident, told: Told | None) -> str:
    fixed = {"all_clear": "resolved", "cancelled": "cancelled", "merged": "merged"}
    if step == "reopened":
        return f"reopened, {incident.get_status_display().lower()}"
    word = fixed.get(step) or (told.status if told else "") or incident.status
    return str(dict(Status.choices).get(word, word)).lower()


def _due(step: str, incident: Incident, told: Told | None) -> datetime | None:
    if step == "update":
        return told.next_update_at if told else None
    return incident.next_update_at if step == "reopened" and incident.makes_promises else None


def _clock(moment: datetime | None, zone: tzinfo) -> str:
    if moment is None:
        return ""
    local = moment.astimezone(zone)
    return f"{local:%a %H:%M} {local.tzname()}"


def _day(moment: datetime | None, zone: tzinfo) -> str:
    if moment is None:
        return ""
    local = moment.astimezone(zone)
    return f"{local:%a %-d %b %H:%M} {local.tzname()}"


def _body(
    step: str, incident: Incident, told: Told | None, zone: tzinfo, inside: bool
) -> list[str]:
    match step:
        case "end_state":
            return [f"We are done when: {incident.end_state}"]
        case "cancelled" | "merged":
            ending = ending_of(incident)
            why = ending.why if ending else ""
            into = f"Look at: {ending.into}" if ending and ending.into else ""
            return [why, into]
        case "reopened":
            return ["It runs again.", f"We are done when: {incident.end_state}"]
    if told is None:
        return []
    return [told.executive_summary, _lines(told, zone, inside), _answers(told)]


def _lines(told: Told, zone: tzinfo, inside: bool) -> str:
    """The parts of an update and its facts, a line each."""
    said = told.expected_back
    back = "" if said is None else (_clock(said.at, zone) if said.at else "not known yet")
    moves = "; ".join(move.text for move in told.moves)
    over = told.is_all_clear
    done, blocked = ("We were done when", "Who was blocked") if over else _STILL
    named = [
        ("What we know", told.status_text if told.status_text != told.executive_summary else ""),
        ("Hypothesis", told.hypothesis),
        ("Doing now", told.current_action),
        ("Risks", told.risks),
        ("What follows", told.what_follows),
        ("The review", _day(told.review_at, zone)),
        ("Watching", told.watching if inside else ""),
        ("Next two moves", moves),
        ("Expected back", back),
        *((blocked, _counted(one)) for one in told.impact if inside or not one.currency),
        (done, told.end_state),
        ("The end state did not hold", told.override),
        *(
            (f"Signal {one.name}", f"{_value(one)}, {one.state}, goal {one.goal}")
            for one in told.signals
        ),
        ("Who leads", _leads(told) if inside else ""),
    ]
    return "\n".join(f"{name}: {' '.join(value.split())}" for name, value in named if value)


def _value(one: Any) -> str:
    return "no data" if one.value is None else f"{number(one.value)} {one.unit}".strip()


def _counted(one: Counted) -> str:
    least = "at least " if one.at_least else ""
    unit = f"{one.currency} {one.unit}".strip()
    return f"{least}{number(one.total)} {unit} ({one.journey}: {one.blocked})"


def _leads(told: Told) -> str:
    return ", ".join(f"{name} ({_SEATS[role]})" for role, name in told.owners.items())


def _answers(told: Told) -> str:
    return "\n".join(f"Asked: {one.text}\nAnswered: {one.answer}" for one in told.answers)


def facts_of(step: str, incident: Incident, told: Told | None) -> dict[str, Any]:
    """The same for programs: what a webhook carries beside the text."""
    due = _due(step, incident, told)
    found: dict[str, Any] = {
        "title": incident.title,
        "severity": (told.severity if told else "") or incident.severity,
        "status": _state(step, incident, told) if step != "reopened" else incident.status,
        "statement": incident.called,
        "next_update_at": due.isoformat().replace("+00:00", "Z") if due else None,
    }
    if told is not None:
        shared = ("severity", "status", "statement", "blocker", "expected_back", "impact")
        facts = {name: told.facts.get(name) for name in (*shared, "signals", "owners", "end_state")}
        found["update"] = {
            "number": told.number,
            "executive_summary": told.executive_summary,
            "status_text": told.status_text,
            "hypothesis": told.hypothesis,
            "current_action": told.current_action,
            "risks": told.risks,
            "next_moves": list(told.next_moves),
            "what_follows": told.what_follows,
            "review_at": told.facts.get("review_at"),
            "end_state": told.end_state,
            "is_all_clear": told.is_all_clear,
            "answers": [{"text": one.text, "answer": one.answer} for one in told.answers],
            "facts": facts,
        }
    ending = ending_of(incident) if step in ("cancelled", "merged") else None
    if ending is not None:
        found |= {"because": ending.why, "merged_into": ending.into or None}
    return found
