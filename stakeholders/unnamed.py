"""The stakeholder page without what outsiders are not told: who, the story, notes, money (P48).

What people wrote stays in their words, but for names of those who took part: a name becomes the
seat of whoever has it.
"""

import re
from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from django.db.models import Exists, OuterRef, Q

from incidents.cards.models import Card
from incidents.endstate.endings import Ending
from incidents.record.models import Incident, RoleAssignment, RosterRole, TimelineEntry
from incidents.updates.models import Question
from incidents.updates.told import Told
from people.models import User
from stakeholders.queries import Asked, Blocked, Page

SEATS = {
    RosterRole.COMMANDER: "the commander",
    RosterRole.FIX_OWNER: "the fix owner",
    RosterRole.DEPUTY: "the deputy",
    RosterRole.COMMUNICATIONS: "the communications lead",
    RosterRole.SCRIBE: "the scribe",
}
"""What stands for whoever holds a seat, the first of them where somebody held several."""
RESPONDER, OUTSIDE = "a responder", "a stakeholder"
SHORTEST = 3
WORDS = frozenset({"art", "bill", "dean", "faith", "grace", "hope", "joy", "mark", "may", "will"})
"""Names that are words too: alone they are left where a sentence begins."""
SAID_OF_AN_INCIDENT = (
    *("title", "statement", "in_our_control", "beyond_our_control", "blocker"),
    *("end_state", "resolved_override", "expected_back_reason"),
)
SAID_IN_AN_UPDATE = (
    *("executive_summary", "status_text", "hypothesis", "current_action", "risks", "end_state"),
    *("what_follows", "watching"),
)
NEVER_FROZEN = ("owners", "decisions", "now")
"""Facts of an update that name people or belong to its technical note."""


@dataclass(frozen=True)
class Seat:
    """Stands for a person where outsiders read: what they do here, no name."""

    name: str


class Unnamed:
    """Takes the names of an incident's people out of what they wrote."""

    def __init__(self, seats: Mapping[str, str]) -> None:
        """``seats``: by name, as people write it, what stands there instead."""
        self._seats = {name.casefold(): seat for name, seat in seats.items()}
        longest_first = sorted(seats, key=len, reverse=True)
        names = "|".join(map(re.escape, longest_first))
        self._names = re.compile(rf"(?<!\w)(?:{names})(?!\w)", re.IGNORECASE) if names else None

    def __call__(self, text: str) -> str:
        """The text with each name replaced; one that begins a sentence begins it still."""
        return self._names.sub(self._seat, text) if self._names and text else text

    def _seat(self, found: re.Match[str]) -> str:
        name = found[0]
        begins = found.string[: found.start()].rstrip(" \t\"'“‘(")[-1:] in ("", ".", "!", "?", "\n")
        is_part = "@" not in name and " " not in name
        if is_part and (name[0].islower() or (begins and name.casefold() in WORDS)):
            return name
        seat = self._seats[name.casefold()]
        return seat[0].upper() + seat[1:] if begins else seat


def unnamed(incident: Incident) -> Unnamed:
    """What takes out the names of all who were on the roster, acted or asked. Two queries."""
    seats: dict[int, str] = {}
    roles = RoleAssignment.objects.filter(incident=incident).order_by("started_at", "pk")
    for person, role in roles.values_list("person", "role"):
        if role in SEATS or person not in seats:
            seats[person] = SEATS.get(RosterRole(role), RESPONDER)
    of_it: dict[str, Any] = {"incident": incident}
    people = User.objects.filter(
        Q(Exists(RoleAssignment.objects.filter(person=OuterRef("pk"), **of_it)))
        | Q(Exists(Question.objects.filter(by=OuterRef("pk"), **of_it)))
        | Q(Exists(Card.objects.filter(Q(owner=OuterRef("pk")) | Q(pair=OuterRef("pk")), **of_it)))
        | Q(Exists(TimelineEntry.objects.filter(actor=OuterRef("pk"), **of_it)))
    )
    forms: dict[str, str] = {}
    for person in people.order_by("-pk"):
        seat = seats.get(person.pk) or (RESPONDER if person.is_responder else OUTSIDE)
        for form in _forms_of(person):
            forms[form] = seat
    return Unnamed(forms)


