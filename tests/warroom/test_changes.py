"""The sheets of changes and hypotheses without a browser: written, asked, approved, run, undone."""

from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from clock.queries import now
from incidents.approvals.actions import ask_approval
from incidents.cards.models import Card
from incidents.changes.actions import write_change
from incidents.changes.models import Change
from incidents.endstate.models import Signal
from incidents.endstate.signals import add_signal
from incidents.hypotheses.actions import add_evidence, add_hypothesis
from incidents.lifecycle.actions import AllClear, change_status
from incidents.line.actions import stop_line
from incidents.outcomes.actions import finish_change, start_change
from incidents.record.models import Incident, SeverityPolicy
from incidents.roster.actions import join
from people.models import User
from postmortems.review.actions import open_review
from tests.incidents.cast import approved, measure, ready, start, written

pytestmark = pytest.mark.django_db

WORDS = {
    "risk": "destructive",
    "hypothesis": "new",
    "thought": "Retries keep the database busy",
    "expectation": "error rate under 1 %",
    "danger": "some orders are never retried",
    "rollback": "put the copy of the queue back, 2 min",
    "reversible": "yes",
    "time_box_min": "15",
    "expected_proof": "error rate under 5 %",
}


def at(incident: Incident, name: str, *ids: int) -> str:
    return reverse(f"warroom:{name}", args=[incident.ref, *ids])


def sent(client: Client, person: User, path: str, **values: Any) -> Any:
    client.force_login(person)
    return client.post(path, values)


def moved(client: Client, person: User, card: Card) -> Any:
    """The answer to the card's Start."""
    version = Card.objects.get(pk=card.pk).version
    path = at(card.incident, "card-position", card.pk)
    return sent(client, person, path, to="now", version=version)


def page(client: Client, person: User, path: str) -> str:
    client.force_login(person)
    return client.get(path).content.decode()


@pytest.fixture
def team(incident: Incident, commander: User, responder: User, other_responder: User) -> Incident:
    """Three people: one leads, two dig."""
    for person in (responder, other_responder):
        join(incident, by=person)
    return incident


@pytest.fixture
def errors(team: Incident, commander: User) -> Signal:
    """The error rate, at 31 %."""
    signal = add_signal(team, by=commander, name="Error rate", comparator="<=", target=1, unit="%")
    measure(signal, commander, 31.0)
    return signal


@pytest.fixture
def card(team: Incident, responder: User, other_responder: User) -> Card:
    """A destructive step in Next whose owner and pair are free."""
    return ready(team, responder, pair=other_responder, risk="destructive")


def typed(card: Card, **more: Any) -> dict[str, Any]:
    people = {"owner": card.owner_id, "pair": card.pair_id, "card_version": card.version}
    return {**WORDS, **people, **more}


def test_p35_the_sheet_is_filled_with_what_is_known_but_the_way_back(
    team: Incident, responder: User, errors: Signal, client: Client
) -> None:
    add_hypothesis(team, by=responder, text="Retries keep the database busy")
    card = ready(team, responder, serves=errors.pk, risk="destructive", expected_proof="")
    shown = page(client, responder, at(team, "change", card.pk))
    assert "H1 Retries keep the database busy" in shown
    fields = {
        name: unescape(shown.split(f'name="{name}"')[1].split("</textarea>")[0].split(">\n")[-1])
        for name in ("expectation", "danger", "rollback")
    }
    assert fields == {
        "expectation": "Error rate ≤ 1 % on the signal",
        "danger": "",
        "rollback": "",
    }
    assert "Ask Maya" in shown


def test_p35_a_destructive_step_is_written_and_asked_in_one_post(
    team: Incident, responder: User, card: Card, client: Client
) -> None:
    opened = (now() - timedelta(seconds=71)).isoformat()
    answer = sent(client, responder, at(team, "change", card.pk), **typed(card, opened_at=opened))
    assert answer.status_code == 302
    change = Change.objects.get(card=card)
    assert (change.state, change.risk, change.rollback, change.reversible) == (
        "asked",
        "some orders are never retried",
        "put the copy of the queue back, 2 min",
        True,
    )
    assert change.hypothesis is not None
    assert change.hypothesis.text == "Retries keep the database busy"
    assert change.written_in_s is not None and 71 <= change.written_in_s < 600
    room = page(client, responder, team.get_absolute_url())
    assert f"{responder.name} asks for an approval since" in room


