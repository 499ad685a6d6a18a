"""Why an item is not done is read wherever the review is (P58)."""

import pytest

from people.models import User
from postmortems.items.following import decline_item
from postmortems.items.models import ActionItem
from postmortems.publication.actions import publish_postmortem
from postmortems.review.models import Postmortem
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
