"""From investigating to closed, and every way back."""

import re
from datetime import timedelta

import pytest

from clock.queries import now
from deadlines.models import Deadline
from incidents.board.actions import add_card, move_card
from incidents.endstate.actions import write_end_state
from incidents.endstate.models import Signal
from incidents.endstate.signals import add_signal, record_samples
from incidents.lifecycle import actions as lifecycle
from incidents.lifecycle.actions import change_status
from incidents.lifecycle.declaring import declare_incident
from incidents.lifecycle.details import change_incident
from incidents.lifecycle.merging import merge_incident
from incidents.lifecycle.times import correct_time
from incidents.record.models import Incident
from incidents.roster.actions import assign_role, join
from incidents.updates.actions import AllClear
from incidents.updates.questions import answer_question, ask_question
from people.models import User
from refusals.errors import Invalid, Refused
from tests.conftest import Clock
from tests.incidents.cast import fresh, last_words

CLEAR = AllClear(
    executive_summary="All clear: calls succeed.",
    what_follows="A review.",
    watching="Ravi",
    statement="Three of four API calls fail.",
)


def code_of(incident: Incident, by: User, to: str, **fields: object) -> str:
    """The code of the refusal."""
    with pytest.raises(Refused) as caught:
        change_status(incident, by=by, to=to, **fields)  # type: ignore[arg-type]
    return caught.value.code


def resolve(incident: Incident, by: User) -> Incident:
    """Resolve with an override."""
    return change_status(
        incident, by=by, to="resolved", all_clear=CLEAR, override_reason="The provider confirmed."
    )


def signal_met(incident: Incident, by: User) -> Signal:
    """An end state with one required signal that is met."""
    write_end_state(incident, by=by, text="Calls succeed.")
    signal = add_signal(
        incident, by=by, name="Errors", unit="%", comparator="<=", target=1, hold_s=0
    )
    record_samples(signal.pk, by=by, samples=[(0.5, None)])
    return signal


def test_steps_may_be_skipped_forward_and_going_back_needs_a_reason(
    incident: Incident, commander: User
) -> None:
    change_status(incident, by=commander, to="monitoring")
    first = fresh(incident).mitigated_at
    assert first is not None
    assert fresh(incident).impact_ended_at == first
    assert code_of(incident, commander, "investigating") == "reason_required"
    change_status(incident, by=commander, to="investigating", reason="It came back.")
    back = fresh(incident)
    assert (back.status, back.mitigated_at) == ("investigating", first)
    assert back.impact_ended_at is None
    change_status(incident, by=commander, to="monitoring")
    again = fresh(incident)
    assert again.mitigated_at == first
    assert again.impact_ended_at is not None
    change_status(incident, by=commander, to="investigating", reason="It came back.")
    assert last_words(incident, "status_changed") == [
        "moved it from investigating to monitoring",
        "moved it from monitoring to investigating: It came back.",
        "moved it from investigating to monitoring",
        "moved it from monitoring to investigating: It came back.",
    ]


def test_who_is_blocked_stops_counting_when_an_incident_is_cancelled_or_merged(
    incident: Incident, commander: User
) -> None:
    other = declare_incident(by=commander, title="Same thing", severity="sev2")
    merge_incident(other, by=commander, into=incident, reason="One cause.")
    change_status(incident, by=commander, to="cancelled", reason="A false alarm.")
    for ended in (fresh(other), fresh(incident)):
        assert (ended.impact_ended_at is not None, ended.mitigated_at) == (True, None)


def test_reopening_keeps_a_mitigation_that_was_seen_and_drops_an_inferred_one(
    incident: Incident, commander: User
) -> None:
    change_status(incident, by=commander, to="monitoring")
    first = fresh(incident).mitigated_at
    resolve(incident, commander)
    reopened = change_status(incident, by=commander, to="identified", reason="It came back.")
    assert (reopened.mitigated_at, reopened.impact_ended_at) == (first, None)
    assert reopened.time_sources["mitigated_at"] == {"source": "auto"}


def test_correcting_the_mitigation_moves_the_end_of_the_impact(
    incident: Incident, commander: User
) -> None:
    change_status(incident, by=commander, to="monitoring")
    at = fresh(incident).declared_at
    correct_time(incident, by=commander, name="mitigated_at", at=at, reason="Seen on the graph.")
    assert (fresh(incident).mitigated_at, fresh(incident).impact_ended_at) == (at, at)


