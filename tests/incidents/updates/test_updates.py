"""Updates: structured, in two versions, each promising the next."""

from datetime import timedelta

import pytest

from clock.queries import now
from deadlines.models import Deadline
from incidents.board.actions import add_card, move_card
from incidents.endstate.actions import write_end_state
from incidents.impact.actions import add_impact
from incidents.lifecycle.actions import change_status
from incidents.lifecycle.declaring import declare_incident
from incidents.lifecycle.details import change_incident
from incidents.lifecycle.notes import add_note
from incidents.record.models import Incident
from incidents.roster.actions import assign_role
from incidents.updates.questions import ask_question
from people.models import User
from refusals.errors import Forbidden, Invalid, NotVisible, Refused
from tests.conftest import Clock
from tests.incidents.cast import fresh, last_words, publish


def refused(incident: Incident, by: User, **fields: object) -> Refused:
    """The refusal of an update."""
    with pytest.raises(Refused) as caught:
        publish(incident, by, **fields)
    return caught.value


def test_p02_the_first_update_names_the_miss_or_is_refused(
    incident: Incident, commander: User
) -> None:
    refusal = refused(incident, commander, statement=None)
    assert (refusal.code, refusal.facts) == ("statement_required", {"suggestion": "API calls fail"})
    publish(incident, commander, statement="Three of four API calls fail.")
    assert fresh(incident).statement == "Three of four API calls fail."
    publish(incident, commander, statement=None)
    assert fresh(incident).updates.count() == 2


def test_p02_a_statement_confirmed_before_is_enough(incident: Incident, commander: User) -> None:
    change_incident(incident, by=commander, statement="Orders fail.")
    publish(incident, commander, statement=None)
    assert last_words(incident, "statement_confirmed") == ["named the miss: Orders fail."]


@pytest.mark.parametrize("field", ["status_text", "hypothesis", "current_action"])
def test_p41_what_we_know_think_and_do_may_not_be_empty(
    incident: Incident, commander: User, field: str
) -> None:
    refusal = refused(incident, commander, **{field: "  "})
    assert (refusal.code, refusal.facts) == ("status_required", {"missing": [field]})
    assert not incident.updates.exists()


def test_p42_an_update_promises_the_next(incident: Incident, commander: User) -> None:
    assert refused(incident, commander, next_update_at=None).code == "next_update_required"
    past = now() - timedelta(seconds=1)
    assert refused(incident, commander, next_update_at=past).code == "next_update_required"
    late = now() + timedelta(minutes=16)
    assert refused(incident, commander, next_update_at=late).code == "next_update_too_late"
    promised = now() + timedelta(minutes=15)
    publish(incident, commander, next_update_at=promised)
    assert fresh(incident).next_update_at == promised


def test_p43_the_executive_summary_has_280_characters_at_most(
    incident: Incident, commander: User
) -> None:
    refusal = refused(incident, commander, executive_summary="x" * 281)
    assert (refusal.code, refusal.facts) == ("summary_too_long", {"limit": 280, "length": 281})
    assert publish(incident, commander, executive_summary="x" * 280).number == 1


def test_p43_both_versions_embed_the_same_facts_frozen_at_publication(
    incident: Incident, commander: User, responder: User
) -> None:
    add_impact(
        incident,
        by=commander,
        journey="Ordering",
        blocked="partners",
        amount=100,
        unit="failed orders",
    )
    assign_role(incident, by=commander, role="fix_owner", person=responder)
    add_note(incident, by=commander, text="We do not roll back *yet*.", kind="decision")
    card = add_card(
        incident,
        by=commander,
        title="Read the <logs>",
        owner=responder,
        expected_proof="a line",
        risk="read_only",
        column="next",
    )
    move_card(card.pk, by=responder, to="now", version=card.version)
    update = publish(incident, commander, technical_note="**Bold** <script>x</script>")
    change_incident(incident, by=commander, severity="sev2")
    update.refresh_from_db()
    assert {name: update.facts[name] for name in ("severity", "status", "statement")} == {
        "severity": "sev1",
        "status": "investigating",
        "statement": "Three of four API calls fail.",
    }
    assert [(one["journey"], one["total"]) for one in update.facts["impact"]] == [
        ("Ordering", 100.0)
    ]
    owner = {"email": responder.email, "name": responder.name}
    assert update.facts["owners"]["fix_owner"] == owner
    assert "<strong>Bold</strong>" in update.technical_html
    assert "<script>" not in update.technical_html
    assert update.facts["decisions"] == ["We do not roll back *yet*."]
    card.refresh_from_db()
    assert card.time_box_ends_at is not None
    assert update.facts["now"] == [
        {
            "title": "Read the <logs>",
            "owner": owner,
            "until": card.time_box_ends_at.isoformat().replace("+00:00", "Z"),
        }
    ]


def test_p44_end_state_and_next_two_moves_are_added(
    incident: Incident, commander: User, responder: User
) -> None:
    write_end_state(incident, by=commander, text="Calls succeed.")
    for title in ("First", "Second", "Third"):
        add_card(incident, by=responder, title=title, serves="end_state", column="next")
    update = publish(incident, commander, next_moves=None)
    assert (update.end_state, update.next_moves, update.facts["fewer_than_two_moves"]) == (
        "Calls succeed.",
        ["First", "Second"],
        "",
    )
    one = publish(incident, commander, next_moves=["Only this", " "])
    assert one.next_moves == ["Only this"]
    assert one.facts["fewer_than_two_moves"] == "Fewer than two moves are planned."


