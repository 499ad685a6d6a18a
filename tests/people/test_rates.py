"""A token that calls without a pause is told to wait, and nobody else is."""

from typing import Any

import pytest

from people import rates
from people.actions import issue_token
from people.models import User
from refusals.errors import TooMany
from tests.programs import Programs

pytestmark = pytest.mark.django_db


def test_a_token_that_calls_too_often_is_told_when_to_come_back_and_others_go_on(
    program: Programs,
    responder: User,
    commander: User,
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rates.rates, "_counts", {})
    settings.API_CALLS_A_MINUTE = 3
    wild, other = program(responder), program(commander)
    answers = [wild.get("me") for _ in range(5)]
    assert [one.status_code for one in answers] == [200, 200, 200, 429, 429]
    assert answers[3].json()["code"] == "too_many_requests"
    assert answers[3].json()["detail"] == "test calls more often than 3 times a minute."
    assert 1 <= int(answers[3]["Retry-After"]) <= 60
    assert wild.post("incidents", {"title": "Down", "severity": "sev2"}).status_code == 429
    assert other.get("me").status_code == 200
    settings.API_CALLS_A_MINUTE = 0
    assert wild.get("me").status_code == 200


def test_a_minute_later_it_may_call_again_and_old_counts_are_forgotten(
    program: Programs, responder: User, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts = rates.Rates()
    monkeypatch.setattr(rates, "rates", counts)
    monkeypatch.setattr(rates, "KEPT", 2)
    settings.API_CALLS_A_MINUTE = 1
    counts._counts = {-1: (0.0, 1), -2: (0.0, 1)}
    token, _ = issue_token(responder, name="t", scopes=("read",))
    counts.count(token)
    assert list(counts._counts) == [token.pk]
    with pytest.raises(TooMany):
        counts.count(token)
    since, calls = counts._counts[token.pk]
    counts._counts[token.pk] = (since - rates.MINUTE_S, calls)
    counts.count(token)
