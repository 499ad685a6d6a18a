"""What must be true of every incident, whatever was done to it and in whatever order."""

from collections.abc import Iterator

from django.db import connection

from deadlines.models import Deadline
from deadlines.queries import check_books
from incidents.board.models import Card, Column
from incidents.line.queries import stop_of
from incidents.record.gate import OWNER_LEFT, SOLO
from incidents.record.models import (
    PATIENCE,
    Incident,
    RoleAssignment,
    RosterRole,
    Status,
)
from incidents.record.timeline import verify
from incidents.sidework.models import PausedWork
from incidents.updates.models import Question
from people.models import User
from postmortems.items.models import OPEN_STATES, ActionItem

COMMANDS_AND_WORKS = {
    SOLO,
    "warn:commander_cannot_own_work",
    "ask:commander_cannot_own_work",
}
OF_THE_END = {"paused_work", "review", "publication", "follow_up", "action_item", "verification"}
"""Kinds of deadlines that an ended incident may owe; and a question that was asked after it."""


def untrue_of(incident: Incident) -> list[str]:
    """What is not as it must be, as sentences; empty when all is well."""
    with connection.cursor() as cursor:
        # What the database checks at the commit, it checks here after each step.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")
    return [
        f"{incident.ref} {words}"
        for check in (_owed, _seats, _cards, _promise, _end, _closed, _record)
        for words in check(incident)
    ]


def untrue_of_all() -> list[str]:
    """The same of all incidents, and what the books of the house say."""
    found = [words for one in Incident.objects.order_by("pk") for words in untrue_of(one)]
    # Nothing is sent inside a transaction, so what is due to leave waits here.
    books = [one for one in check_books() if "deliveries are due" not in one]
    return found + books


def _can_act(person: User | None) -> bool:
    return person is None or person.is_responder


def _owed(incident: Incident) -> Iterator[str]:
    """Nothing owed points at somebody who cannot act."""
    for one in Deadline.objects.open().filter(incident_id=incident.pk).select_related("owner"):
        if not _can_act(one.owner):
            yield f"owes {one.kind} by {one.owner}, who cannot act"
    for work in PausedWork.objects.waiting().filter(incident=incident).select_related("owner"):
        if not _can_act(work.owner):
            yield f"has paused work of {work.owner}, who cannot act"
    items = ActionItem.objects.filter(postmortem__incident=incident, state__in=OPEN_STATES)
    for item in items.select_related("owner"):
        if not _can_act(item.owner):
            yield f"has an item of {item.owner}, who cannot act"


def _seats(incident: Incident) -> Iterator[str]:
    """Who holds or is offered a seat can act; one commander at most; ended, nobody holds any."""
    held = RoleAssignment.objects.filter(incident=incident, ended_at=None).select_related("person")
    at_work = {one.person_id for one in held if one.accepted_at and one.role != RosterRole.OBSERVER}
    commands = [one for one in held if one.role == RosterRole.COMMANDER and one.accepted_at]
    if len(commands) > 1:
        yield "has two commanders"
    for one in held:
        if not one.person.is_active or (
            one.role != RosterRole.OBSERVER and not _can_act(one.person)
        ):
            yield f"has {one.person} as {one.role}, who cannot act"
        if one.role == RosterRole.OBSERVER and one.person_id in at_work:
            yield f"has {one.person} watching and working"
    if held and not incident.is_open:
        yield "has ended and still seats somebody"
    if incident.is_open and not commands and _kept(incident, "no_commander") is None:
        led = RoleAssignment.objects.filter(incident=incident, role=RosterRole.COMMANDER)
        if led.filter(accepted_at__isnull=False).exists():
            yield "has nobody in command, and asks for nobody"


