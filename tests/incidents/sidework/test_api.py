"""Paused work over the API (P07)."""

import pytest

from incidents.record.models import Incident
from people.models import User
from tests.programs import Programs

pytestmark = pytest.mark.django_db


def test_p07_paused_and_settled(
    program: Programs, commander: User, responder: User, incident: Incident
) -> None:
    api = program(commander)
    path = f"incidents/{incident.ref}/paused-work"
    body = {"title": "Search re-index", "owner": "nobody@example.com", "why": "Same database"}
    unknown = api.post(path, body)
    assert (unknown.status_code, unknown.json()["errors"][0]["field"]) == (422, "owner")
    made = api.post(path, {**body, "owner": responder.email, "url": "https://x.example/1"})
    assert made.status_code == 201
    said = made.json()
    assert (said["owner"], said["outcome"], said["url"]) == (
        responder.email,
        None,
        "https://x.example/1",
    )
    assert api.get(f"incidents/{incident.ref}").json()["paused_work"] == [said]
    bare = api.post(f"paused-work/{said['id']}/settle", {"outcome": "dropped"})
    assert (bare.status_code, bare.json()["code"]) == (409, "reason_required")
    settled = api.post(
        f"paused-work/{said['id']}/settle", {"outcome": "dropped", "note": "Not needed."}
    )
    assert (settled.status_code, settled.json()["outcome"]) == (200, "dropped")
    (shown,) = api.get(f"incidents/{incident.ref}").json()["paused_work"]
    assert shown == settled.json()
