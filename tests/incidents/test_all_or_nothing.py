"""A1: whatever statement an action dies after, it leaves everything or nothing."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, transaction

from incidents.board.actions import add_card
from incidents.escalations.actions import escalate
from incidents.lifecycle.actions import change_status
from incidents.lifecycle.declaring import declare_incident
from incidents.lifecycle.details import change_incident
from incidents.lifecycle.merging import merge_incident
from incidents.lifecycle.notes import add_note
from incidents.lifecycle.times import correct_time
from incidents.line.actions import add_stop_criterion, stop_line
from incidents.record.models import Incident, RoleAssignment, Service
from incidents.roster import presence
from incidents.roster.actions import assign_role, join, release_role
from incidents.roster.command import ask_commander
from incidents.sidework.actions import pause_work
from incidents.updates.actions import AllClear
from incidents.updates.questions import answer_question, ask_question, decline_question
from people.models import User
from tests.incidents.cast import publish

pytestmark = pytest.mark.django_db

CONTROL = ("SAVEPOINT", "RELEASE", "ROLLBACK", "SET ", "SELECT")
APPS = ("incidents", "deadlines", "notifications", "postmortems", "stakeholders")


class Crash(Exception):
    """The process dies here."""


def books() -> str:
    """Everything that is stored, as one digest."""
    tables = sorted(
        {model._meta.db_table for name in APPS for model in apps.get_app_config(name).get_models()}
        | {Incident.services.through._meta.db_table}
    )
    rows = " UNION ALL ".join(
        f"SELECT '{table}' AS name, md5(string_agg(t::text, E'\\n' ORDER BY t::text)) AS sum "
        f'FROM "{table}" t'
        for table in tables
    )
    with connection.cursor() as cursor:
        # Without an order the planner may read the tables side by side, in any.
        summed = "md5(string_agg(name || coalesce(sum, ''), ',' ORDER BY name))"
        cursor.execute(f"SELECT {summed} FROM ({rows}) x")
        return str(cursor.fetchone()[0])


def dying_after(number: int, act: Callable[[], Any]) -> int:
    """Run ``act``, dying after its ``number``-th write; answers how many it made until then."""
    made = 0

    def wrapper(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        nonlocal made
        answer = execute(sql, params, many, context)
        if not sql.startswith(CONTROL):
            made += 1
            if made == number:
                raise Crash
        return answer

    with connection.execute_wrapper(wrapper):
        act()
    return made


@pytest.fixture
def world(
    incident: Incident, commander: User, responder: User, stakeholder: User
) -> dict[str, Any]:
    """An incident with everything that an action may touch."""
    Service.objects.create(name="Payments", slug="payments", chat_url="https://chat.example/p")
    join(incident, by=responder)
    assign_role(incident, by=commander, role="fix_owner", person=responder)
    question = ask_question(incident, by=stakeholder, text="Is data lost?")
    other = declare_incident(by=commander, title="The same", severity="sev2")
    card = add_card(
        incident,
        by=commander,
        title="Read logs",
        owner=responder,
        expected_proof="a line",
        risk="read_only",
        column="now",
        serves="end_state",
    )
    return {"question": question.pk, "other": other, "card": card.pk}


World = dict[str, Any]
Act = Callable[[Incident, User, User, User, World], Any]
RESOLVE: dict[str, Any] = {
    "all_clear": AllClear("It works.", statement="Three of four API calls fail."),
    "override_reason": "Signals come later.",
}

ACTIONS: dict[str, Act] = {
    "declare": lambda i, c, r, s, w: declare_incident(
        by=c, title="New", severity="sev1", services=["payments"], statement="It is down."
    ),
    "change details": lambda i, c, r, s, w: change_incident(
        i,
        by=c,
        title="Renamed",
        statement="Orders fail.",
        blocker="No access",
        chat_url="https://chat.example/x",
        severity="sev3",
        services=["payments"],
        caused_by_change=True,
    ),
    "change the cadence": lambda i, c, r, s, w: change_incident(i, by=c, cadence={"every_min": 5}),
    "make private": lambda i, c, r, s, w: change_incident(i, by=c, private=True),
    "correct a time": lambda i, c, r, s, w: correct_time(
        i, by=c, name="detected_at", at=i.declared_at - timedelta(minutes=4), reason="An alert."
    ),
    "join": lambda i, c, r, s, w: join(i, by=c, role="scribe"),
    "hand over command": lambda i, c, r, s, w: assign_role(
        i, by=c, role="commander", person=User.objects.get(name="Ravi Patel"), note="Yours."
    ),
    "hand over the fix": lambda i, c, r, s, w: assign_role(
        i, by=c, role="fix_owner", person=User.objects.get(name="Ravi Patel"), note="Ravi has it."
    ),
    "end a role": lambda i, c, r, s, w: release_role(
        RoleAssignment.objects.active().get(incident=i, role="fix_owner").pk, by=c, note="Off."
    ),
    "ask the commander": lambda i, c, r, s, w: ask_commander(i, by=r),
    "publish": lambda i, c, r, s, w: publish(i, c, answers=[w["question"]]),
    "write a note": lambda i, c, r, s, w: add_note(i, by=r, text="A line."),
    "ask": lambda i, c, r, s, w: ask_question(i, by=s, text="How long?"),
    "answer": lambda i, c, r, s, w: answer_question(w["question"], by=c, text="No."),
    "decline": lambda i, c, r, s, w: decline_question(w["question"], by=c, text="Legal."),
    "pause work": lambda i, c, r, s, w: pause_work(
        i, by=r, title="The re-index", owner=c, why="It loads the same database"
    ),
    "escalate": lambda i, c, r, s, w: escalate(i, by=r, text="The replica lags."),
    "stop the line": lambda i, c, r, s, w: stop_line(i, by=r, reason="Errors rise."),
    "agree to stop": lambda i, c, r, s, w: add_stop_criterion(i, by=r, text="Rows are lost."),
    "step on": lambda i, c, r, s, w: change_status(i, by=c, to="monitoring"),
    "resolve": lambda i, c, r, s, w: change_status(i, by=c, to="resolved", **RESOLVE),
    "cancel": lambda i, c, r, s, w: change_status(i, by=c, to="cancelled", reason="No alarm."),
    "merge": lambda i, c, r, s, w: merge_incident(i, by=c, into=w["other"], reason="One cause."),
}


@pytest.mark.parametrize("name", ACTIONS)
def test_a1_an_action_that_dies_after_any_write_leaves_nothing(
    name: str,
    incident: Incident,
    commander: User,
    responder: User,
    other_responder: User,
    stakeholder: User,
    world: World,
) -> None:
    def act() -> None:
        fresh = Incident.objects.get(pk=incident.pk)
        ACTIONS[name](fresh, commander, responder, stakeholder, world)

    before = books()
    number = 1
    while True:
        # Rolled back in the end, so that the next round finds the same world.
        with transaction.atomic():
            try:
                made = dying_after(number, act)
            except Crash:
                assert books() == before, f"something was left after write {number}"
            else:
                assert made == number - 1
                assert books() != before
                transaction.set_rollback(True)
                break
        number += 1
    assert number > 1, "the entry with the incident, at least"


def test_a1_reopening_that_dies_after_any_write_leaves_nothing(
    incident: Incident, commander: User
) -> None:
    change_status(incident, by=commander, to="resolved", **RESOLVE)
    before = books()
    for number in range(1, 7):
        with pytest.raises(Crash):
            dying_after(
                number,
                lambda: change_status(incident, by=commander, to="identified", reason="Again."),
            )
        assert books() == before


@pytest.mark.django_db(transaction=True)
def test_a1_without_the_transaction_something_is_left(
    incident: Incident, commander: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: the same note without its transaction, and so without the lock."""
    monkeypatch.setattr(presence, "lock_incident", lambda pk: Incident.objects.get(pk=pk))
    bare = add_note.__wrapped__  # type: ignore[attr-defined]
    before = books()
    with pytest.raises(Crash):
        dying_after(1, lambda: bare(incident, by=commander, text="Half a note."))
    assert books() != before
