"""Why an item is not done is read wherever the review is (P58)."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from clock.written import written
from people.models import User
from postmortems.items.actions import add_item, change_item
from postmortems.items.following import decline_item, move_item
from postmortems.items.models import ActionItem
from postmortems.publication.actions import publish_postmortem
from postmortems.review.models import Postmortem
from refusals.errors import Refused
from tests.matrix.hidden import signed_in

pytestmark = pytest.mark.django_db

WHY = "The export is retired in May."


@pytest.mark.parametrize("when", ["before", "after"])
def test_p58_the_reason_for_not_doing_stands_in_the_review(
    when: str, asked: Postmortem, item: ActionItem, commander: User, stakeholder: User
) -> None:
    if when == "before":
        decline_item(item, by=commander, reason=WHY)
        publish_postmortem(asked, by=commander, no_actions_because="It is retired.")
    else:
        publish_postmortem(asked, by=commander)
        decline_item(item, by=commander, reason=WHY)
    reader = signed_in(stakeholder)
    ref = asked.incident.ref
    said = f"Not doing: {WHY}"
    assert said in reader.get(f"/postmortems/{ref}/").content.decode()
    assert said in reader.get(f"/postmortems/{ref}/?as=md").content.decode()
    actions = reader.get(f"/api/v1/incidents/{ref}/postmortem").json()["actions"]
    assert [one["declined_because"] for one in actions] == [WHY]


@pytest.mark.parametrize("when", ["before", "after"])
def test_p58_why_a_date_moved_stands_in_the_review_and_its_markdown(
    when: str, asked: Postmortem, item: ActionItem, commander: User, stakeholder: User
) -> None:
    if when == "after":
        publish_postmortem(asked, by=commander)
    days = [item.due_at + timedelta(days=number) for number in (3, 5)]
    for day, why in zip(days, ("The vendor is late.", "The freeze lasts longer."), strict=True):
        move_item(item.pk, by=commander, due_at=day, reason=why)
    if when == "before":
        publish_postmortem(asked, by=commander)
    reader, ref = signed_in(stakeholder), asked.incident.ref
    first, second, third = (written(one) for one in (item.due_at, *days))
    text = reader.get(f"/postmortems/{ref}/?as=md").content.decode()
    assert f"  - Moved from {first} to {second}: The vendor is late." in text
    assert f"  - Moved from {second} to {third}: The freeze lasts longer." in text
    page = " ".join(reader.get(f"/postmortems/{ref}/").content.decode().split())
    assert "The vendor is late." in page
    assert "The freeze lasts longer." in page


def test_p53_why_a_date_moved_is_checked_at_publication(
    asked: Postmortem, item: ActionItem, commander: User, other_responder: User
) -> None:
    blame = f"{other_responder.name} forgot to order it."
    move_item(item.pk, by=commander, due_at=item.due_at + timedelta(days=3), reason=blame)
    with pytest.raises(Refused) as refused:
        publish_postmortem(asked, by=commander)
    assert refused.value.code == "language_flagged"
    places = {one["place"] for one in refused.value.facts["findings"]}
    assert places == {f"item:{item.pk}:move:1"}


AFTERWARDS: dict[str, Callable[[ActionItem, User, str], object]] = {
    "another item": lambda item, by, blame: add_item(
        item.postmortem,
        by=by,
        title=f"A limit, since {blame}",
        type="guardrail",
        owner=item.owner,
        due_at=item.due_at,
        priority="p1",
        success_criterion="No query reads more.",
    ),
    "its criterion": lambda item, by, blame: add_item(
        item.postmortem,
        by=by,
        title="A limit",
        type="guardrail",
        owner=item.owner,
        due_at=item.due_at,
        priority="p1",
        success_criterion=f"No query reads more, as when {blame}",
    ),
    "another title": lambda item, by, blame: change_item(
        item.pk, by=by, title=f"A limit, since {blame}"
    ),
    "another criterion": lambda item, by, blame: change_item(
        item.pk, by=by, success_criterion=f"None, as when {blame}"
    ),
    "a moved date": lambda item, by, blame: move_item(
        item.pk, by=by, due_at=item.due_at + timedelta(days=3), reason=blame
    ),
    "not doing": lambda item, by, blame: decline_item(item.pk, by=by, reason=blame),
}


@pytest.mark.parametrize("what", AFTERWARDS)
def test_p53_what_joins_a_published_review_is_checked_as_what_was_there(
    what: str, asked: Postmortem, item: ActionItem, commander: User, other_responder: User
) -> None:
    publish_postmortem(asked, by=commander)
    item.refresh_from_db()
    act = AFTERWARDS[what]
    with pytest.raises(Refused) as refused:
        act(item, commander, f"{other_responder.name} forgot to look")
    assert refused.value.code == "language_flagged"
    assert other_responder.name in {one["text"] for one in refused.value.facts["findings"]}
    act(item, commander, "the table had no limit")
