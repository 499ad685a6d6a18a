"""Many signals take a newer value each in one go, as each would have taken it by itself."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from incidents.endstate.models import Sample, Signal
from incidents.endstate.signals import add_signal, note_no_data, record_polled, remove_signal
from incidents.endstate.steps import record_steps
from incidents.line.actions import add_stop_criterion
from incidents.record.models import Incident, TimelineEntry
from people.models import User
from tests.conftest import Clock
from tests.incidents.board.test_board_races import at_once
from tests.incidents.endstate.conftest import push


def made(incident: Incident, by: User, name: str, **more: Any) -> Signal:
    fields = {"comparator": "<=", "target": 1, "query": "errors", **more}
    return add_signal(incident, by=by, name=name, **fields)


def row(signal: Signal) -> dict[str, Any]:
    """Everything that samples make of a signal, and the samples."""
    names = [
        "first_at",
        "latest_at",
        "latest_value",
        "satisfied_since",
        "batches",
        "told",
        "told_at",
    ]
    stored = Signal.objects.get(pk=signal.pk)
    samples = Sample.objects.filter(signal=signal).order_by("at")
    return {
        **{name: getattr(stored, name) for name in names},
        "no data": (stored.no_data_since, stored.no_data_because),
        "samples": list(samples.values_list("at", "said_at", "value", "by_hand", "by")),
    }


@pytest.mark.django_db
def test_p22_a_step_leaves_what_the_same_value_leaves_by_itself(
    incident: Incident, commander: User, clock: Clock
) -> None:
    together, alone = (made(incident, commander, name) for name in ("Together", "Alone"))
    for value in (0.5, -0.0, 1.0, 2.5, 0.9, 0.8):
        clock.advance(seconds=15)
        moment = clock.now
        note_no_data(together.pk, because="away", moment=moment)
        note_no_data(alone.pk, because="away", moment=moment)
        record_polled(alone.pk, samples=[(value, moment)])
        if record_steps({together.pk: (value, moment)}) != {together.pk}:
            record_polled(together.pk, samples=[(value, moment)])
        ours, theirs = row(together), row(alone)
        assert (ours.pop("told_at") is None) == (theirs.pop("told_at") is None)
        assert ours == theirs
    assert record_steps({together.pk: (0.7, clock.now + timedelta(seconds=-1))}) == set()


@pytest.mark.django_db
def test_what_is_more_than_a_step_is_left_to_be_written_by_itself(
    incident: Incident, commander: User, clock: Clock
) -> None:
    names = ("Plain", "Watched", "Removed", "Older", "News", "No number", "Ahead")
    signals = {name: made(incident, commander, name) for name in names}
    add_stop_criterion(
        incident, by=commander, signal=signals["Watched"].pk, comparator=">", threshold=9
    )
    for signal in signals.values():
        push(signal, commander, (0.5, clock.now))
    remove_signal(signals["Removed"].pk, by=commander)
    clock.advance(seconds=15)
    moment, said = clock.now, TimelineEntry.objects.count()
    values: dict[str, tuple[float, datetime]] = dict.fromkeys(names, (0.6, moment)) | {
        "Older": (0.6, moment - timedelta(minutes=1)),
        "News": (3.0, moment),
        "No number": (float("nan"), moment),
        "Ahead": (0.6, moment + timedelta(minutes=1)),
    }
    before = {name: row(signal) for name, signal in signals.items()}
    with CaptureQueriesContext(connection) as queries:
        taken = record_steps({signals[name].pk: value for name, value in values.items()})
    assert taken == {signals["Plain"].pk}
    assert len([one for one in queries if "SAVEPOINT" not in one["sql"]]) == 3
    for name in names[1:]:
        assert row(signals[name]) == before[name], name
    assert TimelineEntry.objects.count() == said


@pytest.mark.django_db(transaction=True)
def test_a_step_waits_for_nobody(incident: Incident, commander: User, clock: Clock) -> None:
    held, free = (made(incident, commander, name) for name in ("Held", "Free"))
    for signal in (held, free):
        push(signal, commander, (0.5, clock.now))
    clock.advance(seconds=15)
    values = {signal.pk: (0.6, clock.now) for signal in (held, free)}
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute("SELECT FROM incidents_signal WHERE id = %s FOR UPDATE", [held.pk])
        cursor.execute("SELECT FROM incidents_incident WHERE id = %s FOR UPDATE", [incident.pk])
        found = at_once(lambda: record_steps(values))
        cursor.execute("ROLLBACK")
    other.close()
    assert found == [{free.pk}]
