"""Every mail about an incident says how bad it is, what broke, its state and the next time."""

from collections.abc import Iterator

import pytest
from django.core import mail
from django.db import connection
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext

from deadlines.sweeping import sweep
from incidents.escalations.actions import escalate
from incidents.lifecycle.actions import change_status
from incidents.lifecycle.declaring import declare_incident
from incidents.lifecycle.details import change_incident
from incidents.record.models import Incident
from incidents.roster.actions import assign_role, join
from notifications.sending import send_due
from people.models import User
from tests.conftest import Clock

pytestmark = pytest.mark.django_db

MISS = "Nobody can pay by card"


@pytest.fixture(autouse=True)
def letters() -> Iterator[None]:
    """Mails end in Django's own outbox."""
    with override_settings(EMAIL_BACKEND="django.core.mail.backends.locmem.EmailBackend"):
        yield


def arrived(person: User) -> list[tuple[str, str, str]]:
    """Subject, first line and reason of each mail to ``person`` since the last time."""
    mail.outbox.clear()
    send_due("email")
    mine = [one for one in mail.outbox if one.to == [person.email]]
    reasons = [
        next(line for line in str(one.body).splitlines() if line.startswith("You get this"))
        for one in mine
    ]
    return [
        (str(one.subject), str(one.body).splitlines()[0], reason)
        for one, reason in zip(mine, reasons, strict=True)
    ]


def test_p45_a_nudge_says_all_of_it_in_subject_and_first_line_and_why_one_gets_it(
    incident: Incident, commander: User, responder: User, clock: Clock
) -> None:
    commander.time_zone = "Europe/Berlin"
    commander.save()
    change_incident(incident, by=commander, statement=MISS)
    incident.refresh_from_db()
    assert incident.next_update_at is not None
    at = incident.next_update_at.astimezone(commander.zone)
    first = f"SEV1 · {MISS} · investigating · next update {at:%a %H:%M} {at.tzname()}"
    clock.advance(minutes=11)
    sweep()
    assert (
        f"SEV1 {incident.ref}: the next update is promised for {at:%H:%M %Z} · {MISS}",
        first,
        "You get this because you speak for the incident.",
    ) in arrived(commander)
    first_late = (
        f"SEV1 · {MISS} · investigating · update overdue since "
        f"{incident.next_update_at:%a %H:%M} UTC"
    )
    join(incident, by=responder)
    for minutes in (4.1, 5.1):
        clock.advance(minutes=minutes)
        sweep()
    assert (
        f"SEV1 {incident.ref}: update overdue since {incident.next_update_at:%H:%M} UTC · {MISS}",
        first_late,
        "You get this because you have your hands free, and the promise is missed.",
    ) in arrived(responder)


def test_a_role_that_is_given_says_how_the_incident_stands_as_the_mail_leaves(
    incident: Incident, commander: User, responder: User
) -> None:
    assign_role(incident, by=commander, role="fix_owner", person=responder)
    change_incident(incident, by=commander, statement=MISS)
    change_status(incident, by=commander, to="identified")
    ((subject, first, reason),) = arrived(responder)
    assert subject == f"SEV1 {incident.ref}: you are fix owner · {MISS}"
    assert first.startswith(f"SEV1 · {MISS} · identified · next update ")
    assert reason == "You get this because somebody gave you the role."


def test_a_drill_says_that_it_is_one(commander: User, responder: User) -> None:
    drill = declare_incident(by=commander, title="Practice", severity="sev2", kind="drill")
    assign_role(drill, by=commander, role="fix_owner", person=responder)
    ((subject, first, _),) = arrived(responder)
    assert subject == f"SEV2 drill {drill.ref}: you are fix owner · Practice"
    assert first.startswith("SEV2 drill · Practice · investigating")


def test_inbox_and_bell_say_how_bad_it_is_and_what_broke_with_as_many_queries_for_many(
    incident: Incident, commander: User, responder: User
) -> None:
    client = Client()
    client.force_login(responder)
    counts = []
    for number in range(9):
        one = declare_incident(by=commander, title=f"Thing {number} is down", severity="sev2")
        assign_role(one, by=commander, role="fix_owner", person=responder)
        if number in (1, 8):
            with CaptureQueriesContext(connection) as seen:
                page = client.get("/notifications/").content.decode()
            counts.append(len(seen))
    assert counts[0] == counts[1]
    said = f"SEV2 {one.ref}: you are fix owner · Thing 8 is down"
    assert said in page
    assert f'data-text="{said}"' in client.get("/notifications/count/").content.decode()
    # A text that says again what its subject says is not shown a second time.
    escalate(one, by=commander, text="Who has the key?")
    page = client.get("/notifications/").content.decode()
    assert page.count("is stuck: Who has the key?") == 1
    assert "Acknowledge it on the board" in page
