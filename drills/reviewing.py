"""The verbs for what happens after an incident: the review and its action items."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from clock.queries import now
from drills.script import Stage
from postmortems.ideas.actions import note_idea
from postmortems.items.actions import add_item
from postmortems.items.following import decline_item, finish_item, move_item, verify_item
from postmortems.items.looking import look_at_item, still_to_look_at
from postmortems.publication.actions import publish_postmortem
from postmortems.review.actions import hold_meeting
from postmortems.review.analysis import write_grid, write_section
from postmortems.review.facts import agree_facts, choose_fact
from postmortems.review.models import Postmortem
from postmortems.review.thanks import thank
from postmortems.whys.actions import add_why

Move = Callable[[Stage], object]


def review_of(stage: Stage) -> Postmortem:
    """The review that resolving opened."""
    return Postmortem.objects.get(incident=stage.incident)


def meets(by: str, *, without: tuple[str, ...] = ()) -> Move:
    """The review meets and agrees on its facts; entries of the kinds ``without`` are left out."""

    def act(stage: Stage) -> object:
        hold_meeting(review_of(stage), by=stage.who(by))
        for entry in stage.war_room.entries.filter(kind__in=without):
            choose_fact(review_of(stage), by=stage.who(by), entry_id=entry.pk, included=False)
        return agree_facts(review_of(stage), by=stage.who(by))

    return act


def asks_why(by: str, *answers: tuple[str, str, str], safeguard: str) -> Move:
    """Five whys in a row: (question, answer, evidence); the last one names the absent safeguard."""

    def act(stage: Stage) -> object:
        parent = None
        for count, (question, answer, evidence) in enumerate(answers, 1):
            why = add_why(
                review_of(stage),
                by=stage.who(by),
                question=question,
                answer=answer,
                evidence=evidence,
                parent=parent,
                safeguard=safeguard if count == len(answers) else "",
            )
            parent = why.pk
        return parent

    return act


def writes(by: str, section: str, text: str) -> Move:
    """``by`` writes the summary or the analysis."""
    return lambda stage: write_section(
        review_of(stage), by=stage.who(by), section=section, text=text
    )


def fills_grid(by: str, grid: dict[str, dict[str, list[str]]]) -> Move:
    """What worked, what did not, luck, and what changes."""
    return lambda stage: write_grid(review_of(stage), by=stage.who(by), grid=grid)


def thanks(by: str, person: str, text: str) -> Move:
    """``by`` thanks somebody by name."""
    return lambda stage: thank(
        stage.war_room, by=stage.who(by), person=stage.who(person), text=text
    )


def has_idea(by: str, text: str) -> Move:
    """What somebody would change, and nobody has promised."""
    return lambda stage: note_idea(review_of(stage), by=stage.who(by), text=text)


def decides(by: str, key: str, title: str, *, owner: str, due_days: float, **more: Any) -> Move:
    """An action item that scripts call ``key``, due in ``due_days``."""

    def act(stage: Stage) -> object:
        item = add_item(
            review_of(stage),
            by=stage.who(by),
            title=title,
            owner=stage.who(owner),
            due_at=now() + timedelta(days=due_days),
            **more,
        )
        stage.kept[key] = item.pk
        return item

    return act


def shares(by: str) -> Move:
    """``by`` publishes the review."""
    return lambda stage: publish_postmortem(review_of(stage), by=stage.who(by))


def looks_at_list(by: str) -> Move:
    """A week later the whole list is looked at, item by item."""

    def act(stage: Stage) -> object:
        return [
            look_at_item(
                item,
                by=stage.who(by),
                started=True,
                owned=True,
                still_right=True,
                word="The work has begun.",
            )
            for item in still_to_look_at(review_of(stage)).select_related("owner")
        ]

    return act


def finishes(by: str, key: str, note: str) -> Move:
    """``by`` says that the item is done."""
    return lambda stage: finish_item(stage.kept[key], by=stage.who(by), note=note)


def verifies(by: str, key: str, note: str) -> Move:
    """Somebody else confirms it."""
    return lambda stage: verify_item(
        stage.kept[key], by=stage.who(by), implemented=True, moving=True, note=note
    )


def puts_off(by: str, key: str, days: float, reason: str) -> Move:
    """The due date moves, counted."""
    return lambda stage: move_item(
        stage.kept[key], by=stage.who(by), due_at=now() + timedelta(days=days), reason=reason
    )


def declines(by: str, key: str, reason: str) -> Move:
    """It will not be done, and why."""
    return lambda stage: decline_item(stage.kept[key], by=stage.who(by), reason=reason)
