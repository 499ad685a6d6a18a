"""Asks for a hand-over when somebody joins a commander who worked alone (P10)."""

from incidents.record.models import Incident, RoleAssignment, RosterRole
from incidents.record.timeline import record
from incidents.roster.messages import SoloEnded
from incidents.roster.queries import commander_of, people_at_work
from incidents.roster.work import solo_work_of


def ask_for_hand_over(incident: Incident, joined: RoleAssignment) -> None:
    """Ask a commander with a card in Now to hand over, the moment ``joined`` makes it two.

    The card may finish; no new one starts, by the rules of the board. Observers do not count, and
    the third and fourth person ask nothing anew. The caller holds the incident's lock and has just
    recorded the joining. One to four queries.
    """
    if joined.role == RosterRole.OBSERVER or people_at_work(incident) != 2:
        return
    commander = commander_of(incident)
    if commander is None:
        return
    card = solo_work_of(incident, commander)
    if card is None:
        return
    newcomer = joined.person
    record(
        incident,
        "solo_ended",
        by=None,
        text=f"{commander.name} no longer works alone: one leads, the other digs. "
        f"“{card.title}” may finish",
        card=card.id,
        commander=commander.pk,
        person=newcomer.pk,
    )
    if newcomer != commander:
        SoloEnded.tell(incident, commander, card, joined)