def test_the_present_status_changes_nothing(incident: Incident, commander: User) -> None:
    change_status(incident, by=commander, to="identified")
    version = fresh(incident).version
    change_status(incident, by=commander, to="identified")
    assert fresh(incident).version == version


def test_p49_resolving_carries_its_all_clear(incident: Incident, commander: User) -> None:
    assert code_of(incident, commander, "resolved") == "all_clear_required"
    empty = AllClear(executive_summary=" ")
    assert code_of(incident, commander, "resolved", all_clear=empty) == "all_clear_required"
    resolve(incident, commander)
    update = fresh(incident).updates.get()
    assert (update.is_all_clear, update.executive_summary, update.watching) == (
        True,
        CLEAR.executive_summary,
        "Ravi",
    )
    assert (update.facts["status"], update.facts["override"]) == (
        "resolved",
        "The provider confirmed.",
    )


def test_p49_the_all_clear_releases_roles_promises_and_time_boxes(
    incident: Incident, commander: User, responder: User
) -> None:
    assign_role(incident, by=commander, role="fix_owner", person=responder)
    card = add_card(
        incident,
        by=commander,
        title="Read logs",
        owner=responder,
        expected_proof="a line",
        risk="read_only",
        column="next",
    )
    move_card(card.pk, by=responder, to="now", version=card.version)
    resolve(incident, commander)
    assert fresh(incident).next_update_at is None
    assert list(incident.roles.active()) == []
    open_kinds = set(Deadline.objects.open().values_list("kind", flat=True))
    assert open_kinds & {"update", "fix_owner", "war_room_link", "time_box"} == set()


def test_p24_resolved_is_refused_until_the_end_state_holds(
    incident: Incident, commander: User
) -> None:
    with pytest.raises(Refused) as nothing_written:
        change_status(incident, by=commander, to="resolved", all_clear=CLEAR)
    assert nothing_written.value.code == "end_state_not_met"
    write_end_state(incident, by=commander, text="Calls succeed.")
    assert code_of(incident, commander, "resolved", all_clear=CLEAR) == "end_state_not_met"
    signal = add_signal(
        incident, by=commander, name="Errors", unit="%", comparator="<=", target=1, hold_s=0
    )
    record_samples(signal.pk, by=commander, samples=[(40, now() - timedelta(seconds=2))])
    with pytest.raises(Refused) as unmet:
        change_status(incident, by=commander, to="resolved", all_clear=CLEAR)
    assert [(one["name"], one["state"], one["value"]) for one in unmet.value.facts["signals"]] == [
        ("Errors", "unmet", 40.0)
    ]
    record_samples(signal.pk, by=commander, samples=[(0.4, None)])
    resolved = change_status(incident, by=commander, to="resolved", all_clear=CLEAR)
    assert (resolved.status, resolved.resolved_override) == ("resolved", "")


def test_p24_the_override_and_its_reason_are_read_by_everybody(
    incident: Incident, commander: User
) -> None:
    resolved = resolve(incident, commander)
    assert resolved.resolved_override == "The provider confirmed."
    assert last_words(incident, "resolved") == [
        "resolved it: All clear: calls succeed. (end state overridden: The provider confirmed.)"
    ]


def test_only_the_commander_resolves_and_changes_severity(
    incident: Incident, commander: User, responder: User
) -> None:
    join(incident, by=responder)
    assert code_of(incident, responder, "resolved", all_clear=CLEAR) == "only_commander"
    with pytest.raises(Refused) as caught:
        change_incident(incident, by=responder, severity="sev3")
    assert caught.value.code == "only_commander"


def test_without_a_commander_anyone_may(responder: User) -> None:
    alert = declare_incident(by=None, title="Alert", severity="sev2")
    change_incident(alert, by=responder, severity="sev3")
    assert resolve(alert, responder).status == "resolved"


def test_a_near_miss_needs_no_signals(commander: User) -> None:
    near = declare_incident(by=commander, title="Almost", severity="sev3", kind="near_miss")
    assert change_status(near, by=commander, to="resolved", all_clear=CLEAR).status == "resolved"