def test_p35_all_that_is_missing_is_asked_at_once_and_nothing_typed_is_lost(
    team: Incident, responder: User, card: Card, client: Client
) -> None:
    answer = sent(
        client,
        responder,
        at(team, "change", card.pk),
        **typed(card, danger="", rollback="", thought="A queue fills up"),
    )
    assert answer.status_code == 409
    shown = answer.content.decode()
    assert "Say it, or “nothing we know of”." in shown
    assert "Say how, and how long it takes." in shown
    assert "A queue fills up" in shown
    assert not Change.objects.exists()


def test_p35_what_somebody_changed_meanwhile_stands_beside_what_was_typed(
    team: Incident, responder: User, other_responder: User, card: Card, client: Client
) -> None:
    change = written(card, responder)
    write_change(card.pk, by=other_responder, expectation="CPU under 50 %")
    path = at(team, "change", card.pk)
    values = typed(card, version=change.version)
    answer = sent(client, responder, path, **values)
    assert answer.status_code == 409
    assert "As it is now: we expect</dt><dd>CPU under 50 %" in answer.content.decode()
    again = typed(card, version=Change.objects.get(card=card).version)
    assert sent(client, responder, path, **again).status_code == 302
    assert Change.objects.get(card=card).expectation == WORDS["expectation"]


def test_p35_a_safe_step_is_started_with_what_the_sheet_offers(
    team: Incident, responder: User, errors: Signal, client: Client
) -> None:
    card = ready(team, responder, serves=errors.pk, risk="safe")
    path = at(team, "change", card.pk)
    client.force_login(responder)
    shown = client.get(path, headers={"HX-Request": "true"}).content.decode()
    assert "autofocus" in shown.split('class="primary"')[1][:20]
    values = {"way": "redeploy", "expectation": "Error rate ≤ 1 %", "rollback": ""}
    answer = sent(client, responder, path, **typed(card, risk="safe", pair="", **values))
    assert answer.status_code == 302
    card.refresh_from_db()
    change = Change.objects.get(card=card)
    assert (card.column, change.state, change.rollback) == ("now", "running", "redeploy")


def test_p35_the_approver_sees_all_in_one_look_and_approves_with_a_click(
    team: Incident, commander: User, responder: User, errors: Signal, card: Card, client: Client
) -> None:
    change = written(card, responder, hypothesis="A queue fills up", risk="some retries are lost")
    ask_approval(change.pk, by=responder)
    path = at(team, "approval", change.pk)
    shown = page(client, commander, path)
    for words in ("A queue fills up", "some retries are lost", "the flag off", "31 %", "Nothing"):
        assert words in shown
    refused = sent(client, responder, path)
    assert refused.status_code == 409
    assert "Ask who may" in refused.content.decode()
    assert sent(client, commander, path).status_code == 302
    change.refresh_from_db()
    assert (change.state, change.approved_by) == ("approved", commander)


def test_p39_what_cannot_be_undone_is_approved_by_typing_the_reference(
    team: Incident, commander: User, responder: User, card: Card, client: Client
) -> None:
    change = written(
        card, responder, hypothesis="A queue", risk="retries are lost", reversible=False
    )
    ask_approval(change.pk, by=responder)
    path = at(team, "approval", change.pk)
    assert "cannot be undone" in page(client, commander, path)
    assert sent(client, commander, path, confirm="yes").status_code == 422
    assert sent(client, commander, path, confirm=team.ref).status_code == 302
    assert "cannot be undone" in page(client, responder, team.get_absolute_url())


