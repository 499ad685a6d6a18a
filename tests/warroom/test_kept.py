"""What a war room keeps from the reading before is what it would read."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import invariant, run_state_machine_as_test

from incidents.approvals.actions import ask_approval
from incidents.board.actions import add_card, move_card
from incidents.endstate.signals import add_signal, record_samples
from incidents.endstate.sparklines import measured
from incidents.impact.actions import add_impact
from incidents.impact.queries import impacts_in
from incidents.lifecycle.notes import add_note
from incidents.line.actions import stop_line
from incidents.record.models import Incident, Service, SeverityPolicy
from incidents.roster.actions import join
from incidents.state.attention import with_attention, with_changes
from incidents.updates.questions import ask_question
from live.rendering import Rendered, render_regions
from live.topics import State
from people.models import Role, User
from tests.conftest import make_person
from tests.incidents.cast import publish, ready, written
from tests.matrix.machine import Incidents
from tests.waiting import FULL
from warroom import kept
from warroom.live import WAR_ROOM
from warroom.rows import cards_of, last_update, questions_of, seats_ever, seats_of, updates_of

RUNS, STEPS = (60, 40) if FULL else (3, 25)
READ = {
    "signals": measured,
    "cards": cards_of,
    "seats": seats_of,
    "ever": seats_ever,
    "last_update": last_update,
    "updates": updates_of,
    "questions": questions_of,
    "impacts": impacts_in,
    "changes": with_changes,
    "attention": with_attention,
}
#: Read with the incident each time, or named by words that may be a little old (``WHOLE_S``).
NOT_MARKED = {
    "incidents_incident",
    "people_apitoken",
    "incidents_obligationtemplate",
    # A signal's row is written with each batch of its samples.
    "incidents_sample",
}


def drawn(state: State | None, older: tuple[State, Rendered] | None = None) -> Rendered:
    assert state is not None
    return render_regions(WAR_ROOM, state, older)


def difference(pk: int, older: tuple[State, Rendered]) -> list[str]:
    """The regions that differ between what is kept and what is read anew."""
    found: list[str] = []
    # What time alone changes may change between the two readings; not three times in a row.
    for _ in range(3):
        again = WAR_ROOM.reload(pk, older[0])
        found = drawn(again, older).differing_from(drawn(WAR_ROOM.load(pk)))
        if not found:
            return []
    return found


class Drawn(Incidents):
    """The machine of all actions, whose war rooms are drawn both ways after each step."""

    def __init__(self) -> None:
        super().__init__()
        self.rooms: dict[int, tuple[State, Rendered]] = {}

    @invariant()
    def what_is_kept(self) -> None:
        for pk in getattr(self, "ids", []):
            if pk in self.rooms:
                assert difference(pk, self.rooms[pk]) == []
                state = WAR_ROOM.reload(pk, self.rooms[pk][0])
            else:
                state = WAR_ROOM.load(pk)
            assert state is not None
            self.rooms[pk] = (state, drawn(state, self.rooms.get(pk)))


@pytest.fixture
def crowd(db: None) -> list[User]:
    diggers = [make_person(f"w{n}", f"Worker {n}", Role.RESPONDER) for n in range(5)]
    return [*diggers, make_person("w5", "Worker 5", Role.ADMIN)]


def run(people: list[User]) -> None:
    Drawn.people = people
    run_state_machine_as_test(
        Drawn,
        settings=settings(
            max_examples=RUNS,
            stateful_step_count=STEPS,
            derandomize=True,
            deadline=None,
            database=None,
            phases=(Phase.generate,),
            print_blob=False,
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.mark.timeout(3600 if FULL else 600)
def test_after_any_actions_both_ways_draw_the_same(crowd: list[User]) -> None:
    run(crowd)


@pytest.mark.parametrize("part", sorted(READ))
def test_every_table_that_a_part_reads_has_its_mark(db: None, part: str) -> None:
    read: Any = READ[part]
    with CaptureQueriesContext(connection) as queries:
        list(read(0))
    tables = set(re.findall(r'(?:FROM|JOIN) "?(\w+)"?', queries.captured_queries[0]["sql"]))
    known = {
        model._meta.db_table for model in connection.introspection.installed_models(sorted(tables))
    }
    marked = {model._meta.db_table for model in kept.PARTS[part]}

    assert known
    assert known - marked - NOT_MARKED == set()


def test_every_part_is_looked_at() -> None:
    assert set(READ) == kept.PARTS.keys() - {"people"}


ACTS: dict[str, Callable[[Incident, User, User], Any]] = {
    "signals": lambda incident, commander, other: record_samples(
        incident.signals.get().pk, by=commander, samples=[(0.5, None)]
    ),
    "cards": lambda incident, commander, other: add_card(
        incident, by=commander, title="Another card", column="next"
    ),
    "seats": lambda incident, commander, other: join(incident, by=other),
    "last_update": lambda incident, commander, other: publish(incident, commander),
    "questions": lambda incident, commander, other: ask_question(
        incident, by=other, text="And now?"
    ),
    "impacts": lambda incident, commander, other: add_impact(
        incident, by=commander, journey="Orders", blocked="all", amount=3, unit="orders"
    ),
    "changes": lambda incident, commander, other: ask_approval(
        incident.changes.get().pk, by=commander
    ),
    "attention": lambda incident, commander, other: stop_line(
        incident, by=commander, reason="Two of us start at once."
    ),
}


@pytest.fixture
def other(db: None) -> User:
    return make_person("other", "Olu Other", Role.RESPONDER)


@pytest.fixture
def filled(incident: Incident, commander: User, responder: User, stakeholder: User) -> Incident:
    fill(incident, commander, responder, stakeholder)
    return incident


@pytest.mark.parametrize("part", list(ACTS))
def test_what_somebody_does_is_seen(
    part: str, filled: Incident, commander: User, other: User
) -> None:
    state = WAR_ROOM.load(filled.pk)
    assert state is not None
    ACTS[part](filled, commander, other)

    assert difference(filled.pk, (state, drawn(state))) == []


@pytest.mark.parametrize("part", list(ACTS))
def test_control_without_its_mark_a_part_is_old(
    part: str, filled: Incident, commander: User, other: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept, "PARTS", {**kept.PARTS, part: ()})
    state = WAR_ROOM.load(filled.pk)
    assert state is not None
    ACTS[part](filled, commander, other)

    assert difference(filled.pk, (state, drawn(state))) != []


NAMES: dict[str, Callable[[Incident, User], Any]] = {
    "somebody on it is renamed": lambda incident, who: User.objects.filter(pk=who.pk).update(
        name="Renamed Person"
    ),
    "somebody on it is deactivated": lambda incident, who: User.objects.filter(pk=who.pk).update(
        is_active=False
    ),
    "who asked is renamed": lambda incident, who: User.objects.filter(role=Role.STAKEHOLDER).update(
        name="Renamed Stakeholder"
    ),
    "its policy is another": lambda incident, who: SeverityPolicy.objects.filter(
        severity=incident.severity
    ).update(update_interval_min=7),
    "a service of it is renamed": lambda incident, who: Service.objects.filter(
        incidents=incident
    ).update(name="Renamed service"),
    "a card is another, whoever wrote it": lambda incident, who: incident.cards.update(
        title="Written by hand"
    ),
    "a question is gone": lambda incident, who: incident.questions.all().delete(),
}


@pytest.mark.parametrize("what", list(NAMES))
def test_what_no_version_counts_is_seen_too(
    what: str, incident: Incident, commander: User, responder: User, stakeholder: User
) -> None:
    fill(incident, commander, responder, stakeholder)
    state = WAR_ROOM.load(incident.pk)
    assert state is not None
    older = (state, drawn(state))

    NAMES[what](incident, responder)

    assert difference(incident.pk, older) == []
    assert drawn(WAR_ROOM.reload(incident.pk, state), older).differing_from(older[1]) or (
        what == "its policy is another"
    )


def fill(incident: Incident, commander: User, responder: User, stakeholder: User) -> None:
    """A board, a change, a signal, an update and a question."""
    service = Service.objects.create(name="Checkout", slug="checkout-kept")
    incident.services.add(service)
    join(incident, by=responder)
    written(
        ready(incident, responder, risk="destructive"),
        responder,
        hypothesis="Memory",
        risk="Retries are lost",
    )
    signal = add_signal(incident, by=commander, name="Errors", comparator="<=", target=1.0)
    record_samples(signal.pk, by=commander, samples=[(3.0, None)])
    publish(incident, commander)
    ask_question(incident, by=stakeholder, text="Until when?")


def test_a_note_asks_for_the_incident_and_its_record_alone(
    incident: Incident, commander: User, responder: User, stakeholder: User
) -> None:
    fill(incident, commander, responder, stakeholder)
    state = WAR_ROOM.load(incident.pk)
    assert state is not None
    add_note(incident, by=commander, text="Somebody saw it.")
    with CaptureQueriesContext(connection) as queries:
        again = WAR_ROOM.reload(incident.pk, state)

    assert len(queries) == 2
    assert again is not None
    assert again.version == state.version + 1
    before, now = drawn(state), drawn(again)
    assert now.differing_from(before) == ["timeline"]


def test_a_move_reads_the_board_and_keeps_the_rest(incident: Incident, commander: User) -> None:
    card = add_card(incident, by=commander, title="Look at the queue", column="next")
    state = WAR_ROOM.load(incident.pk)
    assert state is not None
    move_card(card.pk, by=commander, to="parked", version=card.version)
    again = WAR_ROOM.reload(incident.pk, state)

    assert again is not None
    older, room = state.context["room"], again.context["room"]
    assert [view.id for view in room.columns["parked"]] == [card.pk]
    assert room.signal_rows is older.signal_rows
    assert room.roster[0].person is older.roster[0].person


def test_words_without_a_mark_are_read_anew_in_time(
    incident: Incident, commander: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = WAR_ROOM.load(incident.pk)
    assert state is not None
    monkeypatch.setattr(kept, "WHOLE_S", 0.0)
    again = WAR_ROOM.reload(incident.pk, state)

    assert again is not None
    older, room = state.context["room"], again.context["room"]
    assert room.kept.whole_at > older.kept.whole_at
