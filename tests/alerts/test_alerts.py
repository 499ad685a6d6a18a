"""An alert opens one incident of its group; what is known changes nothing."""

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail

from alerts.actions import mark_noise
from alerts.models import Alert, AlertGroup
from clock.queries import now
from deadlines.actions import sweep
from deadlines.models import Deadline
from incidents.lifecycle.actions import change_status
from incidents.lifecycle.declaring import declare_incident
from incidents.lifecycle.merging import merge_incident
from incidents.record.models import Incident, Service
from incidents.record.timeline import verify
from incidents.roster.actions import assign_role, join
from incidents.roster.command import accept_command
from incidents.updates.actions import AllClear
from notifications.models import Delivery
from notifications.sending import send_due
from people.models import User
from tests.alerts.told import heard, tell
from tests.conftest import Clock
from tests.incidents.board.test_board_races import at_once
from tests.incidents.cast import fresh, last_words

pytestmark = pytest.mark.django_db

CLEAR = AllClear(executive_summary="Checkout works again.", statement="Checkout failed.")


@pytest.fixture
def shop(responder: User) -> Service:
    """What breaks; ``responder`` owns it."""
    return Service.objects.create(name="Shop", slug="shop", owner=responder)


def owed(incident: Incident) -> set[str]:
    """The kinds of everything that an incident owes now."""
    rows = Deadline.objects.open().filter(incident_id=incident.pk)
    return set(rows.values_list("kind", flat=True))


def told(kind: str) -> list[str]:
    """The names of who has a message of that kind in their inbox, or will have."""
    rows = Delivery.objects.filter(kind=kind, channel="in_app").exclude(state="cancelled")
    return sorted(rows.values_list("person__name", flat=True))


def opened(shop: Service, **more: Any) -> Incident:
    """An incident that an alert opened."""
    incident = tell(shop, **more)
    assert incident is not None
    return incident


def resolved(incident: Incident, by: User) -> Incident:
    """The same, led by somebody and at its end."""
    assign_role(incident, by=by, role="commander", person=by)
    return change_status(
        fresh(incident), by=by, to="resolved", all_clear=CLEAR, override_reason="It is quiet."
    )


def test_p01_an_alert_opens_an_incident_that_owes_only_a_commander(
    shop: Service, clock: Clock
) -> None:
    began = now() - timedelta(minutes=3)
    incident = opened(shop, severity="sev1")
    first = fresh(incident)
    assert (first.title, first.severity, first.status) == (
        "Checkout fails",
        "sev1",
        "investigating",
    )
    assert list(first.services.all()) == [shop]
    assert (owed(first), first.next_update_at, first.makes_promises) == (
        {"no_commander"},
        None,
        False,
    )
    other = tell(shop, heard("Slow", at=began), key="slow")
    assert other is not None
    assert fresh(other).detected_at == began
    assert last_words(incident, "alert_fired") == ["HighErrors fires (alertmanager); 1 firing now"]
    assert verify(first) is None


def test_p01_the_owner_of_the_service_hears_that_nobody_leads(shop: Service, clock: Clock) -> None:
    opened(shop)
    clock.advance(minutes=2, seconds=1)
    sweep()
    assert told("no_commander") == ["Tunde Okafor"]


def test_p01_the_first_to_join_is_offered_command_and_promises_begin(
    shop: Service, outsider: User, other_responder: User, clock: Clock
) -> None:
    incident = opened(shop)
    clock.advance(minutes=30)
    joined_at = now()
    join(incident, by=outsider)
    offer = incident.roles.offered().get(role="commander")
    assert (offer.person, offer.assigned_by) == (outsider, None)
    assert told("command_offered") == ["Jo Dahl"]
    due = fresh(incident).next_update_at
    assert due is not None
    assert timedelta(0) <= due - (joined_at + timedelta(minutes=20)) < timedelta(minutes=1)
    assert owed(incident) == {
        *("no_commander", "update", "war_room_link", "fix_owner", "triage"),
        "command_acceptance",
    }
    join(incident, by=other_responder)
    assert incident.roles.offered().get(role="commander").person == outsider
    accept_command(fresh(incident), by=outsider)
    assert "no_commander" not in owed(incident)
    assert fresh(incident).acknowledged_at is not None


