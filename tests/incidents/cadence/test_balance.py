"""The conservation check of promises, deadlines and timeline (A10)."""

import pytest

from deadlines import queries
from deadlines.models import Deadline
from deadlines.sweeping import sweep
from incidents.cadence.balance import check_books
from incidents.record.models import Incident
from tests.conftest import Clock


def test_a_fresh_incident_balances(incident: Incident) -> None:
    assert check_books() == []
    assert check_books in queries._books


def test_a_missed_update_balances_once_it_was_swept(incident: Incident, clock: Clock) -> None:
    clock.advance(minutes=20)
    missed = f"{incident.ref} missed an update, and its timeline does not say so."
    assert check_books() == [missed]
    sweep()
    assert check_books() == []


@pytest.mark.parametrize(
    "change", [{"kind": "elsewhere"}, {"due_at": "2020-01-01T00:00:00Z"}, {"subject_id": 0}]
)
def test_a_promise_that_nothing_enforces_is_named(
    change: dict[str, object], incident: Incident
) -> None:
    Deadline.objects.filter(kind="update").update(**change)
    assert check_books()[0] == (
        f"{incident.ref} promises its next update, but no deadline enforces it."
    )


def test_an_enforced_update_of_an_ended_incident_is_named(incident: Incident) -> None:
    Incident.objects.update(status="closed")
    assert check_books() == [f"{incident.ref} has ended, but its next update is still enforced."]
