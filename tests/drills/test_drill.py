"""A drill acts out a script through the product's own actions, in real time or faster."""

import io

import pytest
from django.core.management import call_command

from clock.queries import now
from drills.cast import gather, set_up_services
from drills.player import play_live
from drills.scenarios import SCENARIOS
from drills.script import Stage
from incidents.record.models import Incident, Kind
from incidents.record.timeline import verify

pytestmark = pytest.mark.usefixtures("db")


def test_p62_a_drill_is_an_incident_of_its_own_kind_with_a_whole_record() -> None:
    people = gather(with_password=False)
    stage = Stage(
        people=people, services=set_up_services(people), kind=Kind.DRILL, started_at=now()
    )
    said: list[str] = []
    play_live(SCENARIOS["database"], stage, speed=1e9, say=lambda words: said.append(words))
    drill = Incident.objects.get()
    kinds = set(drill.entries.values_list("kind", flat=True))
    assert drill.kind == Kind.DRILL
    assert verify(drill) is None
    assert kinds >= {"declared", "card_added", "card_moved", "update_published", "role_assigned"}
    assert len(said) >= len(SCENARIOS["database"].steps)


def test_p62_the_scenarios_are_listed() -> None:
    out = io.StringIO()
    call_command("drill", "--list", stdout=out)
    assert [line.split()[0] for line in out.getvalue().splitlines()] == list(SCENARIOS)
