"""The demo plays on the product's own actions."""

import pytest

from clock.queries import now
from drills.demo import AlreadyInUse, set_up
from incidents.models import Incident
from incidents.timeline import verify


@pytest.mark.usefixtures("policies")
def test_the_demo_loads_history_and_an_incident_in_progress(
    tmp_path: object, settings: object
) -> None:
    settings.DATA = tmp_path  # type: ignore[attr-defined]
    before = now()
    ref = set_up()
    incidents = {one.title: one for one in Incident.objects.all()}
    running = next(one for one in incidents.values() if one.ref == ref)
    assert len(incidents) == 3
    assert running.status == "identified"
    assert running.is_open
    assert running.next_update_at is not None
    assert not running.update_overdue_at(now())
    assert {one.status for one in incidents.values()} <= {"identified", "resolved", "closed"}
    assert [verify(one) for one in incidents.values()] == [None, None, None]
    assert (now() - before).total_seconds() < 60
    with pytest.raises(AlreadyInUse):
        set_up()
