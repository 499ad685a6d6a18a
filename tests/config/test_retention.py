"""What is forgotten, when, and what never is."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.contrib.sessions.models import Session
from django.test import Client

from api.models import KeptAnswer
from clock.queries import now
from config.retention import forget_what_is_old
from config.tasks import forget_what_is_old as ring
from incidents.endstate.models import Sample, Signal
from incidents.endstate.signals import add_signal, record_samples
from incidents.endstate.sparklines import measured, signal_views
from incidents.lifecycle.actions import change_status
from incidents.lifecycle.declaring import declare_incident
from incidents.record.models import Incident, Severity, Status, TimelineEntry
from incidents.record.timeline import verify
from notifications.models import Delivery
from people.models import SignIn, User
from tests.conftest import Clock

pytestmark = pytest.mark.django_db

NOTHING = {
    "sessions": 0,
    "kept answers": 0,
    "deliveries": 0,
    "samples": 0,
    "subscriptions": 0,
    "unreadable bodies": 0,
    "unused files": 0,
}


def end(incident: Incident, by: User) -> None:
    change_status(incident, by=by, to=Status.CANCELLED, reason="A false alarm.")


def test_a_session_goes_when_it_opens_nothing_and_the_others_stay(commander: User) -> None:
    gone, kept = Client(), Client()
    gone.force_login(commander)
    Session.objects.update(expire_date=now() - timedelta(seconds=1))
    kept.force_login(commander)
    assert forget_what_is_old() == {**NOTHING, "sessions": 1}
    assert [row.session_id for row in SignIn.objects.all()] == [kept.session.session_key]
    assert forget_what_is_old() == NOTHING


def test_a_kept_answer_goes_when_it_is_not_given_again(commander: User, clock: Clock) -> None:
    for key, age in (("old", timedelta(hours=24)), ("new", timedelta(hours=23))):
        KeptAnswer.objects.create(
            person=commander,
            method="POST",
            path="/api/v1/incidents",
            key=key,
            body_digest="",
            status=201,
            content_type="application/json",
            content="{}",
            kept_at=now() - age,
        )
    assert forget_what_is_old() == {**NOTHING, "kept answers": 1}
    assert [answer.key for answer in KeptAnswer.objects.all()] == ["new"]


@pytest.fixture
def delivery(commander: User) -> Callable[[str, int, Incident | None], Delivery]:
    """One that ended so many days ago, about an incident or about none."""

    def make(key: str, days: int, incident: Incident | None) -> Delivery:
        moment = now() - timedelta(days=days)
        return Delivery.objects.create(
            key=key,
            channel="in_app",
            kind="test",
            person=commander,
            incident_id=None if incident is None else incident.pk,
            subject_line=key,
            text=key,
            state="sent",
            due_at=moment,
            created_at=moment,
            sent_at=moment,
            settled_at=moment,
        )

    return make


def test_a_delivery_goes_ninety_days_after_its_end_unless_its_incident_is_open(
    commander: User,
    incident: Incident,
    delivery: Callable[[str, int, Incident | None], Delivery],
) -> None:
    over = declare_incident(by=commander, title="Over", severity=Severity.SEV3)
    end(over, commander)
    Delivery.objects.all().delete()
    for key, days, about in (
        ("about nothing, old", 91, None),
        ("about nothing, young", 89, None),
        ("over, old", 91, over),
        ("over, young", 89, over),
        ("open, old", 91, incident),
    ):
        delivery(key, days, about)
    waiting = delivery("waiting since long", 91, None)
    Delivery.objects.filter(pk=waiting.pk).update(
        state="pending", sent_at=None, settled_at=None, next_attempt_at=now()
    )
    assert forget_what_is_old() == {**NOTHING, "deliveries": 2}
    assert sorted(Delivery.objects.values_list("key", flat=True)) == [
        "about nothing, young",
        "open, old",
        "over, young",
        "waiting since long",
    ]


def measure(incident: Incident, by: User, start: datetime) -> Signal:
    """A signal with eight samples in two minutes, and one that somebody read off."""
    signal = add_signal(incident, by=by, name="Rate", comparator="<=", target=1)
    pushed = [(float(n), start + timedelta(seconds=15 * n)) for n in range(8)]
    record_samples(signal.pk, by=by, samples=pushed)
    record_samples(signal.pk, by=by, samples=[(99.0, start + timedelta(seconds=20))], by_hand=True)
    return signal


def values(signal: Signal) -> list[float]:
    return list(Sample.objects.filter(signal=signal).order_by("at").values_list("value", flat=True))


def test_old_samples_of_what_is_over_are_thinned_to_what_its_pictures_need(
    incident: Incident, commander: User, clock: Clock
) -> None:
    over = declare_incident(by=commander, title="Over long ago", severity=Severity.SEV3)
    lately = declare_incident(by=commander, title="Over lately", severity=Severity.SEV3)
    start = clock.now.replace(second=5, microsecond=0) - timedelta(minutes=3)
    old, still_open = measure(over, commander, start), measure(incident, commander, start)
    end(over, commander)
    moment = clock.now
    picture = signal_views(measured(over.pk), moment)
    clock.advance(days=29)
    young = measure(lately, commander, start + timedelta(days=29))
    end(lately, commander)
    clock.advance(days=2)
    whole = [0.0, 1.0, 99.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]

    assert forget_what_is_old()["samples"] == 5
    # The first of all, what was read off, and the last of each of two minutes.
    assert (values(old), values(young), values(still_open)) == ([0.0, 99.0, 3.0, 7.0], whole, whole)
    assert signal_views(measured(over.pk), moment) == picture
    assert forget_what_is_old()["samples"] == 0


def test_the_record_is_never_forgotten(incident: Incident, commander: User, clock: Clock) -> None:
    end(incident, commander)
    entries = TimelineEntry.objects.count()
    clock.advance(days=3650)
    ring()
    assert TimelineEntry.objects.count() == entries
    assert verify(Incident.objects.get(pk=incident.pk)) is None
