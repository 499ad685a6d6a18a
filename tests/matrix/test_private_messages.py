"""What is queued, kept in an inbox or due tells nobody of a private incident who may not see it."""

from datetime import timedelta
from typing import Any

import pytest

from clock.queries import now
from deadlines.actions import sweep
from deadlines.kinds import all_kinds as all_deadline_kinds
from incidents.lifecycle.declaring import declare_incident
from incidents.record.visibility import who_sees
from incidents.roster.queries import beyond_the_roster, escalation_contacts
from notifications.headings import put_headings
from notifications.kinds import all_kinds
from notifications.models import Delivery
from notifications.queries import inbox
from notifications.sending import send_due
from notifications.sight import HIDDEN, show
from notifications.verdicts import verdict_on
from people.models import User
from postmortems.items.actions import add_item
from postmortems.items.daily_message import write_message
from postmortems.items.models import ActionItem
from postmortems.review.actions import open_review
from tests.conftest import Clock
from tests.matrix.hidden import WORD, Hidden, queue, signed_in
from tests.postmortems.conftest import resolve

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(600)]

#: Kinds of messages about no incident, and about several at once.
OF_NOTHING, OF_SEVERAL = {"test", "service_owner"}, {"morning", "inherited"}


@pytest.mark.parametrize("kind", [one.name for one in all_kinds()])
def test_no_kind_of_message_tells_of_a_private_incident(hidden: Hidden, kind: str) -> None:
    leaver = hidden.outside["leaver"]
    queue(kind, hidden.incident, leaver, "before")
    waiting = Delivery.objects.get(key__startswith="before:later", channel="email")
    assert not verdict_on(waiting).because.startswith("They may not see")
    hidden.make_private()
    assert verdict_on(waiting).because == "They may not see the incident any more."
    queue(kind, hidden.incident, leaver, "after")
    queued = Delivery.objects.filter(key__startswith="after:")
    assert set(queued.values_list("state", flat=True)) == {"cancelled"}
    rows = list(inbox(leaver).filter(key__startswith="before:now"))
    show(leaver, rows)
    put_headings(rows)
    assert [(one.subject_line, one.text, one.url, one.incident_ref) for one in rows] == [
        (HIDDEN, "", "", "")
    ]


def test_only_what_is_known_is_about_nothing_or_about_several(hidden: Hidden, clock: Clock) -> None:
    clock.advance(days=15)
    sweep()
    several = {
        one.kind
        for one in Delivery.objects.all()
        if one.incident_id is None or one.context.get("incidents")
    }
    assert several <= OF_NOTHING | OF_SEVERAL
    assert {one.name for one in all_kinds()} >= OF_NOTHING | OF_SEVERAL


@pytest.fixture
def digest(hidden: Hidden) -> Delivery:
    """A mail to the leaver about an item of the incident and one of another."""
    leaver, lead = hidden.outside["leaver"], hidden.inside["commander"]
    other = declare_incident(by=lead, title="Printers jam", severity="sev4")
    resolve(other, lead)
    add_item(
        open_review(other, by=lead),
        by=lead,
        title="Limit jams in the ORM",
        type="guardrail",
        owner=leaver,
        due_at=now() + timedelta(hours=20),
        priority="p2",
        success_criterion="No jam in 10 000 queries.",
    )
    items = ActionItem.objects.filter(owner=leaver).values_list("pk", flat=True)
    write_message(leaver, [("action_item", pk, "due") for pk in items], now())
    mail = Delivery.objects.select_related("person").get(
        kind="morning", channel="email", person=leaver
    )
    assert hidden.told_by(mail.text) == {WORD, hidden.incident.ref}
    assert "Limit jams" in mail.text
    return mail


def test_a_queued_digest_leaves_without_what_became_private(
    hidden: Hidden, digest: Delivery, mailoutbox: list[Any]
) -> None:
    hidden.make_private()
    send_due("email")
    told = [mail for mail in mailoutbox if "printers" in mail.body.lower() or "jams" in mail.body]
    assert len(told) == 1
    assert hidden.told_by(told[0].body + told[0].subject) == set()
    assert "Limit jams in the ORM" in told[0].body


def test_a_digest_in_the_inbox_shows_what_is_left_of_it(hidden: Hidden, digest: Delivery) -> None:
    leaver = hidden.outside["leaver"]
    hidden.make_private()
    page = signed_in(leaver).get("/notifications/").content.decode()
    assert hidden.told_by(page) == set()
    assert "Limit jams in the ORM" in page
    assert HIDDEN in page


def test_ladders_and_contacts_reach_only_who_may_see(hidden: Hidden, clock: Clock) -> None:
    public_says = {one.name for one in escalation_contacts(hidden.incident)}
    assert public_says == {"Contact Outside"}
    assert [one.name for one in beyond_the_roster(hidden.incident)] == ["Owner Outside"]
    hidden.make_private()
    assert [one.name for one in escalation_contacts(hidden.incident)] == ["Admin Inside"]
    assert [one.name for one in beyond_the_roster(hidden.incident)] == ["Admin Inside"]
    before = set(Delivery.objects.values_list("pk", flat=True))
    for _ in range(12):
        clock.advance(hours=5)
        sweep()
    told = Delivery.objects.exclude(pk__in=before).exclude(state="cancelled")
    people = list(User.objects.filter(pk__in=told.values("person")))
    assert {one.pk for one in people} <= who_sees(people, hidden.incident)
    assert hidden.inside["admin"] in people


def test_an_inactive_contact_hears_nothing(hidden: Hidden) -> None:
    User.objects.filter(pk=hidden.outside["contact"].pk).update(is_active=False)
    assert [one.name for one in escalation_contacts(hidden.incident)] == ["Owner Outside"]


def test_every_kind_of_deadline_is_a_kind_of_message() -> None:
    assert {one.name for one in all_deadline_kinds()} <= {one.name for one in all_kinds()}
