"""Two people at once on one seat, one all-clear, one publication: real threads and connections."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from clock.queries import now
from deadlines.models import Deadline
from incidents.lifecycle.actions import change_status
from incidents.lifecycle.declaring import declare_incident
from incidents.lifecycle.details import change_incident
from incidents.lifecycle.merging import merge_incident
from incidents.lifecycle.notes import add_note
from incidents.management.commands import verify_timeline
from incidents.record.models import Incident, RoleAssignment
from incidents.record.timeline import verify
from incidents.roster import presence
from incidents.roster.actions import assign_role, join, release_role
from incidents.roster.command import ask_commander
from incidents.updates.actions import AllClear
from incidents.updates.questions import answer_question, ask_question
from notifications.models import Delivery
from people.models import User
from refusals.errors import Refused
from tests.conftest import Clock
from tests.incidents.board.test_board_races import at_once, codes
from tests.incidents.cast import fresh, last_words, publish

pytestmark = pytest.mark.django_db(transaction=True)

ROUNDS = 6


def one_holder(incident: Incident, role: str) -> RoleAssignment:
    """Who holds a seat; fails where it is not exactly one."""
    return incident.roles.active().get(role=role)


def take(incident: Incident, role: str, by: User, **more: Any) -> Callable[[], Any]:
    """``by`` takes the seat for themselves."""
    return lambda: assign_role(incident, by=by, role=role, person=by, **more)


def test_p06_of_two_who_take_the_fix_at_once_one_wins(
    incident: Incident, commander: User, responder: User, other_responder: User
) -> None:
    people = (responder, other_responder)
    for person in people:
        join(incident, by=person)
    for round in range(ROUNDS):
        answers = at_once(*(take(incident, "fix_owner", one) for one in people), behind=incident)
        assert codes(answers) == ["done", "role_taken"]
        held = one_holder(incident, "fix_owner")
        assert held == next(one for one in answers if isinstance(one, RoleAssignment))
        assert len(last_words(incident, "role_assigned")) == round + 1
        release_role(held.pk, by=held.person, note="Again.")
    assert verify(fresh(incident)) is None


def test_p06_of_two_hand_overs_at_once_one_wins(
    incident: Incident, commander: User, responder: User, other_responder: User, outsider: User
) -> None:
    assign_role(incident, by=commander, role="fix_owner", person=responder)
    answers = at_once(
        *(
            lambda person=person: assign_role(
                incident, by=commander, role="fix_owner", person=person, note="Take it."
            )
            for person in (other_responder, outsider)
        ),
        behind=incident,
    )
    assert codes(answers) == ["done", "role_taken"]
    assert len(last_words(incident, "role_handed_over")) == 1
    assert one_holder(incident, "fix_owner").person in (other_responder, outsider)


def test_p11_of_two_who_take_an_empty_command_one_wins(
    responder: User, other_responder: User
) -> None:
    for _ in range(ROUNDS):
        incident = declare_incident(by=None, title="An alert", severity="sev1")
        answers = at_once(
            take(incident, "commander", responder),
            take(incident, "commander", other_responder),
            behind=incident,
        )
        assert codes(answers) == ["done", "role_taken"]
        held = one_holder(incident, "commander")
        assert held.accepted_at is not None
        assert fresh(incident).acknowledged_at == held.started_at
        assert not Deadline.objects.open().filter(kind="no_commander").exists()


def test_p11_of_two_who_take_over_at_once_one_wins(
    incident: Incident, responder: User, other_responder: User, clock: Clock
) -> None:
    ask_commander(incident, by=responder)
    clock.advance(minutes=2, seconds=1)
    answers = at_once(
        take(incident, "commander", responder, note="Silent."),
        take(incident, "commander", other_responder, note="Silent."),
        behind=incident,
    )
    assert codes(answers) == ["done", "role_taken"]
    assert len(last_words(incident, "command_taken")) == 1
    assert one_holder(incident, "commander").person in (responder, other_responder)


def test_p11_twenty_at_one_seat_are_one_holder(commander: User, responder: User) -> None:
    people = [
        User.objects.create_user(f"p{number}@example.com", name=f"P {number}", role="responder")
        for number in range(20)
    ]
    incident = declare_incident(by=None, title="An alert", severity="sev1")
    answers = at_once(*(take(incident, "commander", one) for one in people), behind=incident)
    assert codes(answers) == ["done"] + ["role_taken"] * 19
    assert one_holder(incident, "commander").person in people
    assert verify(fresh(incident)) is None


def test_the_same_person_twice_at_once_holds_a_seat_once(
    incident: Incident, responder: User
) -> None:
    answers = at_once(*[take(incident, "fix_owner", responder)] * 4)
    assert codes(answers) == ["done"] * 4
    assert len({one.pk for one in answers}) == 1
    assert len(last_words(incident, "role_assigned")) == 1


def test_without_the_lock_the_constraint_is_the_last_line(
    incident: Incident, responder: User, other_responder: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: nobody waits for the incident, and still one wins."""
    join(incident, by=responder)
    join(incident, by=other_responder)
    monkeypatch.setattr(presence, "lock_incident", lambda pk: Incident.objects.get(pk=pk))
    answers = at_once(
        take(incident, "fix_owner", responder), take(incident, "fix_owner", other_responder)
    )
    refused = [one for one in answers if isinstance(one, Exception)]
    assert len(refused) == 1
    assert incident.roles.active().filter(role="fix_owner").count() == 1


