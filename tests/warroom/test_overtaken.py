"""UX 17: what somebody else changed while an editor is open is never typed over in silence."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any, NamedTuple

import pytest
from django.test import Client

from clock.queries import now
from incidents.board.actions import change_card, extend_time_box
from incidents.board.passing import pass_card_on
from incidents.endstate.actions import write_end_state
from incidents.endstate.signals import add_signal, change_signal, record_samples, remove_signal
from incidents.hypotheses.actions import add_evidence, add_hypothesis
from incidents.impact.actions import add_impact, change_impact, remove_impact
from incidents.lifecycle.actions import change_status
from incidents.lifecycle.details import change_incident
from incidents.lifecycle.expected import expect_back
from incidents.lifecycle.times import correct_time
from incidents.obligations.actions import file_obligation, start_obligation
from incidents.record.models import Incident
from incidents.roster.actions import assign_role, join
from incidents.sidework.actions import pause_work, settle_paused_work
from incidents.updates.questions import answer_question, ask_question
from people.models import User
from tests.incidents.cast import fresh, publish, ready, start
from tests.opened import opened, sent_by

MEANWHILE = "It changed meanwhile"


class Case(NamedTuple):
    """One editor: its address, what somebody else does, what was typed, what is shown of theirs."""

    path: str
    theirs: Callable[[], object]
    typed: dict[str, Any]
    shown: list[str]
    status: int = 302
    """Of the second attempt, which counts on what stands there by now."""
    alone: int = 302
    """Of the first where nothing changed meanwhile: what a rule says then is not about this."""


@pytest.fixture
def world(incident: Incident, commander: User, responder: User) -> Incident:
    """An incident on which two people work."""
    join(incident, by=responder)
    return incident


def signal_case(world: Incident, me: User, other: User) -> Case:
    found = add_signal(world, by=me, name="Errors", comparator="<=", target=1.0, unit="%")
    return Case(
        f"signals/{found.pk}/?edit=1",
        lambda: change_signal(found.pk, by=other, target=5.0),
        {"target": "2.5"},
        ["Said meanwhile: Target", "5"],
    )


def impact_case(world: Incident, me: User, other: User) -> Case:
    found = add_impact(
        world, by=me, journey="Orders", blocked="Partners", amount=Decimal(10), unit="orders"
    )
    return Case(
        f"impact/{found.pk}/",
        lambda: change_impact(found.pk, by=other, amount=Decimal(40)),
        {"amount": "25"},
        ["Said meanwhile: How many", "40"],
    )


def cadence_case(world: Incident, me: User, other: User) -> Case:
    def theirs() -> None:
        zones = {"daily_at": "08:30", "time_zone": "Asia/Tokyo", "reason": "It takes days."}
        change_incident(world, by=me, cadence=zones)

    typed = {"how": "recovery", "daily_at": "10:00", "reason": "It takes days."}
    return Case("cadence/", theirs, typed, ["Said meanwhile: Daily at", "08:30"])


def expected_case(world: Incident, me: User, other: User) -> Case:
    at = (now() + timedelta(hours=5)).replace(second=0, microsecond=0)
    return Case(
        "expected-back/",
        lambda: expect_back(world, by=me, at=at),
        {"at": f"{at + timedelta(hours=1):%Y-%m-%dT%H:%M:%S}", "reason": "It takes longer."},
        ["Said meanwhile: Expected back at", f"{at:%H:%M} UTC"],
    )


def time_case(world: Incident, me: User, other: User) -> Case:
    began = now() - timedelta(hours=2)
    mine = f"{now() - timedelta(hours=1):%Y-%m-%dT%H:%M:%S}"
    return Case(
        "times/",
        lambda: correct_time(world, by=other, name="impact_started_at", at=began, reason="Logs."),
        {"name": "impact_started_at", "at": mine, "reason": "The graph."},
        ["Impact began", f"{began:%H:%M} UTC"],
    )


def status_case(world: Incident, me: User, other: User) -> Case:
    return Case(
        "status/",
        lambda: change_status(world, by=other, to="identified"),
        {"to": "monitoring"},
        ["<del>Investigating</del>", "<ins>Identified</ins>"],
    )


def resolving_case(world: Incident, me: User, other: User) -> Case:
    found = add_signal(world, by=me, name="Errors", comparator="<=", target=1.0, hold_s=0)
    record_samples(found.pk, by=me, samples=[(0.5, None)], by_hand=True)
    publish(world, me)
    write_end_state(world, by=me, text="Calls succeed.")
    return Case(
        "status/",
        lambda: record_samples(found.pk, by=other, samples=[(9.0, None)], by_hand=True),
        {"to": "resolved", "executive_summary": "It is over."},
        ["<del>Errors: met", "<ins>Errors: not met"],
        409,
    )


def seat_case(world: Incident, me: User, other: User) -> Case:
    return Case(
        "roles/?role=scribe",
        lambda: assign_role(world, by=other, role="scribe", person=other),
        {"role": "scribe", "person": str(me.pk), "note": "You go on."},
        ["<del>nobody</del>", f"<ins>{other.name}</ins>"],
    )


def hand_over_case(world: Incident, me: User, other: User) -> Case:
    third = User.objects.create_user("third@example.com", name="Third One", role="responder")
    return Case(
        "roles/?role=commander",
        lambda: start(ready(world, other, "Drain the retries"), other),
        {"person": str(third.pk), "note": "Nothing runs."},
        ["Said meanwhile: Hand-over note", "Running: Drain the retries"],
    )


def passing_case(world: Incident, me: User, other: User) -> Case:
    card = start(ready(world, other), other)
    third = User.objects.create_user("third@example.com", name="Third One", role="responder")
    join(world, by=third)
    return Case(
        f"cards/{card.pk}/passing/",
        lambda: pass_card_on(card.pk, by=other, owner=third, note="Half done."),
        {"owner": str(other.pk), "note": "I take it."},
        [f"<del>{other.name}</del>", "<ins>Third One</ins>"],
    )


def time_box_case(world: Incident, me: User, other: User) -> Case:
    card = start(ready(world, other), other)
    return Case(
        f"cards/{card.pk}/time-box/",
        lambda: extend_time_box(card.pk, by=other, minutes=15, reason="A slow replica."),
        {"minutes": "10", "reason": "The replica is slow."},
        ["<del>15 min</del>", "<ins>30 min</ins>"],
    )


def evidence_case(world: Incident, me: User, other: User) -> Case:
    found = add_hypothesis(world, by=me, text="The replica is behind.")
    return Case(
        f"hypotheses/{found.pk}/",
        lambda: add_evidence(found.pk, by=other, state="ruled_out", text="It is not."),
        {"state": "supported", "text": "It lags."},
        ["The hypothesis", "<ins>"],
    )


def triage_case(world: Incident, me: User, other: User) -> Case:
    return Case(
        "triage/",
        lambda: change_status(world, by=other, to="identified"),
        {"to": "widen", "text": "More look."},
        ["<ins>Identified</ins>"],
        409,
        422,
    )


def finish_case(world: Incident, me: User, other: User) -> Case:
    card = start(ready(world, other), other)
    return Case(
        f"cards/{card.pk}/?to=done",
        lambda: change_card(card.pk, by=other, version=card.version, title="Cap both queries"),
        {"proof": "Errors at 0.2 %."},
        ["card-as-it-is", "Cap both queries"],
    )


CASES = [
    *(signal_case, impact_case, cadence_case, expected_case, time_case, status_case),
    *(resolving_case, seat_case, hand_over_case, passing_case, time_box_case),
    *(evidence_case, triage_case, finish_case),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__.removesuffix("_case"))
def test_what_was_typed_over_what_changed_meanwhile_is_refused_once_with_both(
    world: Incident, commander: User, responder: User, client: Client, case: Any
) -> None:
    found: Case = case(world, commander, responder)
    path = f"{world.get_absolute_url()}{found.path}"
    client.force_login(commander)
    sent = opened(client, path) | found.typed
    found.theirs()

    answer = client.post(path, sent)
    html = answer.content.decode()
    assert (answer.status_code, MEANWHILE in html) == (409, True)
    for words in found.shown:
        assert words in html
    again = sent_by(html)
    assert {name: again[name] for name in found.typed} == {
        name: [value] for name, value in found.typed.items()
    }

    last = client.post(path, again)
    assert (last.status_code, MEANWHILE in last.content.decode()) == (found.status, False)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__.removesuffix("_case"))
def test_where_nothing_changed_meanwhile_the_first_attempt_is_taken(
    world: Incident, commander: User, responder: User, client: Client, case: Any
) -> None:
    found: Case = case(world, commander, responder)
    path = f"{world.get_absolute_url()}{found.path}"
    client.force_login(commander)
    answer = client.post(path, opened(client, path) | found.typed)
    html = answer.content.decode()
    assert (answer.status_code, MEANWHILE in html) == (found.alone, False)


def test_what_nobody_typed_over_stays_as_the_other_wrote_it(
    world: Incident, commander: User, responder: User, client: Client
) -> None:
    signal = add_signal(world, by=commander, name="Errors", comparator="<=", target=1.0)
    impact = add_impact(
        world, by=commander, journey="Orders", blocked="All", amount=Decimal("1.5"), unit="orders"
    )
    client.force_login(commander)
    at = world.get_absolute_url()
    signals, impacts = f"{at}signals/{signal.pk}/?edit=1", f"{at}impact/{impact.pk}/"
    of_signal = opened(client, signals) | {"name": "API errors"}
    of_impact = opened(client, impacts) | {"blocked": "Every partner"}
    change_signal(signal.pk, by=responder, target=5.0, hold_s=60, required=False)
    change_impact(impact.pk, by=responder, story="A shop in Oslo.", cut_off="")

    assert client.post(signals, of_signal).status_code == 302
    assert client.post(impacts, of_impact).status_code == 302
    signal.refresh_from_db()
    impact.refresh_from_db()
    assert (signal.name, signal.target, signal.hold_s, signal.required) == (
        *("API errors", 5.0, 60),
        False,
    )
    assert (impact.blocked, impact.story, impact.amount) == (
        *("Every partner", "A shop in Oslo."),
        Decimal("1.5"),
    )


def settled_question(world: Incident, me: User, other: User) -> Case:
    found = ask_question(world, by=other, text="Is data lost?")
    return Case(
        f"questions/{found.pk}/",
        lambda: answer_question(found.pk, by=other, text="No, none."),
        {"text": "We think so."},
        [f"{other.name} answered it: “No, none.”"],
    )


def settled_obligation(world: Incident, me: User, other: User) -> Case:
    due = now() + timedelta(hours=9)
    [found] = start_obligation(world, by=me, aware_at=now(), owner=me, name="Notice", due_at=due)
    return Case(
        f"obligations/{found.pk}/",
        lambda: file_obligation(found.pk, by=other, reference="No. 7"),
        {"to": "filed", "reference": "No. 8"},
        [f"{other.name} filed it", ": No. 7"],
    )


def settled_work(world: Incident, me: User, other: User) -> Case:
    found = pause_work(world, by=me, title="Re-index", owner=other, why="Load.")
    return Case(
        f"paused-work/{found.pk}/",
        lambda: settle_paused_work(found.pk, by=other, outcome="dropped", note="Too old."),
        {"outcome": "resumed", "note": "It goes on."},
        [f"{other.name} settled it: dropped. Too old."],
    )


def removed_signal(world: Incident, me: User, other: User) -> Case:
    found = add_signal(world, by=me, name="Errors", comparator="<=", target=1.0)
    return Case(
        f"signals/{found.pk}/?edit=1",
        lambda: remove_signal(found.pk, by=other),
        {"target": "2.5"},
        ["Somebody removed it meanwhile"],
    )


def removed_impact(world: Incident, me: User, other: User) -> Case:
    found = add_impact(
        world, by=me, journey="Orders", blocked="All", amount=Decimal(1), unit="orders"
    )
    return Case(
        f"impact/{found.pk}/",
        lambda: remove_impact(found.pk, by=other),
        {"amount": "25"},
        ["Somebody removed it meanwhile"],
    )


SETTLED = [settled_question, settled_obligation, settled_work, removed_signal, removed_impact]


@pytest.mark.parametrize("case", SETTLED, ids=lambda case: case.__name__)
def test_what_was_settled_meanwhile_says_how_and_takes_nothing_in_silence(
    world: Incident, commander: User, responder: User, client: Client, case: Any
) -> None:
    found: Case = case(world, commander, responder)
    path = f"{world.get_absolute_url()}{found.path}"
    client.force_login(commander)
    sent = opened(client, path) | found.typed
    found.theirs()
    seq = fresh(world).last_seq

    # The open sheet is drawn anew while nobody typed; what was typed is refused, and stands there.
    anew = client.get(path, headers={"HX-Request": "true"}).content.decode()
    refused = client.post(path, sent)
    html = refused.content.decode()
    assert refused.status_code == 409
    for words in found.shown:
        assert words in anew
        assert words in html
    typed = sent_by(html)
    assert {name: typed[name] for name in found.typed} == {
        name: [value] for name, value in found.typed.items()
    }
    assert fresh(world).last_seq == seq


def test_p23_the_line_for_a_new_card_knows_which_signals_it_was_made_from(
    world: Incident, commander: User, responder: User, client: Client
) -> None:
    signal = add_signal(world, by=commander, name="Errors", comparator="<=", target=1.0)
    client.force_login(commander)
    at = world.get_absolute_url()
    sent = opened(client, at, form="quick-card") | {"new-title": "Drain", "new-serves": signal.pk}
    before = client.get(f"{at}cards/", headers={"HX-Request": "true"}).content.decode()
    assert "moves Errors" in before
    remove_signal(signal.pk, by=responder)

    after = client.get(f"{at}cards/", headers={"HX-Request": "true"}).content.decode()
    assert "moves Errors" not in after
    refused = client.post(f"{at}cards/", sent, headers={"HX-Request": "true"})
    assert refused.status_code == 422
    assert "That is no choice here any more" in refused.content.decode()
    assert 'value="Drain"' in refused.content.decode()