def test_p01_who_takes_command_at_once_is_not_offered_it_first(
    shop: Service, outsider: User
) -> None:
    incident = opened(shop)
    assign_role(incident, by=outsider, role="commander", person=outsider)
    assert last_words(incident, "command_offered") == []
    assert "update" in owed(incident)


def test_p01_who_only_watches_begins_nothing(shop: Service, outsider: User) -> None:
    incident = opened(shop)
    join(incident, by=outsider, role="observer")
    assert owed(incident) == {"no_commander"}


def test_p01_when_all_alerts_are_over_and_nobody_joined_one_message_asks_whether_to_look(
    shop: Service, clock: Clock
) -> None:
    incident = opened(shop, severity="sev2")
    for _ in range(2):
        clock.advance(seconds=30)
        tell(shop, heard(is_firing=False))
        sweep()
        assert owed(incident) == {"alerts_over"}
        clock.advance(seconds=30)
        tell(shop)
        assert owed(incident) == {"no_commander"}
        tell(shop, heard(is_firing=False))
        break
    sweep()
    assert told("alerts_over") == ["Tunde Okafor"]
    assert told("no_commander") == []


@pytest.mark.parametrize(("severity", "at_once"), [("sev2", True), ("sev3", False)])
def test_p01_below_sev2_the_question_waits_for_the_morning(
    shop: Service, clock: Clock, severity: str, at_once: bool
) -> None:
    shop.owner.time_zone = "UTC"  # type: ignore[union-attr]
    shop.owner.save()  # type: ignore[union-attr]
    clock.advance(hours=(26 - now().hour) % 24)
    opened(shop, severity=severity)
    tell(shop, heard(is_firing=False))
    sweep()
    assert told("alerts_over") == (["Tunde Okafor"] if at_once else [])
    clock.advance(hours=8)
    sweep()
    assert told("alerts_over") == ["Tunde Okafor"]


def test_p01_who_joined_is_not_asked_whether_it_was_false(
    shop: Service, outsider: User, clock: Clock
) -> None:
    incident = opened(shop)
    tell(shop, heard(is_firing=False))
    join(incident, by=outsider)
    sweep()
    assert told("alerts_over") == []
    assert "alerts_over" not in owed(incident)


def test_p01_a_storm_is_told_in_one_message_a_person_and_minute(
    shop: Service, clock: Clock
) -> None:
    for number in range(5):
        tell(shop, key=f"group {number}", title=f"group {number}")
    tell(shop, key="another way", source="key 2")
    clock.advance(minutes=2, seconds=1)
    sweep()
    mails = Delivery.objects.filter(kind="no_commander", channel="email")
    assert sorted(mails.values_list("digest", flat=True)) == ["", *["alerts key 1"] * 5]
    together = mails.exclude(digest="")
    assert together.values("next_attempt_at").distinct().count() == 1
    clock.advance(minutes=1, seconds=10)
    send_due("email")
    assert set(together.values_list("state", flat=True)) == {"sent"}
    assert len([one for one in mail.outbox if "group 1" in str(one.body)]) == 1
    assert len(mail.outbox) == 2


def test_what_is_known_changes_nothing(shop: Service, clock: Clock) -> None:
    began = now()
    incident = opened(shop)
    before = fresh(incident).version
    clock.advance(minutes=1)
    assert tell(shop) == incident
    assert tell(shop, heard(at=began - timedelta(hours=1))) == incident
    assert fresh(incident).version == before
    assert Incident.objects.count() == 1