def test_closing_needs_every_question_settled(
    incident: Incident, commander: User, stakeholder: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What the apps above ask for is their tests' business.
    monkeypatch.setattr(lifecycle, "_closing_checks", [])
    assert code_of(incident, commander, "closed") == "invalid_transition"
    resolve(incident, commander)
    question = ask_question(incident, by=stakeholder, text="Is data lost?")
    with pytest.raises(Refused) as caught:
        change_status(incident, by=commander, to="closed")
    assert (caught.value.code, caught.value.facts) == (
        "not_closable",
        {"open": [{"kind": "question", "text": "Is data lost?"}]},
    )
    answer_question(question.pk, by=commander, text="No.")
    closed = change_status(incident, by=commander, to="closed")
    assert (closed.status, closed.closed_at is not None) == ("closed", True)
    assert code_of(incident, commander, "investigating", reason="x") == "invalid_transition"


def test_reopening_starts_a_new_promise_and_whoever_reopens_commands(
    incident: Incident, commander: User, responder: User
) -> None:
    resolve(incident, commander)
    assert code_of(incident, responder, "investigating") == "reason_required"
    reopened = change_status(incident, by=responder, to="investigating", reason="It came back.")
    assert reopened.next_update_at is not None
    assert (reopened.resolved_at, reopened.mitigated_at) == (None, None)
    held = reopened.roles.active().values_list("role", "person__email")
    assert list(held) == [("commander", responder.email)]


def test_cancelled_and_merged_need_a_reason_and_end_it(incident: Incident, commander: User) -> None:
    other = declare_incident(by=commander, title="Same thing", severity="sev2")
    assert code_of(incident, commander, "cancelled") == "reason_required"
    with pytest.raises(Refused) as caught:
        merge_incident(other, by=commander, into=incident, reason="")
    assert caught.value.code == "reason_required"
    with pytest.raises(Invalid):
        merge_incident(other, by=commander, into=other, reason="x")
    merge_incident(other, by=commander, into=incident, reason="One cause.")
    merge_incident(other, by=commander, into=incident, reason="One cause.")
    assert (fresh(other).status, fresh(other).merged_into) == ("merged", incident)
    assert len(last_words(incident, "merged")) == 1
    change_status(incident, by=commander, to="cancelled", reason="A false alarm.")
    assert code_of(incident, commander, "identified", reason="x") == "invalid_transition"


def test_resolved_without_monitoring_infers_the_mitigation(
    incident: Incident, commander: User
) -> None:
    resolved = resolve(incident, commander)
    assert resolved.mitigated_at == resolved.resolved_at
    assert resolved.time_sources["mitigated_at"] == {"source": "inferred"}
    assert resolved.time_sources["resolved_at"] == {"source": "auto"}


def test_a_time_is_corrected_with_a_reason_and_both_stay_on_record(
    incident: Incident, commander: User
) -> None:
    started = incident.declared_at - timedelta(minutes=9)
    correct_time(incident, by=commander, name="impact_started_at", at=started, reason="")
    with pytest.raises(Refused) as caught:
        correct_time(incident, by=commander, name="detected_at", at=started, reason=" ")
    assert caught.value.code == "reason_required"
    correct_time(
        incident, by=commander, name="detected_at", at=started, reason="The pager says so."
    )
    assert fresh(incident).time_sources["detected_at"] == {
        "source": "manual",
        "by": commander.email,
        "reason": "The pager says so.",
    }
    entry = incident.entries.filter(kind="time_corrected").last()
    assert entry is not None
    assert (entry.data["after"], entry.data["reason"]) == (
        started.isoformat(),
        "The pager says so.",
    )
    for name, at in (("lunch_at", started), ("detected_at", now() + timedelta(hours=1))):
        with pytest.raises(Invalid):
            correct_time(incident, by=commander, name=name, at=at, reason="x")


def test_the_highest_severity_ever_held_is_kept(incident: Incident, commander: User) -> None:
    change_incident(incident, by=commander, severity="sev3")
    lowered = fresh(incident)
    assert (lowered.severity, lowered.highest_severity) == ("sev3", "sev1")


def test_p03_the_blocker_keeps_its_history(incident: Incident, commander: User) -> None:
    for blocker in ("No access.", "No access.", "Disk full.", ""):
        change_incident(incident, by=commander, blocker=blocker)
    assert last_words(incident, "blocker_changed") == [
        "named the blocker: No access.",
        "named the blocker: Disk full.",
        "said that nothing blocks any more",
    ]


def test_p01_the_first_link_says_how_long_it_took(
    incident: Incident, commander: User, clock: Clock
) -> None:
    clock.advance(minutes=90)
    change_incident(incident, by=commander, chat_url="https://chat.example/x")
    assert last_words(incident, "links_changed") == ["linked the chat after 1 h 30 min"]
    assert fresh(incident).linked_at is not None
    assert not Deadline.objects.open().filter(kind="war_room_link").exists()
    with pytest.raises(Invalid):
        change_incident(incident, by=commander, call_url="javascript:alert(1)")


def test_p01_a_link_in_the_second_of_the_declaration_is_there_at_once(
    commander: User,
) -> None:
    made = declare_incident(by=commander, title="API calls fail", severity="sev1")
    change_incident(made, by=commander, call_url="https://call.example/x")
    (words,) = last_words(made, "links_changed")
    assert re.fullmatch(r"linked the call (at once|after [1-9].*)", words)


def test_recorded_afterwards_carries_its_real_time(commander: User) -> None:
    then = now() - timedelta(hours=3)
    incident = declare_incident(
        by=commander, title="It was slow", severity="sev4", occurred_at=then
    )
    entry = incident.entries.get(kind="declared")
    assert (entry.at, entry.afterwards, incident.declared_at) == (then, True, then)


def test_private_incidents_exist_for_their_roster_and_admins_only(
    commander: User, responder: User, outsider: User, admin: User, stakeholder: User
) -> None:
    incident = declare_incident(by=commander, title="Leak", severity="sev1", private=True)
    assign_role(incident, by=commander, role="fix_owner", person=responder)

    def seen() -> list[str]:
        cast = (commander, responder, outsider, admin, stakeholder)
        return [one.get_short_name() for one in cast if Incident.objects.visible_to(one).exists()]

    assert seen() == ["Maya", "Tunde", "Ada"]
    change_status(
        incident, by=commander, to="resolved", all_clear=CLEAR, override_reason="Contained."
    )
    assert seen() == ["Maya", "Tunde", "Ada"]


def test_p24_an_override_that_was_needed_once_stays_when_the_next_end_needs_none(
    incident: Incident, commander: User
) -> None:
    resolve(incident, commander)
    again = change_status(incident, by=commander, to="investigating", reason="It came back.")
    signal_met(again, commander)
    ended = change_status(again, by=commander, to="resolved", all_clear=CLEAR)
    assert ended.resolved_override == "The provider confirmed."
    assert last_words(incident, "resolved")[1] == "resolved it: All clear: calls succeed."


def test_p24_an_override_that_was_not_needed_is_not_kept(
    incident: Incident, commander: User
) -> None:
    signal_met(incident, commander)
    assert resolve(incident, commander).resolved_override == ""
    assert last_words(incident, "resolved") == ["resolved it: All clear: calls succeed."]


def test_p49_another_all_clear_after_the_first_is_told_so(
    incident: Incident, commander: User, responder: User
) -> None:
    resolve(incident, commander)
    assert resolve(incident, commander).status == "resolved"
    with pytest.raises(Refused) as caught:
        resolve(incident, responder)
    current = caught.value.facts["current"]
    assert (caught.value.code, current["by"], current["executive_summary"]) == (
        "stale",
        commander.email,
        "All clear: calls succeed.",
    )
    assert change_status(incident, by=responder, to="resolved").status == "resolved"
    assert incident.updates.count() == 1


def test_a_first_act_with_the_right_version_is_not_stale(
    incident: Incident, responder: User
) -> None:
    version = fresh(incident).version
    changed = change_incident(incident, by=responder, version=version, blocker="No access.")
    assert (changed.blocker, changed.version > version) == ("No access.", True)
    with pytest.raises(Refused) as caught:
        change_incident(incident, by=responder, version=version, blocker="Other.")
    assert (caught.value.code, caught.value.facts["current"]["blocker"]) == ("stale", "No access.")


def test_p06_reopening_asks_for_a_fix_owner_again(
    incident: Incident, commander: User, clock: Clock
) -> None:
    resolve(incident, commander)
    clock.advance(hours=1)
    change_status(incident, by=commander, to="identified", reason="It came back.")
    due_at = Deadline.objects.open().get(kind="fix_owner").due_at
    assert timedelta(minutes=14) < due_at - now() <= timedelta(minutes=15)
