"""Escalating over the API (P14)."""

import pytest

from incidents.record.models import Incident
from incidents.roster.actions import join
from people.models import User
from tests.programs import Programs

pytestmark = pytest.mark.django_db


def test_p14_escalated_and_heard(
    program: Programs, commander: User, responder: User, incident: Incident
) -> None:
    join(incident, by=responder)
    api, leader = program(responder), program(commander)
    empty = api.post(f"incidents/{incident.ref}/escalations", {"text": ""})
    assert (empty.status_code, empty.json()["errors"][0]["field"]) == (422, "text")
    made = api.post(f"incidents/{incident.ref}/escalations", {"text": "The replica lags"})
    assert made.status_code == 201
    said = made.json()
    assert {name: said[name] for name in ("concern", "text", "by", "acknowledged_at")} == {
        "concern": "stuck",
        "text": "The replica lags",
        "by": responder.email,
        "acknowledged_at": None,
    }
    assert api.get(f"incidents/{incident.ref}").json()["escalations"] == [said]
    own = api.post(f"escalations/{said['id']}/acknowledge", {})
    assert (own.status_code, own.json()["code"]) == (403, "forbidden")
    heard = leader.post(f"escalations/{said['id']}/acknowledge", {})
    assert (heard.status_code, heard.json()["acknowledged_by"]) == (200, commander.email)
    assert api.get(f"incidents/{incident.ref}").json()["escalations"] == []
