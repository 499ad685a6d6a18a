"""Two different things at once on one incident, in either order, on real connections."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest
from django.db import connections

from incidents.board.actions import move_card, swap_cards
from incidents.cards.models import Card
from incidents.line.actions import resume_line, stop_line
from incidents.line.models import Stop
from incidents.outcomes.actions import start_change
from incidents.record.models import Incident
from incidents.record.timeline import verify
from incidents.roster.actions import join
from notifications.channels import Send, register_channel
from notifications.models import Delivery
from notifications.sending import send_due
from people.actions import deactivate_person
from people.models import User
from postmortems.items.following import finish_item, verify_item
from postmortems.items.models import ActionItem
from postmortems.publication.actions import publish_postmortem
from postmortems.review.analysis import write_section
from refusals.errors import Refused
from tests.incidents.board.test_board_races import held, waiting
from tests.incidents.cast import fresh, ready, start
from tests.outbox import channels_put_back, queue_delivery
from tests.postmortems.conftest import agreed, asked, item, monday, resolved, review
from tests.waiting import until

__all__ = ["agreed", "asked", "item", "monday", "resolved", "review"]

pytestmark = pytest.mark.django_db(transaction=True)


def in_turn(*acts: Callable[[], Any], behind: Incident) -> list[str]:
    """Have each come to the incident's lock, in that order; ``done`` or the refusal's code each."""
    answers: dict[int, str] = {}

    def run(index: int, act: Callable[[], Any]) -> None:
        try:
            act()
            answers[index] = "done"
        except Refused as refusal:
            answers[index] = refusal.code
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(acts)]
    with held(behind, until=len(acts)):
        for number, thread in enumerate(threads, 1):
            thread.start()
            until(lambda number=number: waiting() >= number)  # type: ignore[misc]
    for thread in threads:
        thread.join()
    return [answers[index] for index in range(len(acts))]


@pytest.fixture
def cards(incident: Incident, responder: User) -> tuple[Card, Card]:
    """One in Now and one in Next."""
    join(incident, by=responder)
    running = start(ready(incident, responder, "First"), responder)
    return running, ready(incident, responder, "Second")


@pytest.mark.parametrize(
    ("first", "said", "columns"),
    [
        ("swap", ["done", "stale"], ("parked", "now")),
        ("move", ["done", "done"], ("parked", "now")),
    ],
)
def test_p32_a_swap_and_a_move_of_the_card_it_starts(
    incident: Incident,
    cards: tuple[Card, Card],
    commander: User,
    responder: User,
    first: str,
    said: list[str],
    columns: tuple[str, str],
) -> None:
    running, following = cards
    version = following.version

    def swap() -> None:
        swap_cards(running.pk, by=responder, start=following.pk, version=running.version)

    def move() -> None:
        move_card(following.pk, by=commander, to="parked", version=version)

    running.refresh_from_db()
    acts = [swap, move] if first == "swap" else [move, swap]
    assert in_turn(*acts, behind=incident) == said
    running.refresh_from_db()
    following.refresh_from_db()
    assert (running.column, following.column) == columns
    assert verify(fresh(incident)) is None


@pytest.mark.parametrize(
    ("first", "said", "columns"),
    [
        ("swap", ["done", "stale"], ("parked", "now")),
        ("move", ["done", "stale"], ("done", "next")),
    ],
)
def test_p32_a_swap_and_a_move_of_the_card_it_parks(
    incident: Incident,
    cards: tuple[Card, Card],
    commander: User,
    responder: User,
    first: str,
    said: list[str],
    columns: tuple[str, str],
) -> None:
    running, following = cards
    running.refresh_from_db()
    version = running.version

    def swap() -> None:
        swap_cards(running.pk, by=responder, start=following.pk, version=version)

    def move() -> None:
        move_card(running.pk, by=commander, to="done", proof="Seen", version=version)

    acts = [swap, move] if first == "swap" else [move, swap]
    assert in_turn(*acts, behind=incident) == said
    running.refresh_from_db()
    following.refresh_from_db()
    assert (running.column, following.column) == columns
    assert verify(fresh(incident)) is None


@pytest.mark.parametrize(
    ("first", "said"), [("start", ["line_stopped", "done"]), ("resume", ["done", "done"])]
)
def test_p38_a_change_that_is_started_while_the_line_is_resumed(
    incident: Incident, commander: User, responder: User, first: str, said: list[str]
) -> None:
    join(incident, by=responder)
    change = start(ready(incident, responder, risk="safe"), responder).changes.get()
    stop_line(incident, by=responder, reason="Rows are lost")
    starts = partial(start_change, change.pk, by=responder)
    resumes = partial(resume_line, incident, by=commander, reason="The rows are back")
    acts = (starts, resumes) if first == "start" else (resumes, starts)
    assert in_turn(*acts, behind=incident) == said
    change.refresh_from_db()
    assert (change.started_at is not None) == (first == "resume")
    assert not Stop.objects.filter(incident=incident, resumed_at=None).exists()
    assert verify(fresh(incident)) is None


@pytest.mark.parametrize(
    ("first", "said", "state"),
    [
        ("finish", ["done", "done"], "verified"),
        ("verify", ["invalid_transition", "done"], "done"),
    ],
)
def test_p58_finishing_and_verifying(
    item: ActionItem, commander: User, first: str, said: list[str], state: str
) -> None:
    incident = Incident.objects.get(pk=item.postmortem.incident_id)

    def finish() -> None:
        finish_item(item.pk, by=item.owner, note="Out since noon.")

    def check() -> None:
        verify_item(item.pk, by=commander, implemented=True, moving=True, note="Seen.")

    acts = [finish, check] if first == "finish" else [check, finish]
    assert in_turn(*acts, behind=incident) == said
    assert ActionItem.objects.get(pk=item.pk).state == state


@pytest.mark.parametrize(
    ("first", "words", "said", "stands"),
    [
        ("publish", "Nothing limited it.", ["done", "invalid_transition"], ""),
        ("reword", "Nothing limited it.", ["done", "done"], "Nothing limited it."),
        ("reword", "It was human error.", ["done", "language_flagged"], "It was human error."),
    ],
)
def test_p59_publishing_and_rewording(
    item: ActionItem,
    commander: User,
    responder: User,
    first: str,
    words: str,
    said: list[str],
    stands: str,
) -> None:
    review = item.postmortem
    incident = Incident.objects.get(pk=review.incident_id)
    before = review.analysis

    def publish() -> None:
        publish_postmortem(review.pk, by=commander)

    def reword() -> None:
        write_section(review.pk, by=responder, section="analysis", text=words)

    acts = [publish, reword] if first == "publish" else [reword, publish]
    assert in_turn(*acts, behind=incident) == said
    review.refresh_from_db()
    assert review.analysis == (stands or before)
    assert review.is_published == (said != ["done", "language_flagged"])


@pytest.fixture
def mail_channel() -> Iterator[None]:
    """Puts the real channel back."""
    with channels_put_back():
        yield


def test_a6_who_is_deactivated_while_a_batch_leaves_gets_nothing_more(
    commander: User, responder: User, admin: User, mail_channel: None
) -> None:
    handed: list[str] = []

    def leave() -> None:
        try:
            deactivate_person(responder, by=admin)
        finally:
            connections.close_all()

    @contextmanager
    def session() -> Iterator[Send]:
        def send(rows: Sequence[Delivery]) -> None:
            handed.append(str(rows[0].person))
            # Both are claimed, the first is in hand; somebody else's connection does it.
            leaving = threading.Thread(target=leave)
            leaving.start()
            leaving.join()

        yield send

    register_channel("email", session)
    for number, person in enumerate((commander, responder)):
        queue_delivery(
            key=f"k{number}",
            kind="test",
            person=person,
            channels=("email",),
            subject_line="Now",
            text="T",
        )
    result = send_due("email")
    assert (result.sent, result.cancelled) == (1, 1)
    assert handed == [str(commander)]
    states = Delivery.objects.filter(channel="email").order_by("key")
    assert list(states.values_list("key", "state")) == [
        ("k0/email", "sent"),
        ("k1/email", "cancelled"),
    ]
