"""Two people at one card, on two real connections; and the order of columns under any sequence."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from functools import partial
from typing import Any

import pytest
from django.db import connection, connections, transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from incidents.board.actions import add_card, move_card, swap_cards
from incidents.cards.models import Card, Column
from incidents.endstate.models import Sample, Signal
from incidents.endstate.signals import add_signal, record_samples
from incidents.record.locking import lock_incident
from incidents.record.models import Incident
from incidents.record.timeline import verify
from incidents.roster.actions import join
from people.models import User
from refusals.errors import Refused
from tests.conftest import Clock
from tests.incidents.cast import ready


def at_once(*acts: Callable[[], Any], behind: Incident | None = None) -> list[Any]:
    """Run each in a thread with its own connection, started together; results or exceptions.

    ``behind`` an incident they truly meet: its lock is held until all of them wait for it.
    """
    barrier = threading.Barrier(len(acts))
    answers: dict[int, Any] = {}

    def run(index: int, act: Callable[[], Any]) -> None:
        try:
            barrier.wait(10)
            answers[index] = act()
        except Exception as error:
            answers[index] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(acts)]
    with held(behind, until=len(acts)) if behind else nullcontext():
        for thread in threads:
            thread.start()
    for thread in threads:
        thread.join(60)
    return [answers[index] for index in range(len(acts))]


@contextmanager
def held(incident: Incident, *, until: int) -> Iterator[None]:
    """Hold the lock of the incident until so many wait for a row."""
    with transaction.atomic():
        lock_incident(incident.pk)
        yield
        patience = time.monotonic() + 60
        while waiting() < until:
            assert time.monotonic() < patience, f"only {waiting()} of {until} came to the lock"
            time.sleep(0.005)


def waiting() -> int:
    """How many connections to this database wait for a lock."""
    with connection.cursor() as cursor:
        # A transaction would be shown the first answer again and again.
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return int(cursor.fetchone()[0])


def codes(answers: list[Any]) -> list[str]:
    """``done`` for what was done, else the refusal's code."""
    said = []
    for answer in answers:
        if isinstance(answer, Exception) and not isinstance(answer, Refused):
            raise answer
        said.append(answer.code if isinstance(answer, Refused) else "done")
    return sorted(said)


@pytest.mark.django_db(transaction=True)
def test_p30_of_two_who_move_a_card_at_once_one_succeeds(
    incident: Incident, commander: User, responder: User
) -> None:
    join(incident, by=responder)
    card = ready(incident, responder, "a")
    for _ in range(8):
        card.refresh_from_db()
        to = "next" if card.column == "parked" else "parked"
        version = card.version
        answers = at_once(
            partial(move_card, card.pk, by=commander, to=to, version=version),
            partial(move_card, card.pk, by=responder, to="done", proof="seen", version=version),
        )
        assert codes(answers) == ["done", "stale"]
        stale = next(one for one in answers if isinstance(one, Refused))
        card.refresh_from_db()
        assert stale.facts["current"]["column"] == card.column
        assert stale.facts["current"]["version"] == card.version == version + 1
        if card.column == "done":
            move_card(card.pk, by=responder, to="next", version=card.version)
    assert verify(incident_now(incident)) is None


def incident_now(incident: Incident) -> Incident:
    """The incident as it is stored."""
    return Incident.objects.get(pk=incident.pk)


@pytest.mark.django_db(transaction=True)
def test_p32_of_two_cards_started_at_once_for_one_owner_one_succeeds(
    incident: Incident, commander: User, responder: User
) -> None:
    join(incident, by=responder)
    cards = [
        add_card(
            incident,
            by=commander,
            title=title,
            owner=responder,
            serves="end_state",
            expected_proof="a number",
            risk="read_only",
            column="next",
        )
        for title in ("First", "Second")
    ]
    answers = at_once(
        *(
            lambda card=card, by=by: move_card(card.pk, by=by, to="now", version=1)
            for card, by in zip(cards, (commander, responder), strict=True)
        )
    )
    assert codes(answers) == ["done", "owner_busy"]
    assert Card.objects.filter(column="now").count() == 1
    running = Card.objects.get(column="now")
    waiting = Card.objects.get(column="next")
    answers = at_once(*[lambda: swap_cards(running.pk, by=responder, start=waiting.pk)] * 2)
    assert codes(answers) == ["done", "done"]
    assert incident.entries.filter(kind="cards_swapped").count() == 1
    assert Card.objects.get(column="now") == waiting


@pytest.mark.django_db(transaction=True)
def test_p22_the_same_samples_at_once_are_stored_once_and_summed_up(
    incident: Incident, commander: User, clock: Clock
) -> None:
    signal = add_signal(incident, by=commander, name="CPU", comparator="<=", target=60, hold_s=0)
    moment = clock.now
    samples = [(float(number), None) for number in range(50)]
    stamped = [
        (value, moment.replace(microsecond=index)) for index, (value, _) in enumerate(samples)
    ]
    batches = [stamped, stamped[::-1], stamped[10:], stamped[:30]]
    answers = at_once(
        *(
            lambda batch=batch: record_samples(signal.pk, by=commander, samples=batch)
            for batch in batches
        )
    )
    assert answers == [(50, 0, 0), (50, 0, 0), (40, 0, 0), (30, 0, 0)]
    assert Sample.objects.filter(signal=signal).count() == 50
    signal = Signal.objects.get(pk=signal.pk)
    assert (signal.latest_value, signal.batches) == (49.0, 4)


class Columns(RuleBasedStateMachine):
    """Cards added and moved in any sequence, beside plain lists that say what the order is."""

    incident: Incident
    by: User

    @initialize()
    def begin(self) -> None:
        """An empty board."""
        Card.objects.filter(incident=self.incident).delete()
        self.lists: dict[str, list[int]] = {column: [] for column in Column.values}

    @rule(column=st.sampled_from(["next", "parked"]))
    def add(self, column: str) -> None:
        """A new card stands at the end."""
        self.lists[column].append(ready(self.incident, self.by, "a", column=column).pk)

    @rule(
        index=st.integers(0, 20),
        to=st.sampled_from(["next", "parked", "done"]),
        position=st.none() | st.integers(0, 6),
    )
    def move(self, index: int, to: str, position: int | None) -> None:
        """A moved card stands at its place, or at the end."""
        ids = [pk for column in self.lists.values() for pk in column]
        if not ids:
            return
        card = Card.objects.get(pk=ids[index % len(ids)])
        move_card(card.pk, by=self.by, to=to, position=position, proof="seen", version=card.version)
        if position is None and to == card.column:
            return
        self.lists[card.column].remove(card.pk)
        self.lists[to].insert(len(self.lists[to]) if position is None else position, card.pk)

    @invariant()
    def positions_are_a_permutation(self) -> None:
        """0 … n-1 in every column, in the order of the lists."""
        found: dict[str, list[int]] = {column: [] for column in Column.values}
        cards = Card.objects.filter(incident=self.incident).order_by("column", "position")
        for card in cards:
            assert card.position == len(found[card.column])
            found[card.column].append(card.pk)
        assert found == self.lists


@pytest.fixture
def columns(incident: Incident, commander: User) -> type[Columns]:
    """The state machine on one incident."""
    Columns.incident, Columns.by = incident, commander
    return Columns


@pytest.mark.django_db
def test_p30_order_in_a_column_is_always_a_permutation(columns: type[Columns]) -> None:
    run_state_machine_as_test(
        columns,
        settings=settings(
            max_examples=30,
            stateful_step_count=12,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
