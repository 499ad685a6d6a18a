"""Time boxes bite: what runs over is chosen on the card, and the triage window on the board."""

from datetime import timedelta

import pytest
from django.test import Client

from clock.queries import now
from deadlines.actions import sweep
from deadlines.models import Deadline
from incidents.escalations.models import Escalation
from incidents.lifecycle.actions import AllClear, change_status
from incidents.lifecycle.declaring import declare_incident
from incidents.lifecycle.details import change_incident
from incidents.record.models import Incident
from incidents.roster.actions import join
from incidents.triage.actions import choose_after_triage
from notifications.models import Delivery
from people.models import User
from refusals.errors import Forbidden, Invalid, Refused
from tests.conftest import Clock
from tests.incidents.cast import fresh, last_words, ready, start
from tests.programs import Programs

pytestmark = pytest.mark.django_db


def owed(incident: Incident) -> list[Deadline]:
    return list(Deadline.objects.open().filter(kind="triage", incident_id=incident.pk))


def minutes_left(incident: Incident) -> int | None:
    until = fresh(incident).triage_until
    return None if until is None else round((until - now()).total_seconds() / 60)


@pytest.mark.parametrize(
    ("severity", "minutes"), [("sev1", 15), ("sev2", 20), ("sev3", None), ("sev4", None)]
)
def test_p34_investigating_has_the_window_of_its_severity(
    commander: User, severity: str, minutes: int | None
) -> None:
    incident = declare_incident(by=commander, title="Calls fail", severity=severity)
    assert minutes_left(incident) == minutes
    assert [one.due_at for one in owed(incident)] == [
        one for one in [incident.triage_until] if one is not None
    ]


def test_p34_at_its_end_the_commander_is_nudged_and_the_board_offers_three(
    incident: Incident, commander: User, clock: Clock
) -> None:
    client = Client()
    client.force_login(commander)
    room = f"/incidents/{incident.ref}/"
    clock.advance(minutes=15, seconds=1)
    sweep()
    told = Delivery.objects.filter(kind="triage", channel="in_app")
    assert [one.person for one in told] == [commander]
    assert last_words(incident, "triage_ended") == [
        "The triage window ended and the cause is not known"
    ]
    page = client.get(room).content.decode()
    assert "The triage window ended at" in page
    for words in ('name="to" value="identified"', "triage/?to=widen", "triage/?to=escalate"):
        assert words in page
    assert client.post(f"{room}triage/", {"to": "identified"}).status_code == 302
    assert fresh(incident).status == "identified"
    assert "The triage window ended at" not in client.get(room).content.decode()


def test_p34_identified_keeps_it_and_going_back_begins_another(
    incident: Incident, commander: User, clock: Clock
) -> None:
    choose_after_triage(incident, by=commander, choice="identified")
    assert (fresh(incident).status, minutes_left(incident), owed(incident)) == (
        "identified",
        None,
        [],
    )
    clock.advance(minutes=9)
    change_status(incident, by=commander, to="investigating", reason="It was something else.")
    assert minutes_left(incident) == 15


def test_p34_widening_brings_people_in_or_raises_it_and_begins_anew(
    incident: Incident, commander: User, responder: User, clock: Clock
) -> None:
    clock.advance(minutes=16)
    sweep()
    with pytest.raises(Invalid):
        choose_after_triage(incident, by=commander, choice="widen")
    choose_after_triage(incident, by=commander, choice="widen", person=responder)
    assert incident.roles.active().filter(person=responder).exists()
    assert minutes_left(incident) == 15
    assert last_words(incident, "triage_widened") == ["looks wider: Tunde Okafor is here"]
    clock.advance(minutes=15, seconds=1)
    sweep()
    assert len(last_words(incident, "triage_ended")) == 2


def test_p34_widening_by_severity_is_the_commanders_and_only_upwards(
    commander: User, responder: User
) -> None:
    incident = declare_incident(by=commander, title="Calls fail", severity="sev2")
    join(incident, by=responder)
    with pytest.raises(Refused) as caught:
        choose_after_triage(incident, by=responder, choice="widen", severity="sev1")
    assert caught.value.code == "only_commander"
    with pytest.raises(Invalid):
        choose_after_triage(incident, by=commander, choice="widen", severity="sev3")
    widened = choose_after_triage(incident, by=commander, choice="widen", severity="sev1")
    assert (widened.severity, minutes_left(incident)) == ("sev1", 15)


