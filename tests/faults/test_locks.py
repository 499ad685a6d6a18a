"""An incident that somebody holds in the database: who waits, for how long, and who does not."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from django.db import connection

from incidents.board.actions import add_card
from incidents.lifecycle.declaring import declare_incident
from incidents.record.models import Incident, Severity
from people.models import User
from tests.faults.site import Answer, Site, Sites

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(900)]


@contextmanager
def held(incident: Incident) -> Iterator[None]:
    """Somebody outside holds the incident's row."""
    database = connection.settings_dict
    with psycopg.connect(
        host=database["HOST"],
        user=database["USER"],
        password=database["PASSWORD"] or None,
        dbname=database["NAME"],
    ) as outside:
        outside.execute("SELECT 1 FROM incidents_incident WHERE id = %s FOR UPDATE", [incident.pk])
        yield
        outside.rollback()


def test_a_held_incident_takes_no_thread_from_others_and_its_writes_are_told_so(
    site: Site, incident: Incident, commander: User
) -> None:
    other = declare_incident(by=commander, title="Mail is late", severity=Severity.SEV3)
    site.signed_in(commander)
    card = add_card(incident, by=commander, title="Look")
    assert site.api(f"incidents/{other.ref}").status == 200
    note = f"incidents/{incident.ref}/notes"
    with held(incident):
        writes = site.together(
            [lambda: site.api(note, "POST", json={"text": "Seen"})] * 12
            + [lambda: site.api(f"cards/{card.pk}", "PATCH", json={"title": "x", "version": 1})]
            * 12
        )
        time.sleep(0.3)
        beside = [
            site.ask("/healthz"),
            site.api(f"incidents/{incident.ref}"),
            site.api(f"incidents/{other.ref}/notes", "POST", json={"text": "Fine"}),
            site.ask("/readyz"),
        ]
        told = writes.answers
    # All came while the lock was held; the control shows what else happens.
    assert [one.status for one in beside[:3]] == [200, 200, 201]
    assert '"database": {\n  "ok": true' in beside[3].text
    assert {(one.status, one.headers["retry-after"]) for one in told} == {(503, "3")}
    assert {one.headers["content-type"] for one in told} == {"application/problem+json"}
    assert all('"code": "busy"' in one.text for one in told)
    after = site.api(note, "POST", json={"text": "Seen"})
    assert after.status == 201


def test_a_form_whose_wait_ended_keeps_what_was_typed(
    site: Site, incident: Incident, commander: User
) -> None:
    site.signed_in(commander)
    with held(incident):
        answer = site.ask(
            f"/incidents/{incident.ref}/notes/",
            "POST",
            data={"text": "Typed at three in the morning", "kind": "note"},
        )
    assert (answer.status, answer.headers["retry-after"]) == (503, "3")
    assert "Typed at three in the morning" in answer.text
    assert "Somebody else holds that" in answer.text


def test_control_without_limits_a_held_incident_stops_every_page(
    sites: Sites, incident: Incident, commander: User
) -> None:
    site = sites("places")
    site.signed_in(commander)
    note = f"incidents/{incident.ref}/notes"

    def write() -> Answer:
        return site.api(note, "POST", json={"text": "Seen"})

    with held(incident):
        writes = site.together([write] * 12)
        time.sleep(1)
        beside = site.api(f"incidents/{incident.ref}", patience=6)
        probe = site.ask("/healthz")
    assert (beside.status, probe.status) == (0, 200)
    assert {one.status for one in writes.answers} == {201}
