"""P31: in recovery a time box may last up to the next update."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clock.queries import now
from incidents.board.actions import change_card
from incidents.lifecycle.details import change_incident
from incidents.record.models import Incident
from incidents.roster.actions import join
from people.models import User
from refusals.errors import Refused
from tests.conftest import Clock
from tests.incidents.cast import fresh, ready, start
from warroom.room import load_room

pytestmark = pytest.mark.django_db


@pytest.fixture
def recovering(incident: Incident, commander: User, responder: User, clock: Clock) -> Incident:
    """An incident whose next update is promised in four hours and a bit, in recovery."""
    join(incident, by=responder)
    at = f"{now() + timedelta(hours=4, minutes=1):%H:%M}"
    daily = {"daily_at": at, "time_zone": "UTC", "reason": "The vendor repairs it."}
    change_incident(incident, by=commander, cadence=daily)
    promised = fresh(incident)
    promised.next_update_at = now() + timedelta(hours=4, seconds=5)
    promised.save(update_fields=["next_update_at"])
    return promised


def test_p31_in_recovery_a_time_box_lasts_up_to_the_next_update(
    recovering: Incident, responder: User
) -> None:
    card = ready(recovering, responder, time_box_min=240)
    assert start(card, responder).time_box_min == 240
    renamed = change_card(card.pk, by=responder, version=2, title="Cap the query for good")
    assert renamed.column == "now"


def test_p31_in_recovery_a_longer_one_needs_its_reason(
    recovering: Incident, responder: User
) -> None:
    card = ready(recovering, responder, time_box_min=241)
    with pytest.raises(Refused) as caught:
        start(card, responder)
    assert (caught.value.code, caught.value.facts) == (
        "card_not_ready",
        {"missing": ["time_box_reason"]},
    )
    change_card(card.pk, by=responder, version=1, time_box_reason="the copy runs all day")
    assert start(card, responder).column == "now"


def test_p31_the_board_asks_nothing_more_of_long_time_boxes_in_recovery(
    recovering: Incident, responder: User
) -> None:
    def cost(cards: int) -> tuple[list[str], int]:
        for number in range(cards):
            ready(recovering, responder, title=f"Copy {number}", time_box_min=90)
        with CaptureQueriesContext(connection) as queries:
            room = load_room(recovering.pk)
        assert room is not None
        return [card.missing for card in room.columns["next"]], len(queries)

    (one, few), (all_, many) = cost(1), cost(5)
    assert {*one, *all_} == {""}
    assert few == many
