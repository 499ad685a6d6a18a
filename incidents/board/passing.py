"""Passing a card in Now on to somebody else, while its time box and its change run on."""

from django.db import transaction

from incidents.board.fields import TEXTS, write_on
from incidents.board.messages import CardPassedOn
from incidents.board.timing import follow_time_box
from incidents.board.versions import check_seen
from incidents.board.words import said
from incidents.cards.entering import enter_card
from incidents.cards.models import Card, Column
from incidents.gates.actions import judge_change
from incidents.record.timeline import record
from pages.texts import read_line
from people.models import User
from prepared.writing import update
from refusals.errors import Invalid, Refused


@transaction.atomic
def pass_card_on(
    card_id: int, *, by: User, owner: User, note: str, version: int | None = None
) -> Card:
    """Give a card in Now to another owner, with a ``note`` on how it stands (P34).

    Its time box runs on, and so does its change. Refuses without a note (``note_required``) and
    what naming that owner refuses. The same owner again changes nothing.
    """
    note = read_line("note", note, TEXTS["expected_proof"])
    card, incident = enter_card(card_id, by=by)
    if card.owner_id == owner.pk:
        return card
    if version is not None:
        check_seen(card, version)
    if card.column != Column.NOW:
        raise Invalid({"owner": "Only a card in Now is passed on. Name the owner on the card."})
    if not note:
        raise Refused("note_required", "Say in a line how it stands, for whoever takes it.")
    before = card.owner
    pair = None if card.pair_id == owner.pk else card.pair
    changed = set(write_on(card, incident, {"owner": owner, "pair": pair}))
    gate = judge_change(card, incident, changed, by=by, risk_before=card.risk)
    card.version += 1
    update(card)
    follow_time_box(card, incident, Column.NOW)
    record(
        incident,
        "card_passed_on",
        by=by,
        text=f"passed “{card.title}” on to {owner.name}: {note}{said(gate)}",
        card=card.pk,
        title=card.title,
        before=before.pk if before else None,
        owner=owner.pk,
        note=note,
        marks=list(card.marks),
    )
    CardPassedOn.tell(incident, card, by=by, note=note)
    return card
