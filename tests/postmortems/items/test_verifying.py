"""P58: a week after it was done somebody else confirms that an action item works."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from deadlines.models import Deadline
from incidents.endstate.signals import add_signal, record_samples
from people.actions import deactivate_person
from people.models import User
from postmortems.items.actions import change_item
from postmortems.items.following import finish_item, verify_item
from postmortems.items.models import ActionItem
from postmortems.items.verifiers import verifier_of
from tests.postmortems.conftest import MONDAY, go_through, set_clock
from tests.postmortems.items.conftest import refused, told_to

pytestmark = pytest.mark.django_db


def test_p58_done_is_verified_a_week_later_by_somebody_else(
    item: ActionItem, other_responder: User, commander: User
) -> None:
    go_through(MONDAY)
    done = finish_item(item, by=other_responder, note="Merged.")
    assert finish_item(item, by=commander).done_note == "Merged."
    assert done.done_at is not None
    assert done.verify_due_at == done.done_at + timedelta(days=7)
    deadline = Deadline.objects.open().get(kind="verification", subject_id=item.pk)
    assert deadline.owner == commander
    assert Deadline.objects.get(kind="action_item", subject_id=item.pk).state == "kept"
    early = refused(verify_item, item, by=commander, implemented=True, moving=True)
    assert (early.code, early.facts) == (
        "not_yet",
        {"earliest": (done.done_at + timedelta(days=7)).isoformat()},
    )
    go_through(MONDAY.replace(day=16))
    assert f"- To verify: “{item.title}” ({item.ref})" in told_to(commander)[-1]
    own = refused(verify_item, item, by=other_responder, implemented=True, moving=True)
    assert own.code == "cannot_verify_own"
    set_clock(done.verify_due_at)
    open_answer = refused(verify_item, item, by=commander, implemented=True)
    assert (open_answer.code, open_answer.facts) == ("answer_required", {"missing": ["moving"]})
    verified = verify_item(item, by=commander, implemented=True, moving=True, note="p99 fell.")
    assert (verified.state, verified.verified_by, verified.verified_alone) == (
        "verified",
        commander,
        False,
    )
    assert verified.verified_early_because == ""
    again = verify_item(item, by=commander, implemented=True, moving=True)
    assert again.version == verified.version
    assert not Deadline.objects.open().filter(kind="verification").exists()
    assert refused(finish_item, item, by=commander).code == "invalid_transition"


def test_p58_earlier_than_a_week_needs_a_reason_that_stays_with_it(
    item: ActionItem, other_responder: User, commander: User
) -> None:
    finish_item(item, by=other_responder)
    verified = verify_item(
        item, by=commander, implemented=True, moving=True, reason="It blocked a query already."
    )
    assert verified.verified_early_because == "It blocked a query already."
    entry = verified.postmortem.incident.entries.get(kind="action_verified")
    assert entry.text.endswith(", early: It blocked a query already.")


def test_p58_whoever_ever_owned_it_or_marked_it_done_never_verifies(
    item: ActionItem,
    other_responder: User,
    commander: User,
    responder: User,
    outsider: User,
) -> None:
    finish_item(item, by=commander)
    change_item(item, by=other_responder, owner=responder)
    set_clock(MONDAY + timedelta(days=15))
    for person in (other_responder, commander, responder):
        refusal = refused(verify_item, item, by=person, implemented=True, moving=True)
        assert refusal.code == "cannot_verify_own", person
    assert verify_item(item, by=outsider, implemented=True, moving=True).verified_by == outsider


def test_p58_whoever_inherited_it_from_who_left_has_owned_it(
    item: ActionItem, admin: User, other_responder: User, responder: User, outsider: User
) -> None:
    deactivate_person(other_responder, by=admin, to=responder)
    change_item(item.pk, by=responder, owner=outsider)
    finish_item(item.pk, by=outsider)
    set_clock(MONDAY + timedelta(days=15))
    refusal = refused(verify_item, item.pk, by=responder, implemented=True, moving=True)
    assert refusal.code == "cannot_verify_own"


def test_p58_where_nobody_else_is_left_the_same_person_confirms_after_14_days_marked(
    item: ActionItem, other_responder: User, commander: User, responder: User
) -> None:
    User.objects.filter(pk__in=[commander.pk, responder.pk]).update(is_active=False)
    done = finish_item(item, by=other_responder)
    assert done.done_at is not None
    assert verifier_of(done) is None
    assert done.verify_due_at == done.done_at + timedelta(days=14)
    set_clock(done.done_at + timedelta(days=13))
    answers: dict[str, Any] = {"implemented": True, "moving": True, "reason": "I see it."}
    assert refused(verify_item, item, by=other_responder, **answers).code == "not_yet"
    set_clock(done.done_at + timedelta(days=14))
    verified = verify_item(item, by=other_responder, **answers)
    assert (verified.state, verified.verified_alone) == ("verified", True)
    entry = verified.postmortem.incident.entries.get(kind="action_verified")
    assert entry.text == "verified the action item “A query limit in the ORM” (nobody else)"


def test_p58_the_database_lets_nobody_verify_their_own(
    item: ActionItem, other_responder: User, commander: User
) -> None:
    finish_item(item, by=commander)
    moment = MONDAY + timedelta(days=8)
    for person in (other_responder, commander):
        with pytest.raises(IntegrityError), transaction.atomic():
            ActionItem.objects.filter(pk=item.pk).update(
                state="verified", verified_at=moment, verified_by=person
            )


def test_p58_the_signal_stands_before_and_after_beside_the_verification(
    item: ActionItem, other_responder: User, commander: User
) -> None:
    signal = add_signal(
        item.postmortem.incident,
        by=commander,
        name="Rows read",
        unit="rows",
        comparator="<=",
        target=10_000,
    )
    record_samples(signal.pk, by=commander, samples=[(600_000.0, None)])
    change_item(item, by=commander, signal=signal.pk)
    done = finish_item(item, by=other_responder)
    assert done.verify_due_at is not None
    set_clock(done.verify_due_at)
    record_samples(signal.pk, by=commander, samples=[(800.0, None)])
    verified = verify_item(item, by=commander, implemented=True, moving=True)
    assert verified.signal_before is not None
    assert verified.signal_after is not None
    assert (verified.signal_before["value"], verified.signal_after["value"]) == (600_000.0, 800.0)


@pytest.mark.parametrize(("implemented", "moving"), [(False, None), (True, False), (None, False)])
def test_p58_no_reopens(
    item: ActionItem,
    commander: User,
    other_responder: User,
    implemented: bool | None,
    moving: bool | None,
) -> None:
    assert refused(verify_item, item, by=commander, implemented=True).code == "invalid_transition"
    finish_item(item, by=other_responder)
    again = verify_item(
        item, by=commander, implemented=implemented, moving=moving, note="Not everywhere."
    )
    assert (again.state, again.reopened_count, again.done_at) == ("open", 1, None)
    assert (
        Deadline.objects.open().get(kind="action_item", subject_id=item.pk).due_at == again.due_at
    )
    assert not Deadline.objects.open().filter(kind="verification").exists()


@pytest.mark.parametrize("days", [1, 300])
def test_p58_no_gives_a_week_and_takes_no_day_that_was_given(
    item: ActionItem, commander: User, other_responder: User, days: int
) -> None:
    due_at = MONDAY + timedelta(days=days)
    ActionItem.objects.filter(pk=item.pk).update(due_at=due_at)
    finish_item(item.pk, by=other_responder)
    again = verify_item(item.pk, by=commander, implemented=False, note="Not everywhere.")
    if days == 300:
        assert again.due_at == due_at
    else:
        assert timedelta(days=7) <= again.due_at - MONDAY < timedelta(days=9)
