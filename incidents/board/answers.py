"""What the API answers about cards and the board."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

from django.db.models import QuerySet

from api.schema import Answer, OneOf, Person
from incidents.attachments.answers import FileAnswer, file_answers
from incidents.attachments.queries import files_in
from incidents.cards.models import Card, Column, Risk, Source
from incidents.cards.queries import Board, carried_by
from people.answers import email_of, person_answer
from prepared import prepared


class CardChangeAnswer(Answer):
    """The change that a card carries, or carried last; ``state`` is the change's."""

    id: int
    state: str


class CardAnswer(Answer):
    """One step of work; ``marks`` are soft rules that were let pass."""

    id: int
    incident: str
    title: str
    column: Annotated[str, OneOf(Column)]
    position: int
    owner: str | None
    owner_person: Person | None
    pair: str | None
    pair_person: Person | None
    time_box_min: int | None
    time_box_reason: str
    time_box_ends_at: datetime | None
    entered_now_at: datetime | None
    serves: Literal["end_state"] | int | None
    expected_proof: str
    proof: str
    done_at: datetime | None
    risk: Annotated[str, OneOf(Risk)] | None
    change: CardChangeAnswer | None
    tests: int | None
    by_when: datetime | None
    rolls_back: int | str | None
    source: Annotated[str, OneOf(Source)]
    ai_tool: str
    attachments: list[FileAnswer]
    proof_attachments: list[FileAnswer]
    marks: list[Any]
    version: int


class BoardAnswer(Answer):
    """The cards by column, in their order."""

    now: list[CardAnswer]
    next: list[CardAnswer]
    done: list[CardAnswer]
    parked: list[CardAnswer]


CardChanges = Mapping[int, CardChangeAnswer]
"""The last change of each card, by the card's id."""


def card_answer(card: Card, ref: str, changes: CardChanges | None = None) -> CardAnswer:
    """A card; ``owner`` and ``pair`` are loaded. One query where its ``changes`` are not given."""
    change = _change_of(card) if changes is None else changes.get(card.pk)
    return CardAnswer.of(
        card,
        incident=ref,
        owner=email_of(card.owner),
        owner_person=person_answer(card.owner),
        pair=email_of(card.pair),
        pair_person=person_answer(card.pair),
        serves="end_state" if card.serves_end_state else card.serves_signal_id,
        risk=card.risk or None,
        change=change,
        tests=card.tests_id,
        rolls_back=card.rolls_back_id or card.undoes or None,
        attachments=file_answers(files_in(card.files)),
        proof_attachments=file_answers(files_in(card.proof_files)),
    )


def carried_answer(card: Card) -> CardChanges | None:
    """The ``changes`` of a card that was moved, as ``card_on`` read them with it. No query."""
    match carried_by(card):
        case None:
            return None
        case (None,):
            return {}
        case (carried,):
            return {card.pk: CardChangeAnswer(**carried)}


def _change_of(card: Card) -> CardChangeAnswer | None:
    last = _last_change.first(card.pk)
    return None if last is None else CardChangeAnswer(id=last[0], state=last[1])


@prepared
def _last_change(card: int) -> "QuerySet[Card, tuple[int, str]]":
    carrying = Card.objects.filter(pk=card, changes__isnull=False).order_by("-changes__pk")
    return carrying.values_list("changes__pk", "changes__state")[:1]


def board_answer(board: Board, ref: str, changes: CardChanges) -> BoardAnswer:
    """The board, each column in its order."""
    return BoardAnswer(
        now=[card_answer(card, ref, changes) for card in board.now],
        next=[card_answer(card, ref, changes) for card in board.next],
        done=[card_answer(card, ref, changes) for card in board.done],
        parked=[card_answer(card, ref, changes) for card in board.parked],
    )
