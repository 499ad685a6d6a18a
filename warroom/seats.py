"""The roster as the war room shows it: one line a person, with what they are on (P08)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from incidents.cards.models import Card, Column
from incidents.record.models import GUESTS, RoleAssignment, RosterRole
from people.models import User

SEAT_ORDER = [role.value for role in RosterRole]
UNASSIGNED = "unassigned"


@dataclass(frozen=True)
class Seat:
    """One person of the roster: their roles in words and what they are on (P08)."""

    person: User
    roles: str
    on: str
    tone: str
    joined_at: datetime | None
    is_asked: bool
    is_away: bool
    is_observer: bool
    is_guest: bool
    mark: str


def seats(assignments: Iterable[RoleAssignment], cards: Iterable[Card], at: datetime) -> list[Seat]:
    """The roster, one line a person, the most accountable first, with what each is on."""
    by_person: dict[int, list[RoleAssignment]] = {}
    for assignment in assignments:
        by_person.setdefault(assignment.person_id, []).append(assignment)
    now_cards = [card for card in cards if card.column == Column.NOW]
    owners = {card.owner_id for card in now_cards}
    pairs = {card.pair_id: card.owner for card in now_cards if card.pair_id}
    lines = []
    for held in by_person.values():
        held.sort(key=lambda one: SEAT_ORDER.index(one.role))
        person, roles = held[0].person, [one.get_role_display() for one in held]
        is_observer = all(one.role == RosterRole.OBSERVER for one in held)
        has_seat = held[0].role not in (RosterRole.RESPONDER, *GUESTS)
        if len(roles) > 1 and "Responder" in roles:
            roles.remove("Responder")
        tone = ""
        if person.pk in owners:
            on = "Now"
        elif person.pk in pairs:
            partner = pairs[person.pk]
            on = f"with {partner.get_short_name()}" if partner else "pair"
        elif is_observer:
            on = "watching"
        elif has_seat:
            on = "leads" if held[0].role == RosterRole.COMMANDER else "on it"
        else:
            on, tone = UNASSIGNED, "warn"
        joined = min(one.started_at for one in held)
        lines.append(
            Seat(
                person=person,
                roles=" · ".join(roles),
                on=on,
                tone=tone,
                joined_at=joined if on == UNASSIGNED else None,
                is_asked=any(one.is_asked for one in held),
                is_away=any(one.is_away_at(at) for one in held),
                is_observer=is_observer,
                is_guest=all(one.role in GUESTS for one in held),
                mark=f"{'+'.join(roles)}:{on}",
            )
        )
    order = {person_id: SEAT_ORDER.index(held[0].role) for person_id, held in by_person.items()}
    return sorted(lines, key=lambda seat: order[seat.person.pk])
