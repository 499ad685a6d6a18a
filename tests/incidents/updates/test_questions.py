"""P47: questions come to a queue, not to engineers; and who is told what became of them."""

import pytest

from deadlines.actions import sweep
from deadlines.models import Deadline
from incidents.lifecycle.actions import change_status
from incidents.lifecycle.declaring import declare_incident
from incidents.lifecycle.details import change_incident
from incidents.record.models import Incident
from incidents.roster.actions import assign_role, join
from incidents.updates.actions import AllClear
from incidents.updates.models import Question
from incidents.updates.questions import answer_question, ask_question, decline_question
from notifications.models import Delivery
from people.models import User
from refusals.errors import Forbidden, Invalid, NotVisible, Refused
from tests.conftest import Clock
from tests.incidents.cast import fresh, last_words, publish
from tests.outbox import why_stale

pytestmark = pytest.mark.django_db


def told(kind: str) -> list[tuple[str, str]]:
    """Who was told about questions, and the words."""
    rows = Delivery.objects.filter(kind=kind, channel="in_app").order_by("created_at", "person_id")
    return [(one.person.get_short_name() if one.person else "", one.text) for one in rows]


@pytest.fixture
def question(incident: Incident, stakeholder: User) -> Question:
    """A stakeholder's question that waits."""
    return ask_question(incident, by=stakeholder, text="Is data lost?")


def test_p47_a_question_is_to_be_answered_by_the_next_update(
    incident: Incident, question: Question, stakeholder: User
) -> None:
    assert (question.by, question.text, question.answer_by) == (
        stakeholder,
        "Is data lost?",
        incident.next_update_at,
    )
    assert last_words(incident, "question_asked") == ["asked: Is data lost?"]
    deadline = Deadline.objects.open().get(kind="question")
    assert (deadline.subject_id, deadline.due_at) == (question.pk, incident.next_update_at)


def test_p47_it_reaches_the_commander_and_nobody_who_digs(
    incident: Incident, responder: User, other_responder: User, stakeholder: User
) -> None:
    for person in (responder, other_responder):
        join(incident, by=person)
    ask_question(incident, by=stakeholder, text="How long?")
    assert told("question") == [("Maya", "How long?")]


def test_p47_it_reaches_communications_first(
    incident: Incident, commander: User, responder: User, stakeholder: User
) -> None:
    assign_role(incident, by=commander, role="communications", person=responder)
    ask_question(incident, by=stakeholder, text="How long?")
    assert told("question") == [("Tunde", "How long?")]


def test_p47_asking_does_not_join_the_roster(
    incident: Incident, question: Question, outsider: User
) -> None:
    ask_question(incident, by=outsider, text="May we deploy?")
    assert [one.person.name for one in incident.roles.active()] == ["Maya Köhler"]


def test_the_same_question_while_it_waits_is_one(
    incident: Incident, question: Question, stakeholder: User
) -> None:
    again = ask_question(incident, by=stakeholder, text="  Is data lost? ")
    assert (again.pk, incident.questions.count(), len(told("question"))) == (question.pk, 1, 1)


def test_p47_the_asker_hears_the_answer_once(
    incident: Incident, question: Question, commander: User
) -> None:
    answered = answer_question(question.pk, by=commander, text="No order was lost.")
    assert answer_question(question.pk, by=commander, text="Other words.").answer == answered.answer
    assert decline_question(question.pk, by=commander, text="Late.").declined_at is None
    assert (answered.answer, answered.answered_by) == ("No order was lost.", commander)
    assert told("reply") == [("Ingrid", "Is data lost?\n\nNo order was lost.")]
    assert last_words(incident, "question_answered") == [
        "answered “Is data lost?”: No order was lost."
    ]
    assert not Deadline.objects.open().filter(kind="question").exists()


def test_p47_declining_needs_a_reason_that_the_asker_reads(
    incident: Incident, question: Question, commander: User
) -> None:
    with pytest.raises(Refused) as caught:
        decline_question(question.pk, by=commander, text=" ")
    assert caught.value.code == "reason_required"
    declined = decline_question(question.pk, by=commander, text="Counsel answers that.")
    assert (declined.declined_because, declined.answered_at) == ("Counsel answers that.", None)
    assert told("reply") == [("Ingrid", "Is data lost?\n\nCounsel answers that.")]


def test_p47_an_update_that_answers_tells_the_asker(
    incident: Incident, question: Question, commander: User
) -> None:
    publish(incident, commander, answers=[question.pk], executive_summary="No data is lost.")
    assert told("reply") == [("Ingrid", "Is data lost?\n\nNo data is lost.")]
    assert not Deadline.objects.open().filter(kind="question").exists()


def test_p47_a_question_that_waits_too_long_nudges_communications_only(
    incident: Incident, question: Question, responder: User, clock: Clock
) -> None:
    join(incident, by=responder)
    clock.advance(minutes=15, seconds=1)
    sweep()
    due = Delivery.objects.filter(kind="question", step="due", channel="in_app")
    assert [one.person.name for one in due if one.person] == ["Maya Köhler"]


