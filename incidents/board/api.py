"""The API's endpoints about cards."""

from contextlib import AbstractContextManager
from typing import Annotated, Any, Literal

from ninja import Router, Status
from pydantic import Field

from api.schema import Body, Email, Id, Moment, OneOf, Version
from incidents.board.actions import (
    add_card,
    change_card,
    extend_time_box,
    move_card,
    swap_cards,
)
from incidents.board.answers import CardAnswer, card_answer, carried_answer
from incidents.board.passing import pass_card_on
from incidents.cards.models import Card, Column, Risk, Source
from incidents.record.finding import incident_of, part_of, people_in
from people.callers import HELPERS, HELPERS_AND_AGENTS, ApiRequest
from people.queries import person_by_email
from refusals.versions import stale_carries

router = Router(auth=HELPERS, tags=["board"])

Serves = Literal["end_state"] | Id
TimeBox = Annotated[int, Field(ge=1, le=10_080)]
Files = Annotated[list[Id], Field(max_length=10)]
Undoes = Annotated[str, Field(max_length=300)]


class NewCard(Body):
    """A card. What Now asks for may be missing until it goes there."""

    title: str = Field(max_length=200)
    column: Annotated[str, OneOf(Column)] | None = None
    owner: Email | None = None
    pair: Email | None = None
    time_box_min: TimeBox | None = None
    time_box_reason: str | None = Field(None, max_length=300)
    serves: Serves | None = None
    expected_proof: str | None = Field(None, max_length=500)
    risk: Annotated[str, OneOf(Risk)] | None = None
    tests: Id | None = None
    by_when: Moment | None = None
    rolls_back: Id | Undoes | None = None
    source: Annotated[str, OneOf(Source)] | None = None
    ai_tool: str | None = Field(None, max_length=80)
    attachments: Files | None = None
    proof: str | None = Field(None, max_length=2000)
    occurred_at: Moment | None = None


class CardChange(Body):
    """Fields to change, beside the version that was read. ``null`` empties one."""

    version: Version
    title: str | None = Field(None, max_length=200)
    column: Annotated[str, OneOf(Column)] | None = None
    owner: Email | None = None
    pair: Email | None = None
    time_box_min: TimeBox | None = None
    time_box_reason: str | None = Field(None, max_length=300)
    serves: Serves | None = None
    expected_proof: str | None = Field(None, max_length=500)
    risk: Annotated[str, OneOf(Risk)] | None = None
    tests: Id | None = None
    by_when: Moment | None = None
    rolls_back: Id | Undoes | None = None
    source: Annotated[str, OneOf(Source)] | None = None
    ai_tool: str | None = Field(None, max_length=80)
    attachments: Files | None = None


class Move(Body):
    """Where to; ``position`` counts from 0, the end of the column when missing."""

    to: Annotated[str, OneOf(Column)]
    position: int | None = Field(None, ge=0, le=100_000)
    proof: str | None = Field(None, max_length=2000)
    attachments: Files | None = None
    version: Version
    occurred_at: Moment | None = None


class Extension(Body):
    """More minutes, and why."""

    minutes: int = Field(ge=1, le=10_080)
    reason: str | None = Field(None, max_length=300)
    version: Version | None = None


class Rotation(Body):
    """Who takes it, and how it stands."""

    owner: Email
    note: str | None = Field(None, max_length=500)
    version: Version | None = None


class Swap(Body):
    """The card to start instead."""

    start: Id = Field(alias="with")
    version: Version | None = None


@router.post("/incidents/{ref}/cards", response={201: CardAnswer}, auth=HELPERS_AND_AGENTS)
def create_card(request: ApiRequest, ref: str, body: NewCard) -> Status[CardAnswer]:
    """Add a card. Without ``column`` it goes to Next, or to Parked when it serves nothing."""
    incident = incident_of(request, ref)
    given = undoing(people_in(filled(body), "owner", "pair"))
    card = add_card(incident, by=request.auth, **given)
    return Status(201, card_answer(card, incident.ref))


@router.patch("/cards/{int:card_id}", response=CardAnswer)
def patch_card(request: ApiRequest, card_id: int, body: CardChange) -> CardAnswer:
    """Change a card as it was read in ``version``; another one is ``stale``, with the card now."""
    card = part_of(request, Card.objects.all, card_id)
    given = undoing(
        people_in(body.model_dump(exclude_unset=True, exclude={"version"}), "owner", "pair")
    )
    if "attachments" in given:
        given["attachments"] = given["attachments"] or []
    with current_card(card):
        changed = change_card(card.pk, by=request.auth, version=body.version, **given)
    return card_answer(changed, card.incident.ref)


@router.post("/cards/{int:card_id}/move", response=CardAnswer)
def move(request: ApiRequest, card_id: int, body: Move) -> CardAnswer:
    """Move a card to a column and a place in it."""
    card = part_of(request, Card.objects.all, card_id)
    with current_card(card):
        moved = move_card(
            card,
            by=request.auth,
            to=body.to,
            position=body.position,
            proof=body.proof or "",
            attachments=body.attachments or (),
            version=body.version,
            occurred_at=body.occurred_at,
        )
    return card_answer(moved, card.incident.ref, carried_answer(moved))


@router.post("/cards/{int:card_id}/extend", response=CardAnswer)
def extend(request: ApiRequest, card_id: int, body: Extension) -> CardAnswer:
    """Give a card in Now more time, with a reason."""
    card = part_of(request, Card.objects.all, card_id)
    with current_card(card):
        extended = extend_time_box(
            card.pk,
            by=request.auth,
            minutes=body.minutes,
            reason=body.reason or "",
            version=body.version,
        )
    return card_answer(extended, card.incident.ref)


@router.post("/cards/{int:card_id}/rotate", response=CardAnswer)
def rotate(request: ApiRequest, card_id: int, body: Rotation) -> CardAnswer:
    """Give a card in Now to another owner, with a note on how it stands."""
    card = part_of(request, Card.objects.all, card_id)
    with current_card(card):
        passed = pass_card_on(
            card.pk,
            by=request.auth,
            owner=person_by_email(body.owner, field="owner"),
            note=body.note or "",
            version=body.version,
        )
    return card_answer(passed, card.incident.ref)


@router.post("/cards/{int:card_id}/swap", response=CardAnswer)
def swap(request: ApiRequest, card_id: int, body: Swap) -> CardAnswer:
    """Park this card and start another one in its place, in one step; answers the started one."""
    card = part_of(request, Card.objects.all, card_id)
    with current_card(card):
        started = swap_cards(card.pk, by=request.auth, start=body.start, version=body.version)
    return card_answer(started, card.incident.ref)


def filled(body: Body) -> dict[str, Any]:
    """What was given and is not null, as an action takes it."""
    return body.model_dump(exclude_none=True)


def undoing(given: dict[str, Any]) -> dict[str, Any]:
    """``rolls_back`` as actions take it: the id of a change, or a sentence in ``undoes``."""
    if "rolls_back" not in given:
        return given
    what = given.pop("rolls_back")
    if isinstance(what, str):
        return {**given, "rolls_back": None, "undoes": what}
    return {**given, "rolls_back": what, "undoes": ""}


def current_card(card: Card) -> AbstractContextManager[None]:
    """Let a ``stale`` refusal carry the card as it is now, in the words of this API."""
    fresh = Card.objects.select_related("owner", "pair")
    return stale_carries(lambda: card_answer(fresh.get(pk=card.pk), card.incident.ref).model_dump())
