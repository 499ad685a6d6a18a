"""The moves that scripts are made of."""

import pytest

from drills.cast import gather, set_up_services
from drills.moves import adds
from drills.script import Stage
from incidents.record.models import Incident

pytestmark = pytest.mark.django_db


def test_a_move_played_again_says_all_of_it_again(incident: Incident) -> None:
    people = gather(with_password=False)
    stage = Stage(
        people=people,
        services=set_up_services(people),
        kind="incident",
        started_at=incident.declared_at,
        incident=incident,
    )
    move = adds("ravi", "replica", "Fail over", owner="tunde", pair="jo", risk="risky")
    for _ in range(2):
        move(stage)
        card = stage.card("replica")
        assert (card.owner, card.pair) == (people["tunde"], people["jo"])
