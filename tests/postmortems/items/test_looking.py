"""P58: a week after publication the whole list is looked at, item by item."""

from datetime import timedelta
from typing import Any

import pytest

from deadlines.models import Deadline
from people.models import User
from postmortems.items.actions import add_item
from postmortems.items.following import decline_item
from postmortems.items.looking import look_at_item
from postmortems.items.models import ActionItem
from postmortems.publication.actions import publish_postmortem
from postmortems.review.models import Postmortem
from refusals.errors import Forbidden
from tests.postmortems.conftest import MONDAY, set_clock
from tests.postmortems.items.conftest import refused, whole

pytestmark = pytest.mark.django_db


def publish(item: ActionItem, by: User) -> None:
    publish_postmortem(item.postmortem, by=by)


def test_p58_the_list_is_looked_at_item_by_item_a_week_after_publication(
    item: ActionItem, commander: User, other_responder: User, responder: User
) -> None:
    other = add_item(item.postmortem, by=commander, **whole(responder, title="A dry run"))
    gone = add_item(item.postmortem, by=commander, **whole(responder, title="An alert"))
    decline_item(gone, by=commander, reason="Retired.")
    seen: dict[str, Any] = {"started": True, "owned": True, "still_right": False, "word": "Half."}
    assert refused(look_at_item, item, by=commander, **seen).code == "not_yet"
    publish(item, commander)
    assert refused(look_at_item, item, by=commander, **seen).code == "not_yet"
    set_clock(MONDAY + timedelta(days=7, hours=1))
    with pytest.raises(Forbidden):
        look_at_item(item, by=responder, **seen)
    refusal = refused(look_at_item, item, by=commander, started=True, owned=True)
    assert (refusal.code, refusal.facts) == (
        "answer_required",
        {"missing": ["still_right", "word"]},
    )
    named = {**seen, "word": f"{responder.name} did not start."}
    assert refused(look_at_item, item, by=commander, **named).code == "language_flagged"
    look = look_at_item(item, by=other_responder, **seen)
    assert (look.by, look.words) == (other_responder, "started, owned, no longer right")
    assert look_at_item(item, by=commander, **{**seen, "word": "Later."}).word == "Half."
    review = Postmortem.objects.get(pk=item.postmortem_id)
    assert review.list_looked_at is None
    assert Deadline.objects.get(kind="follow_up", subject_id=review.pk).state == "open"
    assert refused(look_at_item, gone, by=commander, **seen).code == "invalid_transition"
    look_at_item(other, by=commander, **seen)
    review.refresh_from_db()
    assert (review.list_looked_at is not None, review.list_looked_by) == (True, commander)
    assert Deadline.objects.get(kind="follow_up", subject_id=review.pk).state == "kept"
    assert review.incident.entries.filter(kind="action_looked_at").count() == 2


def test_p58_a_list_whose_items_all_found_their_end_asks_nobody(
    item: ActionItem, commander: User
) -> None:
    publish(item, commander)
    decline_item(item, by=commander, reason="The service is retired.")
    assert Deadline.objects.get(kind="follow_up").state == "released"