ALL_CLEAR = AllClear(
    executive_summary="It works again.", watching="Maya", statement="Three of four API calls fail."
)


def resolve(incident: Incident, by: User, summary: str) -> Callable[[], Any]:
    """``by`` resolves with an override."""
    return lambda: change_status(
        incident,
        by=by,
        to="resolved",
        all_clear=AllClear(executive_summary=summary, statement="Three of four API calls fail."),
        override_reason="Signals come later.",
    )


def test_p49_of_two_all_clears_at_once_one_is_published(
    incident: Incident, commander: User
) -> None:
    answers = at_once(
        resolve(incident, commander, "It works again."),
        resolve(incident, commander, "All good."),
        behind=incident,
    )
    assert codes(answers) == ["done", "stale"]
    update = incident.updates.get()
    lost = next(one for one in answers if isinstance(one, Refused))
    assert lost.facts["current"]["executive_summary"] == update.executive_summary
    assert len(last_words(incident, "resolved")) == 1
    assert not Deadline.objects.open().filter(incident_id=incident.pk, kind="update").exists()


def test_p49_the_same_all_clear_twice_at_once_is_one(incident: Incident, commander: User) -> None:
    answers = at_once(*[resolve(incident, commander, "It works again.")] * 4)
    assert codes(answers) == ["done"] * 4
    assert (incident.updates.count(), len(last_words(incident, "resolved"))) == (1, 1)


def test_p40_of_two_publications_at_once_one_wins(
    incident: Incident, commander: User, responder: User
) -> None:
    join(incident, by=responder)
    for round in range(1, ROUNDS):
        answers = at_once(
            lambda: publish(incident, commander, executive_summary="From Maya."),
            lambda: publish(incident, responder, executive_summary="From Tunde."),
            behind=incident,
        )
        assert codes(answers) == ["done", "stale"]
        published = incident.updates.order_by("-number").first()
        assert published is not None
        lost = next(one for one in answers if isinstance(one, Refused))
        assert (published.number, lost.facts["current"]["number"]) == (round, round)
        assert lost.facts["current"]["executive_summary"] == published.executive_summary
        promise = Deadline.objects.open().get(kind="update")
        assert promise.due_at == published.next_update_at == fresh(incident).next_update_at