def test_p40_a_publication_keeps_the_promise_and_starts_the_next(
    incident: Incident, commander: User, clock: Clock
) -> None:
    clock.advance(minutes=10)
    update = publish(incident, commander)
    first, second = Deadline.objects.filter(kind="update").order_by("id")
    assert first.settled_at is not None
    assert (first.state, first.settled_at, first.settled_at > first.due_at) == (
        "kept",
        update.published_at,
        False,
    )
    assert (second.state, second.due_at) == ("open", update.next_update_at)


def test_p40_a_late_publication_says_so(incident: Incident, commander: User, clock: Clock) -> None:
    clock.advance(minutes=16)
    assert fresh(incident).update_overdue_at(now())
    assert publish(incident, commander).was_late
    assert not fresh(incident).update_overdue_at(now())


def test_p40_what_was_said_in_time_and_recorded_late_was_not_late(
    incident: Incident, commander: User, clock: Clock
) -> None:
    clock.advance(minutes=20)
    said_at = incident.declared_at + timedelta(minutes=10)
    update = publish(incident, commander, occurred_at=said_at)
    assert (update.published_at, update.afterwards, update.was_late) == (said_at, True, False)


def test_p40_a_higher_severity_counts_from_now_and_never_later_than_promised(
    commander: User, clock: Clock
) -> None:
    incident = declare_incident(by=commander, title="It is slow", severity="sev3")
    clock.advance(minutes=5)
    before = now()
    changed = change_incident(incident, by=commander, severity="sev1")
    assert changed.next_update_at is not None
    assert before <= changed.next_update_at - timedelta(minutes=15) <= now()
    clock.advance(minutes=10)
    lower = change_incident(incident, by=commander, severity="sev4")
    assert lower.next_update_at == changed.next_update_at


def test_p40_nothing_else_moves_the_promise(
    incident: Incident, commander: User, responder: User, clock: Clock
) -> None:
    promised = incident.next_update_at
    clock.advance(minutes=3)
    add_note(incident, by=responder, text="Looking.")
    change_incident(incident, by=commander, blocker="No access.", title="API calls time out")
    assign_role(incident, by=commander, role="commander", person=responder, note="Yours.")
    assert fresh(incident).next_update_at == promised


def test_p40_recovery_reports_daily_at_a_set_time(
    incident: Incident, commander: User, clock: Clock
) -> None:
    first = incident.next_update_at
    cadence = {"daily_at": "09:00", "time_zone": "Europe/Berlin"}
    changed = change_incident(
        incident, by=commander, cadence={**cadence, "reason": "A vendor works on it."}
    )
    assert first is not None
    assert changed.next_update_at is not None
    assert changed.cadence == cadence
    assert changed.next_update_at <= first
    late = now() + timedelta(hours=25, minutes=1)
    assert refused(incident, commander, next_update_at=late).code == "next_update_too_late"
    with pytest.raises(Invalid):
        change_incident(incident, by=commander, cadence={"daily_at": "9", "time_zone": "Mars"})


def test_an_update_answers_questions(
    incident: Incident, commander: User, stakeholder: User
) -> None:
    question = ask_question(incident, by=stakeholder, text="Is data lost?")
    update = publish(incident, commander, answers=[question.pk])
    question.refresh_from_db()
    assert (question.answered_in, question.answer) == (update, update.executive_summary)
    with pytest.raises(Invalid):
        publish(incident, commander, answers=[question.pk + 999])


def test_a_stale_version_publishes_nothing(incident: Incident, commander: User) -> None:
    old = fresh(incident).version
    add_note(incident, by=commander, text="Something.")
    assert refused(incident, commander, version=old).code == "stale"
    assert not incident.updates.exists()


def test_a_near_miss_promises_nothing(commander: User) -> None:
    near = declare_incident(by=commander, title="Almost", severity="sev3", kind="near_miss")
    assert (near.next_update_at, Deadline.objects.filter(kind="update").count()) == (None, 0)
    assert publish(near, commander, next_update_at=None).next_update_at is None


def test_p40_a_shorter_cadence_never_outlasts_a_higher_severity(
    commander: User, clock: Clock
) -> None:
    incident = declare_incident(by=commander, title="It is slow", severity="sev3")
    change_incident(incident, by=commander, cadence={"every_min": 50})
    change_incident(incident, by=commander, severity="sev1")
    late = now() + timedelta(minutes=16)
    assert refused(incident, commander, next_update_at=late).code == "next_update_too_late"


def test_the_same_update_again_is_one(incident: Incident, commander: User) -> None:
    at = now() + timedelta(minutes=10)
    first = publish(incident, commander, next_update_at=at)
    assert publish(incident, commander, next_update_at=at) == first
    again = publish(incident, commander, next_update_at=at + timedelta(minutes=1))
    assert (again.number, incident.updates.count()) == (2, 2)


def test_an_ended_incident_takes_no_update(incident: Incident, commander: User) -> None:
    change_status(incident, by=commander, to="cancelled", reason="A false alarm.")
    assert refused(incident, commander).code == "invalid_transition"


def test_stakeholders_and_strangers_publish_nothing(
    incident: Incident, commander: User, stakeholder: User, outsider: User
) -> None:
    with pytest.raises(Forbidden):
        publish(incident, stakeholder)
    change_incident(incident, by=commander, private=True)
    with pytest.raises(NotVisible):
        publish(incident, outsider)
    assert not incident.updates.exists()


@pytest.mark.parametrize(
    "field", ["status_text", "hypothesis", "current_action", "risks", "technical_note", "statement"]
)
@pytest.mark.parametrize("text", ["x\x00y", "x\ud800y", "x" * 10_001])
def test_text_that_cannot_be_kept_is_refused_by_name(
    incident: Incident, commander: User, field: str, text: str
) -> None:
    with pytest.raises(Invalid) as caught:
        publish(incident, commander, **{field: text})
    assert list(caught.value.errors) == [field]
    assert not incident.updates.exists()