def test_p34_escalating_asks_for_help_and_begins_anew(
    incident: Incident, commander: User, clock: Clock
) -> None:
    clock.advance(minutes=10)
    with pytest.raises(Invalid):
        choose_after_triage(incident, by=commander, choice="escalate")
    choose_after_triage(incident, by=commander, choice="escalate", text="We need a DBA.")
    assert [one.text for one in Escalation.objects.all()] == ["We need a DBA."]
    assert minutes_left(incident) == 15


def test_p34_severity_up_hurries_the_window_and_never_puts_it_off(
    commander: User, clock: Clock
) -> None:
    incident = declare_incident(by=commander, title="Calls fail", severity="sev2")
    clock.advance(minutes=2)
    change_incident(incident, by=commander, severity="sev1")
    assert minutes_left(incident) == 15
    clock.advance(minutes=10)
    change_incident(incident, by=commander, severity="sev2")
    assert minutes_left(incident) == 5
    change_incident(incident, by=commander, severity="sev3")
    assert (minutes_left(incident), owed(incident)) == (None, [])
    change_incident(incident, by=commander, severity="sev1")
    assert minutes_left(incident) == 15


def test_p34_the_end_leaves_no_window_and_nothing_to_choose(
    incident: Incident, commander: User, stakeholder: User
) -> None:
    with pytest.raises(Forbidden):
        choose_after_triage(incident, by=stakeholder, choice="identified")
    change_status(
        incident,
        by=commander,
        to="resolved",
        all_clear=AllClear(executive_summary="It is over.", statement="Calls failed."),
        override_reason="No signal.",
    )
    assert (fresh(incident).triage_until, owed(incident)) == (None, [])
    with pytest.raises(Refused) as caught:
        choose_after_triage(incident, by=commander, choice="identified")
    assert caught.value.code == "invalid_transition"
    change_status(incident, by=commander, to="investigating", reason="It is back.")
    assert minutes_left(incident) == 15


def test_p34_over_the_api(
    incident: Incident, commander: User, responder: User, program: Programs
) -> None:
    api = program(commander)
    path = f"incidents/{incident.ref}/triage"
    before = api.get(f"incidents/{incident.ref}").json()["triage_until"]
    assert before is not None
    assert api.post(path, {"choice": "widen"}).status_code == 422
    widened = api.post(path, {"choice": "widen", "person": responder.email})
    assert (widened.status_code, widened.json()["triage_until"] > before) == (200, True)
    known = api.post(path, {"choice": "identified"})
    assert (known.json()["status"], known.json()["triage_until"]) == ("identified", None)
    again = api.post(path, {"choice": "identified"})
    assert (again.status_code, again.json()["code"]) == (409, "invalid_transition")


def test_p34_a_card_that_runs_over_is_extended_parked_passed_on_or_escalated(
    incident: Incident, commander: User, responder: User, other_responder: User, clock: Clock
) -> None:
    for person in (responder, other_responder):
        join(incident, by=person)
    card = start(ready(incident, responder), responder)
    client = Client()
    client.force_login(responder)
    room = f"/incidents/{incident.ref}/"
    page = client.get(room).content.decode()
    for words in (f"cards/{card.pk}/time-box/", f"cards/{card.pk}/passing/", 'value="parked"'):
        assert words in page
    assert f"escalations/?card={card.pk}" in page
    shown = client.get(f"{room}escalations/?card={card.pk}").content.decode()
    assert "“Cap the query” runs over its time box" in shown
    path = f"{room}cards/{card.pk}/passing/"
    assert client.post(path, {"owner": other_responder.pk, "note": ""}).status_code == 409
    passed = client.post(path, {"owner": other_responder.pk, "note": "Half of it is done."})
    assert passed.status_code == 302
    card.refresh_from_db()
    assert card.owner == other_responder
    assert card.time_box_ends_at is not None
    assert card.time_box_ends_at < now() + timedelta(minutes=15)