def test_an_alert_joins_the_open_incident_of_its_group(shop: Service) -> None:
    incident = opened(shop)
    assert tell(shop, heard("Slow"), heard("Latency")) == incident
    assert last_words(incident, "alert_fired")[1:] == [
        "Slow, Latency fire (alertmanager); 3 firing now"
    ]
    assert tell(shop, key="another") != incident


def test_worse_alerts_raise_the_severity_until_somebody_joined(
    shop: Service, responder: User
) -> None:
    incident = opened(shop, severity="sev3")
    tell(shop, heard("Slow"), heard("HighErrors"), severity="sev4")
    assert fresh(incident).severity == "sev3"
    tell(shop, heard("Errors"), severity="sev2")
    found = fresh(incident)
    assert (found.severity, found.highest_severity) == ("sev2", "sev2")
    assert last_words(incident, "severity_changed") == [
        "severity rose from SEV3 to SEV2, as its alerts say"
    ]
    join(found, by=responder)
    tell(shop, heard("Down"), severity="sev1")
    assert fresh(incident).severity == "sev2"
    assert last_words(incident, "alert_fired")[-1] == (
        "Down fires (alertmanager); 4 firing now. SEV1 by what it says there"
    )
    assert len(last_words(incident, "severity_changed")) == 1
    assert verify(fresh(incident)) is None


def test_what_is_over_stands_on_the_timeline_and_an_end_alone_opens_nothing(
    shop: Service,
) -> None:
    assert tell(shop, heard(is_firing=False)) is None
    incident = opened(shop)
    tell(shop, heard("Slow"), heard(is_firing=False), heard("Never", is_firing=False))
    assert last_words(incident, "alert_over") == ["HighErrors is over (alertmanager); 1 firing now"]
    tell(shop, heard("Slow", is_firing=False), is_over=True)
    assert last_words(incident, "alert_over")[1:] == [
        "Slow is over (alertmanager); none firing now"
    ]
    assert sorted(Alert.objects.values_list("name", "fired")) == [("HighErrors", 1), ("Slow", 1)]


def test_a_group_that_is_over_ends_also_what_it_does_not_list(shop: Service) -> None:
    incident = opened(shop)
    tell(shop, heard("Slow"), left_out=7)
    assert last_words(incident, "alert_fired")[1:] == [
        "Slow fires (alertmanager); 2 firing now, and 7 more that were not listed"
    ]
    tell(shop, heard("Slow", is_firing=False), is_over=True)
    assert not Alert.objects.firing().exists()


def test_an_old_message_that_comes_again_changes_nothing(shop: Service, clock: Clock) -> None:
    first = now()
    incident = tell(shop, heard(at=first))
    assert incident is not None
    clock.advance(minutes=5)
    over = now()
    tell(shop, heard(at=over, is_firing=False))
    tell(shop, heard(at=first))
    assert not Alert.objects.firing().exists()
    clock.advance(minutes=5)
    tell(shop, heard(at=now()))
    tell(shop, heard(at=over, is_firing=False))
    assert Alert.objects.get().is_firing
    assert verify(fresh(incident)) is None


def test_flapping_is_said_once(shop: Service, clock: Clock) -> None:
    incident = opened(shop)
    for _ in range(6):
        clock.advance(seconds=10)
        tell(shop, heard(is_firing=False))
        clock.advance(seconds=10)
        tell(shop)
    assert last_words(incident, "alert_flapping") == [
        "HighErrors flaps: it fired 3 times. From here on its list counts"
    ]
    assert len(last_words(incident, "alert_fired")) == 2
    assert len(last_words(incident, "alert_over")) == 2
    assert Alert.objects.get().fired == 7


def test_a_tool_that_names_the_group_anew_opens_no_second_incident(shop: Service) -> None:
    incident = opened(shop)
    assert tell(shop, heard(), key="the same by other labels") == incident
    assert AlertGroup.objects.count() == 2
    assert Alert.objects.count() == 1
    assert tell(shop, heard("Other"), key="a third") != incident


