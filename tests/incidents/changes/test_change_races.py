"""Twenty at once on asking, approving, starting, finishing and the go: one winner each."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import pytest

from incidents.approvals.actions import approve_change, ask_approval, send_back
from incidents.changes.models import Change, Go, SecondChange
from incidents.line.actions import resume_line, stop_line
from incidents.outcomes.actions import finish_change, roll_back, start_change
from incidents.outcomes.leading import allow_second_change, give_go
from incidents.record.models import Incident
from incidents.record.timeline import verify
from incidents.roster.actions import join
from people.models import User
from tests.incidents.board.test_board_races import at_once, codes
from tests.incidents.cast import approved, fresh, last_words, ready, start, written

pytestmark = pytest.mark.django_db(transaction=True)

TWENTY = 20


@pytest.fixture
def crowd(incident: Incident) -> list[User]:
    """Twenty people on the roster."""
    people = [
        User.objects.create_user(f"p{number}@example.com", name=f"P {number}", role="responder")
        for number in range(TWENTY)
    ]
    for person in people:
        join(incident, by=person)
    return people


def all_at_once(incident: Incident, acts: Sequence[Callable[[], Any]]) -> list[str]:
    """What each heard."""
    return codes(at_once(*acts, behind=incident))


def test_p35_twenty_ask_and_approve_once(
    incident: Incident, commander: User, crowd: list[User]
) -> None:
    card = ready(incident, crowd[0], "Drop it", risk="destructive", pair=crowd[1])
    change = written(card, crowd[0], hypothesis="H", risk="R")
    asked = all_at_once(incident, [partial(ask_approval, change.pk, by=one) for one in crowd])
    assert asked == ["done"] * TWENTY
    assert len(last_words(incident, "change_asked")) == 1
    approving = [partial(approve_change, change.pk, by=commander) for _ in range(TWENTY - 1)]
    back = partial(send_back, change.pk, by=crowd[2], reason="How many?")
    all_at_once(incident, [*approving, back])
    assert len(last_words(incident, "change_approved")) <= 1
    assert len(last_words(incident, "change_sent_back")) <= 1
    assert verify(fresh(incident)) is None


def test_p36_twenty_start_and_finish_once(
    incident: Incident, commander: User, crowd: list[User]
) -> None:
    card = start(ready(incident, crowd[0], risk="safe"), crowd[0])
    change = card.changes.get()
    started = all_at_once(incident, [partial(start_change, change.pk, by=one) for one in crowd])
    assert started == ["done"] * TWENTY
    assert len(last_words(incident, "change_started")) == 1
    outcomes = ["as_expected", "not_as_expected"] * (TWENTY // 2)
    finished = all_at_once(
        incident,
        [
            partial(finish_change, change.pk, by=one, outcome=outcome)
            for one, outcome in zip(crowd, outcomes, strict=True)
        ],
    )
    assert finished == ["done"] * (TWENTY // 2) + ["invalid_transition"] * (TWENTY // 2)
    assert len(last_words(incident, "change_finished")) == 1
    assert verify(fresh(incident)) is None


def test_p32_of_many_drastic_changes_at_once_one_is_in_flight(
    incident: Incident, commander: User, crowd: list[User]
) -> None:
    starting = []
    for owner, pair in zip(crowd[:10], crowd[10:], strict=True):
        card = ready(incident, owner, f"Drop by {owner.name}", risk="destructive", pair=pair)
        approved(card, owner, commander)
        start(card, owner)
        starting.append(partial(start_change, card.changes.get().pk, by=owner))
    assert all_at_once(incident, starting) == ["change_in_flight"] * 9 + ["done"]
    assert Change.objects.running().count() == 1
    allowing = [
        partial(allow_second_change, incident, by=commander, reason="They share nothing")
        for _ in range(TWENTY)
    ]
    assert all_at_once(incident, allowing) == ["done"] * TWENTY
    assert SecondChange.objects.count() == 1
    again = all_at_once(incident, starting)
    assert again == ["change_in_flight"] * 8 + ["done"] * 2
    assert Change.objects.running().count() == 2


def test_p36_twenty_say_go_once(incident: Incident, commander: User, crowd: list[User]) -> None:
    card = start(ready(incident, crowd[0], risk="safe"), crowd[0])
    change = start_change(card.changes.get().pk, by=crowd[0])
    finish_change(change.pk, by=crowd[0], outcome="not_as_expected")
    going = [
        partial(give_go, incident, by=commander, reason=f"For the {number}th time")
        for number in range(TWENTY)
    ]
    assert all_at_once(incident, going) == ["done"] * TWENTY
    assert Go.objects.count() == 1


def test_p38_twenty_roll_back_once(incident: Incident, commander: User, crowd: list[User]) -> None:
    card = start(ready(incident, crowd[0], risk="safe"), crowd[0])
    change = start_change(card.changes.get().pk, by=crowd[0])
    rolling = [partial(roll_back, change.pk, by=one) for one in crowd]
    assert all_at_once(incident, rolling) == ["done"] * TWENTY
    assert Change.objects.filter(rolls_back=change).count() == 1
    assert verify(fresh(incident)) is None


def test_p38_twenty_stop_resume_and_start_and_each_wins_once(
    incident: Incident, commander: User, crowd: list[User]
) -> None:
    card = start(ready(incident, crowd[0], risk="safe"), crowd[0])
    change = card.changes.get()
    stopping = [partial(stop_line, incident, by=one, reason="Rows are lost") for one in crowd[:10]]
    starting = [partial(start_change, change.pk, by=one) for one in crowd[10:]]
    heard = all_at_once(incident, [*stopping, *starting])
    assert [one for one in heard if one not in ("done", "line_stopped")] == []
    stopped, *too = sorted(last_words(incident, "line_stopped"))
    assert (stopped, set(too)) == (
        "stopped the line: Rows are lost",
        {"would stop the line too: Rows are lost"},
    )
    has_run = Change.objects.running().exists()
    assert len(last_words(incident, "change_started")) == int(has_run)
    assert heard.count("line_stopped") == (0 if has_run else 10)
    resuming = [
        partial(resume_line, incident, by=commander, reason=f"The {number}th probe is fine")
        for number in range(TWENTY)
    ]
    assert all_at_once(incident, resuming) == ["done"] * TWENTY
    assert len(last_words(incident, "line_resumed")) == 1
    assert verify(fresh(incident)) is None