def _forms_of(person: User) -> list[str]:
    parts = [part for part in person.name.split() if len(part) >= SHORTEST]
    return [one for one in (person.name, person.email, *parts) if one]


def for_outsiders(page: Page, said: Callable[[str], str]) -> dict[str, Any]:
    """What the regions of the page name, without what no outsider is told. No query."""
    incident = copy(page.incident)
    for name in SAID_OF_AN_INCIDENT:
        setattr(incident, name, said(getattr(incident, name)))
    shown = replace(
        page,
        incident=incident,
        ending=Ending(said(page.ending.why), page.ending.into) if page.ending else None,
        views=[replace(view, name=said(view.name)) for view in page.views],
        blocked=[_counted(one, said, money=incident.money_shared) for one in page.blocked],
        updates=[_told(one, said, money=incident.money_shared) for one in page.updates],
        done=[_done(card, said) for card in page.done],
        blockers=[replace(one, text=said(one.text)) for one in page.blockers],
    )
    context = shown.context
    context["questions"] = [_asked(one, said) for one in context["questions"]]
    for role in ("commander", "fix_owner", "communications", "speaker"):
        if context[role] is not None:
            seat = SEATS[_seat_of(role, page)]
            # Only who speaks is named inside of a sentence.
            context[role] = Seat(seat if role == "speaker" else seat.capitalize())
    return {**context, "is_shared": True}


def _seat_of(role: str, page: Page) -> RosterRole:
    if role != "speaker":
        return RosterRole(role)
    speaks = page.people.get(RosterRole.COMMUNICATIONS)
    return RosterRole.COMMUNICATIONS if speaks else RosterRole.COMMANDER


def _counted(one: Blocked, said: Callable[[str], str], *, money: bool) -> Blocked:
    shown = replace(one, **_reworded(one, said, "journey", "blocked", "unit", "cut_off"), story="")
    if one.is_money and not money:
        return replace(shown, unit="", total=Decimal(0), per_minute=None, is_counted=False)
    return shown


def _told(update: Told, said: Callable[[str], str], *, money: bool) -> Told:
    facts = {name: value for name, value in update.facts.items() if name not in NEVER_FROZEN}
    facts["override"] = said(str(facts.get("override", "")))
    facts["impact"] = [
        {**one, **{name: said(one[name]) for name in ("journey", "blocked", "unit")}}
        for one in facts.get("impact", [])
        if money or not one.get("currency")
    ]
    facts["signals"] = [{**one, "name": said(one["name"])} for one in facts.get("signals", [])]
    if expected := facts.get("expected_back"):
        facts["expected_back"] = {**expected, "reason": said(expected["reason"])}
    return replace(
        update,
        **_reworded(update, said, *SAID_IN_AN_UPDATE),
        by="",
        by_email="",
        technical_note="",
        technical_html="",
        files=[],
        next_moves=[said(move) for move in update.next_moves],
        facts=facts,
        answers=[
            replace(one, **_reworded(one, said, "text", "answer"), by="") for one in update.answers
        ],
    )


def _done(card: Card, said: Callable[[str], str]) -> Card:
    shown = copy(card)
    shown.title, shown.proof = said(card.title), said(card.proof)
    return shown


def _asked(one: Asked, said: Callable[[str], str]) -> Asked:
    named = _reworded(one, said, "text", "answer", "declined_because")
    return replace(one, **named, asker=0, by="", answered_by="")


def _reworded(row: Any, said: Callable[[str], str], *names: str) -> dict[str, Any]:
    return {name: said(getattr(row, name)) for name in names}