def test_an_alert_on_a_resolved_incident_offers_to_reopen_it(
    shop: Service, commander: User, clock: Clock
) -> None:
    incident = resolved(opened(shop), commander)
    clock.advance(minutes=5)
    assert tell(shop) == incident
    assert last_words(incident, "reopening_offered") == []
    tell(shop, heard(is_firing=False))
    clock.advance(minutes=5)
    assert tell(shop) == incident
    tell(shop, heard("Slow"))
    assert last_words(incident, "reopening_offered") == [
        "HighErrors after it was resolved. Reopen it, or say that it is something else",
        "Slow after it was resolved. Reopen it, or say that it is something else",
    ]
    assert fresh(incident).status == "resolved"
    assert told("reopening_offered") == ["Maya Köhler"]


def test_after_a_false_alarm_only_what_fires_anew_opens_another(
    shop: Service, commander: User, clock: Clock
) -> None:
    incident = opened(shop)
    change_status(incident, by=commander, to="cancelled", reason="A probe was wrong.")
    clock.advance(minutes=5)
    assert tell(shop) == incident
    tell(shop, heard(is_firing=False))
    clock.advance(minutes=5)
    another = tell(shop)
    assert another not in (None, incident)
    assert fresh(incident).status == "cancelled"


def test_a_merged_incident_is_followed_to_where_it_went(
    shop: Service, commander: User, clock: Clock
) -> None:
    target = declare_incident(by=commander, title="All is slow", severity="sev1")
    incident = opened(shop)
    merge_incident(incident, by=commander, into=target, reason="The same cause.")
    clock.advance(minutes=1)
    assert tell(shop) == target
    assert tell(shop, heard("Slow")) == target
    assert sorted(Alert.objects.filter(incident=target).values_list("name", flat=True)) == [
        *("HighErrors", "Slow")
    ]
    tell(shop, heard(is_firing=False))
    assert last_words(target, "alert_over") == ["HighErrors is over (alertmanager); 1 firing now"]


def test_alerts_of_what_was_merged_into_a_private_one_stay_outside_of_it(
    shop: Service, commander: User, clock: Clock
) -> None:
    target = declare_incident(by=commander, title="All is slow", severity="sev1", private=True)
    incident = opened(shop)
    merge_incident(incident, by=commander, into=target, reason="The same cause.")
    clock.advance(minutes=1)
    another = tell(shop, heard("Slow"))
    assert another is not None
    assert (another.private, another in (target, incident)) == (False, False)
    assert not Alert.objects.filter(incident=target).exists()


def test_many_alerts_of_one_incident_are_said_as_their_number_doubles(shop: Service) -> None:
    incident = opened(shop)
    for number in range(200):
        tell(shop, heard(f"Pod {number}"))
    assert Alert.objects.count() == 201
    assert len(last_words(incident, "alert_fired")) == 16 + 3
    assert Incident.objects.count() == 1


def test_p56_an_alert_is_marked_as_noise_and_that_is_taken_back(
    shop: Service, responder: User
) -> None:
    incident = opened(shop)
    alert = Alert.objects.get()
    for _ in range(2):
        assert mark_noise(alert.pk, by=responder).noise_by == responder
    for _ in range(2):
        assert not mark_noise(alert.pk, by=responder, is_noise=False).is_noise
    assert last_words(incident, "alert_noise") == [
        "marked as noise HighErrors",
        "takes back that it is noise: HighErrors",
    ]


@pytest.mark.django_db(transaction=True)
def test_fifty_at_once_open_one_incident(shop: Service) -> None:
    answers = at_once(*[lambda: tell(shop)] * 50)
    assert {one.pk for one in answers} == {Incident.objects.get().pk}
    assert Alert.objects.count() == 1
    assert verify(Incident.objects.get()) is None
