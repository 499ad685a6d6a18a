"""The note of a hand-over, filled with how things stand (P11)."""

from clock.queries import now
from incidents.board.models import Card, Column
from incidents.board.queries import cards_in
from incidents.endstate.queries import signals_with_state
from incidents.endstate.sparklines import goal_of
from incidents.line.queries import stop_of
from incidents.record.models import Incident
from incidents.updates.models import Question, Update

LONGEST = 1000
"""What a note holds."""


def hand_over_note(incident: Incident) -> str:
    """What whoever takes over should know, in lines, for the giver to add to. Six queries.

    Status, end state and signals, what was thought last, what runs, what waits for an answer. No
    time of day stands in it: the page counts the promise down.
    """
    latest = Update.objects.filter(incident=incident).order_by("-number").first()
    stop = stop_of(incident)
    running = "; ".join(_card(card) for card in cards_in(incident, Column.NOW))
    signals = ", ".join(
        f"{one.signal.name} {one.state} ({goal_of(one.signal)})"
        for one in signals_with_state(incident, now())
    )
    asked = Question.objects.waiting().filter(incident=incident).count()
    lines = [
        f"{incident.get_severity_display()}, {incident.get_status_display().lower()}.",
        f"The line is stopped: {stop.reason}" if stop else "",
        f"End state: {incident.end_state}" if incident.end_state else "No end state yet.",
        f"Signals: {signals}." if signals else "No signal yet.",
        f"We think: {latest.hypothesis}" if latest and latest.hypothesis else "",
        f"Running: {running}." if running else "Nothing runs.",
        "An update is promised." if incident.makes_promises else "",
        f"Questions that wait: {asked}." if asked else "",
    ]
    return "\n".join(line for line in lines if line)[:LONGEST]


def _card(card: Card) -> str:
    return f"{card.title} ({card.owner.name if card.owner else 'nobody'})"