def test_p40_the_same_update_twice_at_once_is_one(incident: Incident, commander: User) -> None:
    at = now() + timedelta(minutes=10)
    answers = at_once(*[lambda: publish(incident, commander, next_update_at=at)] * 3)
    assert codes(answers) == ["done"] * 3
    assert (incident.updates.count(), len({one.pk for one in answers})) == (1, 1)


def test_p47_of_two_answers_at_once_the_first_stands(
    incident: Incident, commander: User, responder: User, stakeholder: User
) -> None:
    question = ask_question(incident, by=stakeholder, text="Is data lost?")
    at_once(
        lambda: answer_question(question.pk, by=commander, text="No."),
        lambda: answer_question(question.pk, by=responder, text="None."),
    )
    question.refresh_from_db()
    assert len(last_words(incident, "question_answered")) == 1
    assert Delivery.objects.filter(kind="reply", channel="in_app").count() == 1
    assert question.answer in ("No.", "None.")


def test_merging_both_ways_at_once_ends_one_of_them(incident: Incident, commander: User) -> None:
    other = declare_incident(by=commander, title="The same", severity="sev2")
    answers = at_once(
        lambda: merge_incident(incident, by=commander, into=other, reason="One cause."),
        lambda: merge_incident(other, by=commander, into=incident, reason="One cause."),
    )
    assert len([one for one in answers if isinstance(one, Exception)]) == 1
    assert sorted([fresh(incident).status, fresh(other).status]) == ["investigating", "merged"]


def test_mixed_work_by_many_keeps_the_record_whole(
    incident: Incident, commander: User, responder: User, other_responder: User, stakeholder: User
) -> None:
    """No deadlock, no gap in the record, one open promise."""

    def busy(by: User, index: int) -> Callable[[], Any]:
        def work() -> int:
            for step in range(8):
                match (index + step) % 4:
                    case 0:
                        add_note(incident, by=by, text=f"{index}.{step}")
                    case 1:
                        change_incident(incident, by=by, blocker=f"Blocker {index}.{step}")
                    case 2:
                        ask_question(incident, by=stakeholder, text=f"Question {index}.{step}")
                    case 3:
                        publish_or_lose(incident, by, f"{index}.{step}")
            return 1

        return work

    people = (commander, responder, other_responder)
    answers = at_once(*(busy(people[index % 3], index) for index in range(6)))
    assert answers == [1] * 6
    assert verify(fresh(incident)) is None
    assert Deadline.objects.open().filter(kind="update").count() == 1
    numbers = list(incident.updates.order_by("number").values_list("number", flat=True))
    assert numbers == list(range(1, len(numbers) + 1))
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
        assert cursor.fetchone() == (0,)


def publish_or_lose(incident: Incident, by: User, words: str) -> None:
    """Publish, or hear that somebody else just did."""
    try:
        publish(incident, by, executive_summary=words)
    except Refused as refusal:
        if refusal.code != "stale":
            raise


def test_the_record_is_checked_beside_people_who_write(
    incident: Incident, commander: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A check that reads what the incident ends with, then its entries, must not see between."""

    def write_meanwhile(checked: Incident) -> object:
        writer = threading.Thread(
            target=lambda: at_once(lambda: add_note(incident, by=commander, text="Meanwhile."))
        )
        writer.start()
        # Behind the lock it waits for us; without it, it is soon done.
        writer.join(patience)
        writers.append(writer)
        return verify(checked)

    writers: list[threading.Thread] = []
    patience = 0.5
    monkeypatch.setattr(verify_timeline, "verify", write_meanwhile)
    call_command("verify_timeline", incident.ref)
    monkeypatch.setattr(verify_timeline, "lock_incident", lambda pk: Incident.objects.get(pk=pk))
    for writer in writers:
        writer.join(10)
    patience = 20
    with pytest.raises(CommandError, match="comes after the incident's last"):
        call_command("verify_timeline", incident.ref)
    for writer in writers:
        writer.join(10)
    assert verify(fresh(incident)) is None