def test_p47_resolving_declines_what_nobody_answered_and_the_asker_hears_it(
    incident: Incident, question: Question, commander: User, clock: Clock
) -> None:
    change_status(
        incident,
        by=commander,
        to="resolved",
        all_clear=AllClear("It works.", statement="Three of four API calls fail."),
        override_reason="Signals come later.",
    )
    clock.advance(hours=1)
    sweep()
    assert not Delivery.objects.filter(kind="question", step="due").exists()
    question.refresh_from_db()
    assert (question.declined_because, question.declined_at) == (
        "It is over: It works.",
        fresh(incident).resolved_at,
    )
    assert told("reply") == [("Ingrid", "Is data lost?\n\nIt is over: It works.")]
    later = ask_question(incident, by=question.by, text="Since when?")
    assert answer_question(later.pk, by=commander, text="Since 02:31.").answer == "Since 02:31."
    assert [one.person.name for one in incident.roles.active()] == []


@pytest.mark.parametrize("to", ["cancelled", "merged"])
def test_p47_cancelling_and_merging_say_where_to_look(
    incident: Incident, question: Question, commander: User, to: str
) -> None:
    target = declare_incident(by=commander, title="The database is full", severity="sev1")
    change_status(
        incident,
        by=commander,
        to=to,
        reason="The probe lied.",
        into=target if to == "merged" else None,
    )
    words = {
        "cancelled": "It was a false alarm: The probe lied.",
        "merged": f"It turned out to be part of {target.ref}: ask there.",
    }
    assert told("reply") == [("Ingrid", f"Is data lost?\n\n{words[to]}")]


def test_p47_a_merge_into_something_hidden_names_nothing(
    incident: Incident, question: Question, commander: User
) -> None:
    target = declare_incident(by=commander, title="A leak", severity="sev1", private=True)
    change_status(incident, by=commander, to="merged", reason="The same cause.", into=target)
    assert told("reply") == [
        ("Ingrid", "Is data lost?\n\nIt turned out to be part of another incident.")
    ]


def test_p49_the_all_clear_may_answer_with_a_line_of_its_own(
    incident: Incident, question: Question, commander: User
) -> None:
    lines = [{"question": question.pk, "text": "No, nothing was lost."}]
    change_status(
        incident,
        by=commander,
        to="resolved",
        all_clear=AllClear("It works.", statement="Calls failed.", answers=lines),
        override_reason="No metric yet.",
    )
    question.refresh_from_db()
    assert (question.answer, question.declined_at) == ("No, nothing was lost.", None)


def test_who_may_ask_and_answer(
    incident: Incident, question: Question, stakeholder: User, outsider: User, commander: User
) -> None:
    with pytest.raises(Forbidden):
        answer_question(question.pk, by=stakeholder, text="I know.")
    with pytest.raises(Invalid):
        ask_question(incident, by=stakeholder, text=" ")
    with pytest.raises(Invalid):
        ask_question(incident, by=stakeholder, text="x" * 501)
    with pytest.raises(NotVisible):
        answer_question(question.pk + 999, by=commander, text="Nobody asked.")
    change_incident(incident, by=commander, private=True)
    with pytest.raises(NotVisible):
        ask_question(incident, by=outsider, text="What is it?")
    with pytest.raises(NotVisible):
        answer_question(question.pk, by=outsider, text="No.")


def test_p47_a_closed_incident_takes_no_questions(commander: User, stakeholder: User) -> None:
    incident = declare_incident(by=commander, title="It is slow", severity="sev4")
    change_status(incident, by=commander, to="cancelled", reason="A false alarm.")
    with pytest.raises(Refused) as caught:
        ask_question(incident, by=stakeholder, text="Why?")
    assert caught.value.code == "invalid_transition"


def pending(kind: str) -> Delivery:
    """The mail of that kind, before it leaves."""
    return Delivery.objects.select_related("person").get(kind=kind, channel="email")


def test_a6_a_mail_about_a_settled_question_is_not_sent(
    question: Question, commander: User
) -> None:
    assert why_stale(pending("question")) is None
    answer_question(question.pk, by=commander, text="No.")
    assert why_stale(pending("question")) == "The question was settled."
    assert why_stale(pending("reply")) is None


def test_a6_a_reply_is_not_sent_to_who_may_not_see_it_any_more(
    incident: Incident, question: Question, commander: User
) -> None:
    answer_question(question.pk, by=commander, text="No.")
    change_incident(incident, by=commander, private=True)
    assert why_stale(pending("reply")) == "They may not see the incident any more."


def test_a6_a_mail_about_a_role_is_not_sent_when_it_is_over(
    incident: Incident, commander: User, responder: User, other_responder: User
) -> None:
    assign_role(incident, by=commander, role="scribe", person=responder)
    assert why_stale(pending("role")) is None
    assign_role(incident, by=responder, role="scribe", person=other_responder, note="Yours.")
    first, second = Delivery.objects.filter(kind="role", channel="email").order_by("created_at")
    assert (why_stale(first), why_stale(second)) == ("Somebody else holds the role now.", None)
    change_status(incident, by=commander, to="cancelled", reason="A false alarm.")
    assert why_stale(second) == "The incident has ended."


def test_p40_a_question_keeps_its_time_when_the_promise_moves(
    incident: Incident, question: Question, commander: User, clock: Clock
) -> None:
    clock.advance(minutes=5)
    publish(incident, commander)
    deadline = Deadline.objects.open().get(kind="question")
    assert deadline.due_at == question.answer_by
    assert fresh(incident).next_update_at != question.answer_by
    assert question.answer_by is not None
    assert question.answer_by == incident.next_update_at, "what was promised when it was asked"
