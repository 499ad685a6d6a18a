"""Opening, moving, keeping and releasing deadlines."""

from datetime import timedelta

import pytest

from clock.queries import now
from deadlines.actions import (
    keep_deadline,
    move_deadline,
    owe,
    release_deadline,
    retry_deadline,
    sweep,
)
from deadlines.models import Deadline, State
from notifications.about import Reference
from notifications.models import Delivery
from people.models import User
from tests.deadlines.kind import Watering

MINUTE = timedelta(minutes=1)

pytestmark = pytest.mark.django_db


def test_an_open_deadline_stands_before_its_first_step(watering: Watering, gardener: User) -> None:
    due_at = now() + 30 * MINUTE
    deadline = owe(Reference(7, "INC-7"), "watering", gardener, due_at=due_at, owner=gardener)
    deadline.refresh_from_db()
    assert (
        deadline.state,
        deadline.due_at,
        deadline.step,
        deadline.next_step_at,
        deadline.scope,
        deadline.incident_ref,
        deadline.owner,
    ) == (State.OPEN, due_at, 0, due_at - 5 * MINUTE, "incident:7", "INC-7", gardener)


def test_a_reminder_whose_moment_has_passed_is_left_out(watering: Watering, gardener: User) -> None:
    due_at = now() + 2 * MINUTE
    deadline = owe(None, "watering", gardener, due_at=due_at)
    assert (deadline.step, deadline.next_step_at) == (1, due_at)


def test_a_deadline_in_the_past_falls_due_at_once(watering: Watering, gardener: User) -> None:
    due_at = now() - MINUTE
    deadline = owe(None, "watering", gardener, due_at=due_at)
    assert (deadline.step, deadline.next_step_at) == (1, due_at)
    assert sweep().stepped == 1
    assert watering.taken == [(gardener.pk, "due")]


def test_opening_twice_is_once_and_another_time_moves_it(
    watering: Watering, gardener: User, neighbour: User
) -> None:
    due_at = now() + 30 * MINUTE
    first = owe(None, "watering", gardener, due_at=due_at, owner=gardener)
    assert owe(None, "watering", gardener, due_at=due_at, owner=gardener) == first
    first.refresh_from_db()
    assert first.moved_count == 0
    owe(None, "watering", gardener, due_at=due_at + MINUTE, owner=neighbour)
    moved = Deadline.objects.get()
    assert (moved.due_at, moved.moved_count, moved.owner) == (due_at + MINUTE, 1, neighbour)


def test_an_unknown_kind_is_a_mistake(gardener: User) -> None:
    with pytest.raises(LookupError):
        owe(None, "unheard-of", gardener, due_at=now())


def test_moving_starts_the_ladder_again_and_cancels_what_waits(
    watering: Watering, gardener: User
) -> None:
    owe(None, "watering", gardener, due_at=now())
    sweep()
    due_at = now() + 30 * MINUTE
    deadline = move_deadline("watering", gardener, due_at=due_at)
    assert deadline is not None
    assert (deadline.step, deadline.next_step_at) == (0, due_at - 5 * MINUTE)
    assert list(
        Delivery.objects.filter(channel="email").values_list("state", "cancelled_reason")
    ) == [("cancelled", "The due time was moved.")]


def test_moving_to_the_same_time_changes_nothing(watering: Watering, gardener: User) -> None:
    due_at = now()
    owe(None, "watering", gardener, due_at=due_at)
    sweep()
    deadline = move_deadline("watering", gardener, due_at=due_at)
    assert deadline is not None
    assert (deadline.step, deadline.moved_count) == (2, 0)
    assert Delivery.objects.filter(state="pending").count() == 1


def test_moving_without_an_open_deadline_answers_nothing(
    watering: Watering, gardener: User
) -> None:
    assert move_deadline("watering", gardener, due_at=now()) is None


@pytest.mark.parametrize(
    ("settle", "state"), [(keep_deadline, State.KEPT), (release_deadline, State.RELEASED)]
)
def test_settling_ends_the_ladder_and_cancels_what_waits_once(
    settle: object, state: State, watering: Watering, gardener: User
) -> None:
    owe(None, "watering", gardener, due_at=now())
    sweep()
    deadline = settle("watering", gardener, reason="They are wet.")  # type: ignore[operator]
    assert settle("watering", gardener) is None  # type: ignore[operator]
    deadline.refresh_from_db()
    assert (deadline.state, deadline.next_step_at, deadline.settled_reason) == (
        state,
        None,
        "They are wet.",
    )
    email = Delivery.objects.get(channel="email")
    assert (email.state, email.cancelled_reason) == ("cancelled", "They are wet.")


def test_keeping_late_is_told_apart_from_keeping_in_time(
    watering: Watering, gardener: User, neighbour: User
) -> None:
    moment = now()
    owe(None, "watering", gardener, due_at=moment - MINUTE)
    owe(None, "watering", neighbour, due_at=moment + MINUTE)
    late, kept = (keep_deadline("watering", who.pk, at=moment) for who in (gardener, neighbour))
    assert late is not None and kept is not None
    assert late.settled_at is not None and kept.settled_at is not None
    assert (late.settled_at > late.due_at, kept.settled_at > kept.due_at) == (True, False)


def test_after_it_is_settled_a_new_one_may_be_opened(watering: Watering, gardener: User) -> None:
    first = owe(None, "watering", gardener, due_at=now())
    keep_deadline("watering", gardener)
    assert owe(None, "watering", gardener, due_at=now()) != first


def test_what_was_set_aside_can_be_taken_up_again(watering: Watering, gardener: User) -> None:
    deadline = owe(None, "watering", gardener, due_at=now())
    assert retry_deadline(deadline.pk) is False
    Deadline.objects.update(set_aside_at=now(), next_step_at=None, failures=5)
    assert retry_deadline(deadline.pk) is True
    assert sweep().stepped == 1