def _cards(incident: Incident) -> Iterator[str]:
    """Unfinished cards are owned by who can act; nobody commands and works in Now unmarked."""
    held = RoleAssignment.objects.filter(incident=incident, ended_at=None, role="commander")
    commander = next((one.person_id for one in held if one.accepted_at), None)
    there = set(
        RoleAssignment.objects.active().filter(incident=incident).values_list("person", flat=True)
    )
    cards = Card.objects.filter(incident=incident).exclude(column=Column.DONE)
    places: dict[str, list[int]] = {}
    for card in cards.select_related("owner", "pair").order_by("position"):
        places.setdefault(card.column, []).append(card.position)
        for person in (card.owner, card.pair):
            if not _can_act(person):
                yield f"has “{card.title}” of {person}, who cannot act"
        if card.column != Column.NOW or not incident.is_open:
            continue
        if card.owner is None and OWNER_LEFT not in card.marks:
            yield "has a card in Now that nobody owns, unmarked"
        if card.owner is not None and OWNER_LEFT in card.marks:
            yield "has a card that says its owner is gone, and they are not"
        for person in (card.owner, card.pair):
            if person is not None and person.pk not in there:
                yield f"has {person} at work in Now and not on the roster"
        works = commander is not None and commander in (card.owner_id, card.pair_id)
        if works and not COMMANDS_AND_WORKS & set(card.marks):
            yield "has a commander who works in Now, unmarked"
        box = _kept(incident, "time_box", card.pk)
        if box is None or box.due_at != card.time_box_ends_at:
            yield "has a card in Now whose time box nothing enforces"
        elif card.owner_id is not None and box.owner_id != card.owner_id:
            yield "has a time box that somebody else than the card's owner owes"
    for column, found in places.items():
        if found != list(range(len(found))):
            yield f"has gaps among the cards in {column}"


def _promise(incident: Incident) -> Iterator[str]:
    """Open, it promises its next update and somebody enforces that; ended, it promises nothing."""
    promise = _kept(incident, "update")
    if incident.makes_promises:
        if incident.next_update_at is None:
            yield "is open and promises no update"
        if promise is None or promise.due_at != incident.next_update_at:
            yield "promises an update that nothing enforces"
        elif promise.due_at - promise.created_at < -PATIENCE:
            yield "promises an update for a time before the promise"
    elif promise is not None or incident.next_update_at is not None:
        yield "makes no promises and still owes an update"


def _end(incident: Incident) -> Iterator[str]:
    """An ended incident owes only what comes after an end, and has answered who asked before it."""
    if incident.is_open:
        return
    for one in Deadline.objects.open().filter(incident_id=incident.pk).exclude(kind__in=OF_THE_END):
        if one.kind != "question" or incident.status != Status.RESOLVED:
            yield f"has ended and still owes {one.kind}"
    for question in Question.objects.waiting().filter(incident=incident):
        if incident.status != Status.RESOLVED or _is_before_the_end(question, incident):
            yield "has ended and left a question open"
    if stop_of(incident) is not None:
        yield "has ended and is still stopped"
    waiting = PausedWork.objects.waiting().filter(incident=incident)
    for work in waiting:
        if incident.status in (Status.MERGED, Status.CLOSED):
            yield f"is {incident.status} and still has paused work"
        elif _kept(incident, "paused_work", work.pk) is None:
            yield "has ended and asks nobody about its paused work"


def _is_before_the_end(question: Question, incident: Incident) -> bool:
    return incident.resolved_at is None or question.asked_at < incident.resolved_at


def _closed(incident: Incident) -> Iterator[str]:
    """The times agree with the status."""
    if (incident.resolved_at is not None) != (incident.status in (Status.RESOLVED, Status.CLOSED)):
        yield f"is {incident.status} and resolved at {incident.resolved_at}"
    asked = Deadline.objects.open().filter(incident_id=incident.pk, kind="paused_work")
    if incident.is_open and asked.exists():
        yield "goes on, and its paused work is asked for already"


def _record(incident: Incident) -> Iterator[str]:
    bad = verify(incident)
    if bad is not None:
        yield f"has a timeline that does not hold: {bad}"


def _kept(incident: Incident, kind: str, subject: int | None = None) -> Deadline | None:
    rows = Deadline.objects.open().filter(kind=kind, subject_id=subject or incident.pk)
    return rows.first()
