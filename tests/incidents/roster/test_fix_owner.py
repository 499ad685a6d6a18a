"""P06: one fix owner, passed on with a note, never the commander."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from deadlines.actions import sweep
from deadlines.models import Deadline
from incidents.record.models import Incident, RoleAssignment
from incidents.roster.actions import assign_role, join, release_role
from notifications.models import Delivery
from people.models import User
from refusals.errors import Refused
from tests.conftest import Clock
from tests.incidents.cast import last_words
from tests.incidents.roster.seated import seats


def test_p06_one_fix_owner_passed_on_with_a_note(
    incident: Incident, commander: User, responder: User, other_responder: User
) -> None:
    assign_role(incident, by=commander, role="fix_owner", person=responder)
    with pytest.raises(Refused) as caught:
        assign_role(incident, by=commander, role="fix_owner", person=other_responder)
    assert caught.value.code == "note_required"
    assign_role(
        incident, by=commander, role="fix_owner", person=other_responder, note="Tunde sleeps."
    )
    assert seats(incident) == [
        ("commander", "Maya"),
        ("fix_owner", "Ravi"),
        ("responder", "Tunde"),
    ]
    assert last_words(incident, "role_handed_over") == [
        "passed fix owner from Tunde Okafor to Ravi Patel: Tunde sleeps."
    ]


def test_p06_the_database_holds_one_fix_owner(
    incident: Incident, responder: User, other_responder: User
) -> None:
    for person, is_refused in ((responder, False), (other_responder, True)):
        row = RoleAssignment(
            incident=incident, role="fix_owner", person=person, started_at=incident.declared_at
        )
        if not is_refused:
            row.save()
            continue
        with pytest.raises(IntegrityError), transaction.atomic():
            row.save()


def test_p06_no_fix_owner_after_the_triage_window_asks_the_commander(
    incident: Incident, commander: User, clock: Clock
) -> None:
    clock.advance(minutes=15, seconds=1)
    sweep()
    asked = Delivery.objects.filter(kind="fix_owner", channel="in_app")
    assert [(one.person, one.step) for one in asked] == [(commander, "due")]
    assert last_words(incident, "deadline_missed") == [
        "The triage window ended without a fix owner"
    ]


def test_p06_whoever_loses_a_seat_hears_of_it(
    incident: Incident, commander: User, responder: User, other_responder: User
) -> None:
    assign_role(incident, by=commander, role="fix_owner", person=responder)
    assign_role(
        incident, by=other_responder, role="fix_owner", person=other_responder, note="Database."
    )
    told = Delivery.objects.filter(kind="seat_lost", channel="in_app").get()
    assert told.person == responder
    assert "Ravi Patel is fix owner now" in told.subject_line


def test_p06_whoever_is_taken_off_a_seat_hears_of_it_and_who_leaves_it_does_not(
    incident: Incident, commander: User, responder: User, other_responder: User
) -> None:
    held = assign_role(incident, by=commander, role="fix_owner", person=responder)
    release_role(held.pk, by=commander, note="Rest first.")
    own = assign_role(incident, by=commander, role="scribe", person=other_responder)
    release_role(own.pk, by=other_responder, note="Off to sleep.")
    told = Delivery.objects.filter(kind="seat_lost", channel="in_app")
    assert [one.person for one in told] == [responder]


def test_p06_the_commander_does_not_own_the_fix(
    incident: Incident, commander: User, responder: User
) -> None:
    join(incident, by=responder)
    with pytest.raises(Refused) as caught:
        assign_role(incident, by=commander, role="fix_owner", person=commander)
    assert caught.value.code == "commander_cannot_own_work"


def test_p06_a_fix_owner_who_leaves_starts_the_window_again(
    incident: Incident, commander: User, responder: User, clock: Clock
) -> None:
    held = assign_role(incident, by=commander, role="fix_owner", person=responder)
    assert not Deadline.objects.open().filter(kind="fix_owner").exists()
    clock.advance(minutes=30)
    released = release_role(held.pk, by=responder, note="Off to sleep.")
    assert released.ended_at is not None
    waiting = Deadline.objects.open().get(kind="fix_owner")
    assert waiting.due_at == released.ended_at + timedelta(minutes=15)
