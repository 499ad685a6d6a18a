"""How many statements a write asks of PostgreSQL, the transaction's own two apart.

The figures stand in docs/performance.md; more of them is what makes a write slow first.
"""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from clock.queries import now
from incidents.endstate.signals import add_signal
from incidents.record.models import Incident
from people.actions import issue_token
from people.models import User
from tests.incidents.cast import ready, start

pytestmark = pytest.mark.django_db

MOVE, PUBLISH, START, FINISH = 8, 16, 15, 9
TRANSACTION = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE")


class Program:
    """A program that posts as somebody, and counts."""

    def __init__(self, person: User) -> None:
        _, secret = issue_token(person, name="program")
        self.client = Client(headers={"Authorization": f"Bearer {secret}"})

    def post(self, path: str, body: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
        """What is answered, and the beginnings of the statements it took."""
        with CaptureQueriesContext(connection) as asked:
            answer = self.client.post(f"/api/v1/{path}", body, content_type="application/json")
        assert answer.status_code in (200, 201), answer.content
        said = [one["sql"][:120] for one in asked.captured_queries]
        return answer.json(), [one for one in said if not one.startswith(TRANSACTION)]


def test_a_card_is_moved_by_few_statements(incident: Incident, commander: User) -> None:
    card = ready(incident, commander)
    _, counted = Program(commander).post(
        f"cards/{card.pk}/move", {"to": "parked", "version": card.version}
    )
    assert len(counted) <= MOVE, "\n".join(counted)


def test_an_update_is_published_by_few_statements(incident: Incident, commander: User) -> None:
    program = Program(commander)
    add_signal(incident, by=commander, name="Errors", comparator="<=", target=1.0, unit="%")
    for number in (1, 2):
        _, counted = program.post(
            f"incidents/{incident.ref}/updates",
            {
                "statement": "Exports time out.",
                "status_text": f"One in {number + 1} exports fails.",
                "hypothesis": "The pool is too small.",
                "current_action": "We widen it.",
                "executive_summary": f"Exports are slow, step {number}.",
                "next_update_at": (now() + timedelta(minutes=9)).isoformat(),
            },
        )
    assert len(counted) <= PUBLISH, counted


def test_a_change_starts_and_finishes_by_few_statements(
    incident: Incident, commander: User, responder: User
) -> None:
    program = Program(responder)
    card = ready(incident, responder, risk="safe")
    change, _ = program.post(
        f"cards/{card.pk}/change", {"expectation": "It falls.", "rollback": "The flag off."}
    )
    start(card, responder)
    _, started = program.post(f"changes/{change['id']}/start", {})
    _, finished = program.post(
        f"changes/{change['id']}/finish", {"outcome": "as_expected", "no_data": True}
    )
    assert (len(started) <= START, len(finished) <= FINISH) == (True, True), (started, finished)