def test_p35_it_is_sent_back_with_a_reason_and_asks_again_with_what_moved(
    team: Incident, commander: User, responder: User, card: Card, client: Client
) -> None:
    change = approved(card, responder, commander)
    back = at(team, "sent-back", change.pk)
    assert sent(client, commander, back, reason="").status_code == 409
    assert sent(client, commander, back, reason="How many retries?").status_code == 302
    room = page(client, responder, team.get_absolute_url())
    assert f"Sent back by {commander.name}: How many retries?" in room
    write_change(card.pk, by=responder, rollback="put the copy back, 2 min")
    ask_approval(change.pk, by=responder)
    shown = page(client, commander, at(team, "approval", change.pk))
    assert "<del>the flag off, ten seconds</del> <ins>put the copy back, 2 min</ins>" in shown


def test_p36_finishing_shows_before_beside_now_and_asks_to_see_the_signals(
    team: Incident, commander: User, responder: User, errors: Signal, client: Client
) -> None:
    card = ready(team, responder, serves=errors.pk, risk="safe")
    change = start_change(start(card, responder).changes.get().pk, by=responder)
    path = at(team, "outcome", change.pk)
    assert "no data from" in page(client, responder, path)
    values = {"outcome": "as_expected", "note": "It fell.", "proof": "error rate 0.8 %"}
    refused = sent(client, responder, path, **values)
    assert refused.status_code == 409
    assert "error rate 0.8 %" in refused.content.decode()
    measure(errors, commander, 0.8)
    shown = page(client, responder, path)
    assert "31 %" in shown and "0.8 %" in shown
    assert sent(client, responder, path, **values).status_code == 302
    card.refresh_from_db()
    change.refresh_from_db()
    assert (card.column, change.outcome) == ("done", "as_expected")
    room = page(client, responder, team.get_absolute_url())
    assert "✓ as expected · Error rate 31 → 0.8 %" in room


def test_p36_after_a_surprise_every_board_says_who_decides(
    team: Incident, commander: User, responder: User, client: Client
) -> None:
    first = start(ready(team, responder, risk="safe"), responder)
    change = start_change(first.changes.get().pk, by=responder)
    finish_change(change.pk, by=responder, outcome="not_as_expected", note="Resets", no_data=True)
    room = page(client, responder, team.get_absolute_url())
    assert "went not as expected: Resets. Before another change starts" in room
    first.refresh_from_db()
    again = typed(first, risk="safe", way="flag off", pair="")
    refused = sent(client, responder, at(team, "change", first.pk), **again)
    assert refused.status_code == 409
    assert "Give the go" in refused.content.decode()
    go = at(team, "go")
    assert sent(client, commander, go, reason="").status_code == 409
    assert sent(client, commander, go, reason="The cause is known.").status_code == 302
    assert sent(client, responder, at(team, "change", first.pk), **again).status_code == 302
    assert "Before another change starts" not in page(client, responder, team.get_absolute_url())


def test_p38_rolling_back_is_one_click_while_the_line_is_stopped(
    team: Incident, commander: User, responder: User, card: Card, client: Client
) -> None:
    change = approved(card, responder, commander)
    assert moved(client, responder, card).status_code == 302
    stop_line(team, by=responder, reason="Rows are lost")
    assert sent(client, responder, at(team, "way-back", change.pk)).status_code == 302
    change.refresh_from_db()
    assert change.outcome == "rolled_back"
    assert Change.objects.get(rolls_back=change).state == "running"


def test_p35_in_warn_what_is_missing_is_a_mark(
    team: Incident, responder: User, card: Card, client: Client
) -> None:
    SeverityPolicy.objects.filter(severity=team.severity).update(enforcement="warn")
    answer = sent(
        client,
        responder,
        at(team, "change", card.pk),
        **typed(card, danger="", rollback="", start="1"),
    )
    assert answer.status_code == 302
    room = page(client, responder, team.get_absolute_url())
    assert "let pass: change required" in room
    assert "let pass: change not approved" in room


