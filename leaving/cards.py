"""Passes on cards of people who leave: to the pair, else the card waits and is asked for."""

from collections.abc import Iterable

from django.db.models import Exists, OuterRef, Q, QuerySet

from deadlines.actions import owe
from incidents.board.deadlines import TimeBox
from incidents.board.messages import OwnerWanted
from incidents.cards.models import Card, Column
from incidents.record.gate import OWNER_LEFT
from incidents.record.locking import lock_incident
from incidents.record.models import Incident, RoleAssignment, RosterRole
from incidents.record.timeline import record
from incidents.roster.queries import who_hears
from people.leaving import Held, Holding, Passed
from people.models import User


class Cards(Holding):
    """Cards that are not done, as owner or as pair."""

    name = "Cards"

    def held_by(self, person: User) -> list[Held]:
        """Each card of an incident that goes on. Two queries."""
        owned = Card.objects.filter(owner=person).exclude(column=Column.DONE)
        paired = Card.objects.filter(pair=person, column=Column.NOW)
        return [
            Held(f"“{card.title}” in {card.get_column_display()}", card.incident.get_absolute_url())
            for card in [
                *owned.select_related("incident").order_by("pk"),
                *paired.select_related("incident").order_by("pk"),
            ]
            if card.incident.is_open
        ]

    def holders(self) -> Iterable[int]:
        """Whoever owns or pairs on a card of an incident that goes on, without being its helper."""
        going = Card.objects.filter(incident__in=Incident.objects.open())
        going = going.exclude(column=Column.DONE)
        helping = RoleAssignment.objects.active().filter(
            role=RosterRole.HELPER, incident=OuterRef("incident")
        )
        owned = going.exclude(Exists(helping.filter(person=OuterRef("owner"))))
        paired = going.exclude(Exists(helping.filter(person=OuterRef("pair"))))
        return owned.values_list("owner", flat=True).union(paired.values_list("pair", flat=True))

    def hand_on(self, person: User, *, by: User | None, to: User | None) -> Iterable[Passed]:
        """In Now to the pair, else to nobody; what has not started is free to take."""
        cards = _unfinished_of(person)
        for pk in sorted(set(cards.values_list("incident", flat=True))):
            let_go_of_cards(lock_incident(pk), person)
        return ()


def let_go_of_cards(incident: Incident, person: User) -> None:
    """Let the cards of somebody who is gone pass on; the caller holds the incident's lock.

    A card in Now becomes its pair's; without one it stays in Now, marked, and whoever leads is
    asked for an owner. What has not started is free to take.
    """
    cards = _unfinished_of(person).filter(incident=incident)
    for card in cards.select_related("owner", "pair").order_by("pk"):
        card.incident = incident
        _let_go(card, person)


def _unfinished_of(person: User) -> QuerySet[Card]:
    mine = Card.objects.filter(Q(owner=person) | Q(pair=person))
    return mine.exclude(column=Column.DONE)


def _let_go(card: Card, person: User) -> None:
    incident = card.incident
    is_running = card.column == Column.NOW
    was_owner = card.owner == person
    if card.pair == person:
        card.pair = None
    elif is_running:
        card.owner, card.pair = card.pair, None
    if was_owner and not is_running:
        card.owner = None
    if is_running and card.owner is None and OWNER_LEFT not in card.marks:
        card.marks = [*card.marks, OWNER_LEFT]
    card.version += 1
    card.save(update_fields=["owner", "pair", "marks", "version"])
    if not is_running:
        return
    name = card.owner.name if card.owner else "nobody"
    who = f"{name} owns “{card.title}” now" if was_owner else f"“{card.title}” has no pair now"
    record(
        incident,
        "card_changed",
        by=None,
        text=f"{person.name} is gone; {who}",
        card=card.pk,
        title=card.title,
        owner=card.owner_id,
        pair=card.pair_id,
    )
    if not was_owner or not incident.is_open:
        return
    leading = who_hears(incident, RosterRole.COMMANDER)
    if card.owner is None:
        OwnerWanted.tell(incident, leading, card)
    if card.time_box_ends_at is not None:
        owner = card.owner or next(iter(leading), None)
        owe(incident, TimeBox.name, card, card.time_box_ends_at, owner)


HOLDINGS = (Cards(),)
