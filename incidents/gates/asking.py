"""Asks for what a rule let pass once and misses now: on the card, and whoever leads.

A rule that was let pass bites when the severity rises to one that enforces, and one about the
commander when a seat passes. What runs goes on, marked, and marks of what was let pass stay.
"""

from collections.abc import Iterable

from incidents.cards.models import Card, Column
from incidents.gates import rules
from incidents.gates.facts import facts_of
from incidents.gates.messages import MissingAsked
from incidents.record.gate import ASKED, SOLO, Gate, Objection, is_ask
from incidents.record.models import Incident, RosterRole
from incidents.record.timeline import record
from incidents.roster.queries import who_hears
from people.models import User


def ask_for_what_is_missing(incident: Incident, *, by: User) -> None:
    """Ask each card in Now and Next for what the severity's policy does not let pass any more.

    The caller holds the incident's lock and has just changed its severity. Under a policy that
    warns, what was asked for is not asked any more. Whoever leads hears it, once a change.
    """
    cards = Card.objects.filter(incident=incident, column__in=[Column.NOW, Column.NEXT])
    enforces = Gate(incident).enforces
    facts = facts_of(incident)
    asked: list[Card] = []
    for card in cards.select_related("owner", "pair", "serves_signal").order_by("column", "pk"):
        card.incident = incident
        against = rules.why_not_now if card.column == Column.NOW else rules.why_not_next
        wanted = _softly(against(card, facts)) if enforces else []
        if _ask(card, wanted) and wanted:
            asked.append(card)
    if not asked:
        return
    titles = ", ".join(f"“{card.title}”" for card in asked)
    record(
        incident,
        "missing_asked",
        by=None,
        text=f"{incident.severity.upper()} asks for what is missing: {titles}. What runs goes on",
        cards={str(card.pk): [one for one in card.marks if is_ask(one)] for card in asked},
    )
    MissingAsked.tell(incident, who_hears(incident, RosterRole.COMMANDER), asked, by=by)


def mark_work_of_commander(incident: Incident, person: User) -> None:
    """Mark what ``person``, who commands since a moment ago, works on in Now (P10).

    Alone it is *solo*; else let pass where the policy warns, and asked for where it enforces.
    The caller holds the incident's lock.
    """
    facts = facts_of(incident)
    for card in facts.running:
        if person.pk not in (card.owner_id, card.pair_id):
            continue
        mark = SOLO if facts.is_solo else "warn:commander_cannot_own_work"
        if mark != SOLO and Gate(incident).enforces:
            mark = f"{ASKED}commander_cannot_own_work"
        if mark not in card.marks:
            card.marks = [*card.marks, mark]
            card.version += 1
            card.save(update_fields=["marks", "version"])


def _softly(objections: Iterable[Objection]) -> list[str]:
    return [f"{ASKED}{one.refusal.code}" for one in objections if one.refusal and one.is_soft]


def _ask(card: Card, wanted: list[str]) -> bool:
    """Let the card ask for ``wanted`` and nothing else; answers whether that is new."""
    marks = [*(mark for mark in card.marks if not is_ask(mark)), *wanted]
    if marks == card.marks:
        return False
    card.marks = marks
    card.version += 1
    card.save(update_fields=["marks", "version"])
    return True
