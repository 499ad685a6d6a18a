"""P45: every promise of an incident, kept, late by how much or missed; times by one's own clock."""

import re
from datetime import timedelta

import pytest
from django.test import Client

from clock.queries import now
from deadlines.actions import sweep
from deadlines.models import Deadline
from deadlines.promises import deadlines_of, heard_of, promise_at
from incidents.lifecycle.actions import change_status
from incidents.record.models import Incident
from incidents.roster.actions import join
from notifications.models import Delivery
from people.models import User
from tests.conftest import Clock
from tests.incidents.cast import publish

pytestmark = pytest.mark.django_db


def outcomes(incident: Incident) -> list[tuple[str, int]]:
    """How the promised updates went, the oldest first, with whole minutes late."""
    made = [promise_at(one, now()) for one in deadlines_of(incident.pk).filter(kind="update")]
    return [
        (one.outcome.value, int((one.late_by or timedelta()).total_seconds() // 60))
        for one in reversed(made)
    ]


def test_p45_each_promise_says_how_it_went(
    incident: Incident, commander: User, clock: Clock
) -> None:
    clock.advance(minutes=10)
    publish(incident, commander)
    clock.advance(minutes=13)
    publish(incident, commander, status_text="Errors at 12 %.")
    assert outcomes(incident) == [("kept", 0), ("late", 3), ("open", 0)]
    clock.advance(minutes=14)
    assert outcomes(incident)[-1] == ("missed", 4)
    change_status(incident, by=commander, to="cancelled", reason="A false alarm.")
    assert outcomes(incident)[-1] == ("missed", 4), "ending it does not make it kept"


def test_p45_a_page_lists_them(incident: Incident, commander: User, clock: Clock) -> None:
    clock.advance(minutes=18)
    publish(incident, commander)
    client = Client()
    client.force_login(commander)
    html = client.get(f"/incidents/{incident.ref}/promises/").content.decode()
    text = " ".join(re.sub(r"<[^>]+>", " ", html).split())
    assert "the next update Maya Köhler ▲ kept 3 min late" in text
    assert "the next update Maya Köhler open" in text


def test_p45_the_page_says_by_what_ladder_who_heard_what_when(
    incident: Incident, commander: User, responder: User, clock: Clock
) -> None:
    join(incident, by=responder)
    for minutes in (10, 5, 5):
        clock.advance(minutes=minutes, seconds=1)
        sweep()
    publish(incident, commander)
    (update,) = deadlines_of(incident.pk).filter(kind="update", state="kept")
    steps = heard_of(incident.pk, [update])[update.pk]
    assert [(one.step, sorted(one.people)) for one in steps] == [
        ("before", ["Maya Köhler"]),
        ("due", ["Maya Köhler"]),
        ("late", ["Maya Köhler", "Tunde Okafor"]),
    ]
    client = Client()
    client.force_login(commander)
    html = client.get(f"/incidents/{incident.ref}/promises/").content.decode()
    text = " ".join(re.sub(r"<[^>]+>", " ", html).split())
    assert re.search(
        r"before, \d\d:\d\d UTC Maya Köhler due, \d\d:\d\d UTC Maya Köhler late,", text
    )


def test_p45_the_time_is_told_by_the_clock_of_who_reads_it(
    incident: Incident, commander: User, clock: Clock
) -> None:
    User.objects.filter(pk=commander.pk).update(time_zone="Asia/Tokyo")
    clock.advance(minutes=15, seconds=1)
    sweep()
    due = Deadline.objects.get(kind="update")
    told = Delivery.objects.get(kind="update", channel="in_app", step="due")
    commander.refresh_from_db()
    at = f"{due.due_at.astimezone(commander.zone):%H:%M} JST"
    assert told.subject_line == f"{incident.ref}: the update promised for {at} is due"
