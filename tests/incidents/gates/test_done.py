"""What Done asks of a card: proof, and whose it was where it was never in Now (P31, P33)."""

from typing import Any

import pytest

from incidents.board.actions import add_card, change_card, move_card
from incidents.record.models import Incident, SeverityPolicy
from people.models import User
from tests.incidents.board.conftest import last
from tests.incidents.cast import ready, refusal, start

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("policy", ["enforce", "warn"])
def test_p33_done_needs_proof(team: Incident, responder: User, policy: str) -> None:
    SeverityPolicy.objects.filter(severity=team.severity).update(enforcement=policy)
    card = start(ready(team, responder), responder)
    refusal("proof_required", move_card, card.pk, by=responder, to="done", version=2, proof="  ")
    done = move_card(card.pk, by=responder, to="done", version=2, proof="error rate 0.8 %")
    assert (done.column, done.proof, done.time_box_ends_at) == ("done", "error rate 0.8 %", None)
    assert done.done_at is not None
    assert (last(team).kind, last(team).text) == (
        "card_done",
        "finished “Cap the query”: error rate 0.8 %",
    )


def test_p33_a_card_that_comes_back_needs_a_new_proof(team: Incident, responder: User) -> None:
    card = ready(team, responder)
    move_card(card.pk, by=responder, to="done", version=1, proof="seen")
    back = move_card(card.pk, by=responder, to="next", version=2)
    assert (back.proof, back.done_at) == ("", None)
    refusal("proof_required", move_card, card.pk, by=responder, to="done", version=3)


def test_p31_what_is_recorded_as_done_names_owner_and_risk(team: Incident, responder: User) -> None:
    refused = refusal(
        "card_not_ready",
        add_card,
        team,
        by=responder,
        title="Restarted it",
        column="done",
        proof="It answers again",
    )
    assert refused.facts == {"missing": ["owner", "risk"]}


PATHS: dict[str, Any] = {
    "move": lambda card, by: move_card(
        card.pk, by=by, to="done", proof="It answers again", version=card.version
    ),
    "change": lambda card, by: change_card(card.pk, by=by, version=card.version, column="done"),
}


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("column", ["next", "parked"])
def test_p31_a_card_that_skips_now_names_owner_and_risk_on_every_path_into_done(
    team: Incident, responder: User, column: str, path: str
) -> None:
    card = add_card(team, by=responder, title="Restart", column=column, proof="It answers again")
    refused = refusal("card_not_ready", PATHS[path], card, responder)
    assert refused.facts == {"missing": ["owner", "risk"]}
    card = change_card(card.pk, by=responder, version=card.version, owner=responder)
    assert refusal("card_not_ready", PATHS[path], card, responder).facts == {"missing": ["risk"]}
    card = change_card(card.pk, by=responder, version=card.version, risk="safe")
    assert PATHS[path](card, responder).column == "done"


def test_p31_a_card_that_skips_now_says_everything_that_is_missing_at_once(
    team: Incident, responder: User
) -> None:
    bare = add_card(team, by=responder, title="Restart", column="next")
    refused = refusal("card_not_ready", move_card, bare.pk, by=responder, to="done", version=1)
    assert refused.facts["missing"] == ["owner", "risk"]
    assert [one["code"] for one in refused.facts["also"]] == ["proof_required"]


@pytest.mark.parametrize("field", ["owner", "risk"])
def test_p31_what_is_done_keeps_its_owner_and_its_risk(
    team: Incident, responder: User, field: str
) -> None:
    card = ready(team, responder)
    done = move_card(card.pk, by=responder, to="done", proof="It answers again", version=1)
    nothing = {"owner": None, "risk": ""}[field]
    refused = refusal(
        "card_not_ready",
        change_card,
        done.pk,
        by=responder,
        version=done.version,
        **{field: nothing},
    )
    assert refused.facts == {"missing": [field]}


@pytest.mark.parametrize("word", ["done", "OK", "fixed.", "it works", "yes!", "That's done"])
def test_p33_a_bare_word_is_no_proof(team: Incident, responder: User, word: str) -> None:
    card = start(ready(team, responder), responder)
    refusal("proof_required", move_card, card.pk, by=responder, to="done", proof=word, version=2)