def test_p35_a_change_that_ran_is_recorded_afterwards_with_its_times(
    team: Incident, responder: User, client: Client
) -> None:
    Incident.objects.filter(pk=team.pk).update(declared_at=now() - timedelta(minutes=9))
    card = ready(team, responder, risk="risky")
    moments = {
        name: f"{(now() - timedelta(minutes=ago)).astimezone(responder.zone):%Y-%m-%dT%H:%M:%S}"
        for name, ago in (("started_at", 5), ("finished_at", 2))
    }
    answer = sent(
        client,
        responder,
        at(team, "ran", card.pk),
        risk="risky",
        outcome="as_expected",
        **moments,
    )
    assert answer.status_code == 302
    change = Change.objects.get(card=card)
    assert (change.afterwards, change.state, change.outcome) == (True, "finished", "as_expected")


def test_p16_open_hypotheses_stand_first_and_ruled_out_ones_are_folded(
    team: Incident, responder: User, errors: Signal, client: Client
) -> None:
    wrong = add_hypothesis(team, by=responder, text="A replica fell behind")
    assert (
        sent(
            client, responder, at(team, "new-hypothesis"), text="One export eats the memory"
        ).status_code
        == 302
    )
    ready(team, responder, tests=wrong.pk + 1)
    path = at(team, "hypothesis", wrong.pk)
    answer = sent(client, responder, path, state="ruled_out", text="lag 0 s", signal=errors.pk)
    assert answer.status_code == 302
    room = page(client, responder, team.get_absolute_url())
    assert (
        room.index("One export eats") < room.index("Ruled out · 1") < room.index("✕ <s>A replica")
    )
    assert "ruled out: lag 0 s · Error rate 31 %" in room
    assert "1 card tests it" in room
    assert "lag 0 s" in page(client, responder, path)
    composer = room.split('id="update-hypothesis"')[1].split("</textarea>")[0]
    assert composer.endswith("One export eats the memory")


def test_p16_a_cards_proof_is_offered_as_evidence(
    team: Incident, responder: User, client: Client
) -> None:
    found = add_hypothesis(team, by=responder, text="One export eats the memory")
    done = ready(team, responder, column="done", proof="heap picture", title="Look at the heap")
    path = at(team, "hypothesis", found.pk)
    assert "Look at the heap</option>" in page(client, responder, path)
    assert sent(client, responder, path, state="supported", card=done.pk).status_code == 302
    evidence = found.evidence.get()
    assert (evidence.text, evidence.card_id, evidence.state) == (
        "heap picture",
        done.pk,
        "supported",
    )
    add_evidence(found.pk, by=responder, text="Another picture")
    assert "Another picture" in page(client, responder, team.get_absolute_url())


def test_p16_a_hand_over_and_the_review_carry_every_hypothesis(
    team: Incident, commander: User, responder: User, errors: Signal, client: Client
) -> None:
    wrong = add_hypothesis(team, by=responder, text="A replica fell behind")
    add_evidence(wrong.pk, by=responder, state="ruled_out", text="lag 0 s")
    add_hypothesis(team, by=responder, text="One export eats the memory")
    shown = page(client, commander, f"{at(team, 'roles')}?role=commander")
    note = unescape(shown.split('name="note"')[1].split("</textarea>")[0])
    assert "Open: H2 One export eats the memory." in note
    assert "Ruled out: H1 A replica fell behind." in note
    assert "0 of 1 signals met: Error rate 31 %." in note
    review = open_review(end(team, commander), by=commander)
    read = page(client, commander, review.get_absolute_url())
    assert "✕ <s>A replica fell behind</s>" in read
    assert "lag 0 s" in read
    taken = page(client, commander, f"{review.get_absolute_url()}?as=md")
    assert "- A replica fell behind (ruled out)\n  - lag 0 s\n" in taken


def end(incident: Incident, commander: User) -> Incident:
    return change_status(
        incident,
        by=commander,
        to="resolved",
        all_clear=AllClear("It works again.", statement="Calls failed."),
        override_reason="The vendor says so.",
    )


@pytest.mark.parametrize("name", ["go", "second-change", "new-hypothesis"])
def test_every_editor_is_a_page_and_a_part(
    team: Incident, commander: User, name: str, client: Client
) -> None:
    assert "<!doctype html>" in page(client, commander, at(team, name))
    client.force_login(commander)
    part = client.get(at(team, name), headers={"HX-Request": "true"}).content.decode()
    assert part.startswith('<form id="edit-form"')
