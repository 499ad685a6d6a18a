"""Pausing side work (P07): written down, asked for afterwards, settled before closing."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from deadlines.actions import sweep
from deadlines.models import Deadline
from incidents.lifecycle.actions import change_status, what_is_open
from incidents.record.models import Incident
from incidents.record.timeline import verify
from incidents.roster.actions import join
from incidents.sidework.actions import pause_several, pause_work, settle_paused_work
from incidents.sidework.models import PausedWork
from incidents.updates.actions import AllClear
from notifications.models import Delivery
from people.models import User
from refusals.errors import Forbidden, Invalid, NotVisible, Refused
from tests.conftest import Clock
from tests.incidents.cast import fresh, last_words

pytestmark = pytest.mark.django_db


@pytest.fixture
def work(incident: Incident, commander: User, responder: User) -> PausedWork:
    """Tunde's re-index waits."""
    return pause_work(
        incident,
        by=commander,
        title=" Search  re-index ",
        owner=responder,
        why="It reads the same database",
        resume_when="it is resolved",
    )


def end(incident: Incident, by: User) -> Incident:
    return change_status(
        incident,
        by=by,
        to="resolved",
        all_clear=AllClear("It works.", statement="Three of four API calls fail."),
        override_reason="No signal yet.",
    )


def asked(step: str) -> list[str]:
    """Who was asked about paused work at a step."""
    rows = Delivery.objects.filter(kind="paused_work", channel="in_app", step=step)
    return sorted(rows.values_list("person__name", flat=True))


def test_p07_what_waits_is_written_down_and_its_owner_told(
    work: PausedWork, incident: Incident, responder: User
) -> None:
    assert (work.title, work.owner, work.settled_at) == ("Search re-index", responder, None)
    assert last_words(incident, "work_paused") == [
        f"paused “Search re-index” ({responder.name}): It reads the same database"
    ]
    told = Delivery.objects.filter(kind="work_paused", channel="in_app").get()
    assert told.person == responder
    assert verify(fresh(incident)) is None


def test_p07_the_same_still_waiting_is_one(
    work: PausedWork, incident: Incident, commander: User, responder: User
) -> None:
    same: dict[str, Any] = {"title": "Search re-index", "owner": responder, "why": "Again"}
    assert pause_work(incident, by=commander, **same) == work
    settle_paused_work(work.pk, by=responder, outcome="resumed")
    assert pause_work(incident, by=commander, **same) != work


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"title": " "}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"why": ""}, "why"),
        ({"resume_when": "x" * 301}, "resume_when"),
        ({"url": "ftp://example.com"}, "url"),
    ],
)
def test_p07_what_cannot_be_taken_is_said(
    incident: Incident, commander: User, change: dict[str, Any], field: str
) -> None:
    whole: dict[str, Any] = {"title": "Re-index", "owner": commander, "why": "Same database"}
    with pytest.raises(Invalid) as invalid:
        pause_work(incident, by=commander, **{**whole, **change})
    assert set(invalid.value.errors) == {field}


def test_p07_an_owner_who_may_not_see_it_is_refused(
    incident: Incident, commander: User, outsider: User, stakeholder: User
) -> None:
    Incident.objects.filter(pk=incident.pk).update(private=True)
    with pytest.raises(Invalid) as invalid:
        pause_work(incident, by=commander, title="x", owner=outsider, why="y")
    assert "owner" in invalid.value.errors
    with pytest.raises(NotVisible):
        pause_work(incident, by=outsider, title="x", owner=outsider, why="y")
    Incident.objects.filter(pk=incident.pk).update(private=False)
    with pytest.raises(Forbidden):
        pause_work(incident, by=stakeholder, title="x", owner=commander, why="y")


def test_p07_closing_waits_until_each_is_settled(
    work: PausedWork, incident: Incident, commander: User, responder: User
) -> None:
    Incident.objects.filter(pk=incident.pk).update(severity="sev3", highest_severity="sev3")
    ended = end(incident, commander)
    waits = {"kind": "paused_work", "text": f"Paused work: Search re-index ({responder.name})"}
    assert waits in what_is_open(ended)
    with pytest.raises(Refused) as refusal:
        change_status(ended, by=commander, to="closed")
    assert refusal.value.code == "not_closable"
    settle_paused_work(work.pk, by=responder, outcome="resumed")
    assert waits not in what_is_open(ended)


def test_p07_dropping_says_why_and_twice_is_once(
    work: PausedWork, incident: Incident, responder: User, commander: User
) -> None:
    with pytest.raises(Refused) as refusal:
        settle_paused_work(work.pk, by=responder, outcome="dropped")
    assert refusal.value.code == "reason_required"
    with pytest.raises(Invalid):
        settle_paused_work(work.pk, by=responder, outcome="forgotten")
    with pytest.raises(NotVisible):
        settle_paused_work(0, by=responder, outcome="resumed")
    done = settle_paused_work(work.pk, by=responder, outcome="dropped", note="Nobody needs it.")
    again = settle_paused_work(work.pk, by=commander, outcome="resumed")
    assert (again.outcome, again.settled_by) == (done.outcome, responder) == ("dropped", responder)
    assert last_words(incident, "work_settled") == ["dropped “Search re-index”: Nobody needs it."]


def test_p07_a_day_after_the_end_the_owner_is_asked_and_then_who_stands_above(
    work: PausedWork,
    incident: Incident,
    commander: User,
    responder: User,
    admin: User,
    clock: Clock,
) -> None:
    responder.office_start, responder.office_end = "00:00", "00:00"
    responder.save()
    end(incident, commander)
    due = Deadline.objects.get(kind="paused_work")
    assert due.owner == responder
    assert due.due_at >= fresh(incident).resolved_at + timedelta(days=1)  # type: ignore[operator]
    clock.advance(seconds=(due.due_at - clock.now).total_seconds() + 1)
    sweep()
    assert asked("due") == [responder.name]
    clock.advance(days=3)
    sweep()
    assert asked("late") == sorted([responder.name, admin.name])


def test_p07_settled_or_reopened_nobody_is_asked(
    work: PausedWork, incident: Incident, commander: User, responder: User, clock: Clock
) -> None:
    ended = end(incident, commander)
    change_status(ended, by=commander, to="identified", reason="It came back.")
    assert Deadline.objects.get(kind="paused_work").state == "released"
    end(incident, commander)
    settle_paused_work(work.pk, by=responder, outcome="resumed")
    states = Deadline.objects.filter(kind="paused_work").values_list("state", flat=True)
    assert sorted(states) == ["kept", "released"]
    clock.advance(days=5)
    sweep()
    assert asked("due") == []


def test_p07_the_database_knows_what_settled_means(work: PausedWork) -> None:
    for wrong in ({"outcome": "resumed"}, {"settled_at": work.paused_at}):
        with pytest.raises(IntegrityError), transaction.atomic():
            PausedWork.objects.filter(pk=work.pk).update(**wrong)


def test_p07_the_board_shows_what_waits_and_settles_it(
    incident: Incident, commander: User, responder: User, client: Client
) -> None:
    client.force_login(commander)
    page = reverse("warroom:new-paused-work", args=[incident.ref])
    half = client.post(page, {"title": "Search re-index", "owner": responder.pk, "why": ""})
    assert half.status_code == 422
    assert b"Say in a line why it waits." in half.content
    whole = {"title": "Search re-index", "owner": responder.pk, "why": "Same database"}
    assert client.post(page, whole).status_code == 302
    work = PausedWork.objects.get()
    board = client.get(incident.get_absolute_url()).content.decode()
    assert f"Search re-index · {responder.name}" in board
    ending = client.get(reverse("warroom:status", args=[incident.ref])).content.decode()
    assert "Waits until this is over" in ending
    assert f"Search re-index · {responder.name}" in ending
    one = reverse("warroom:paused-work", args=[incident.ref, work.pk])
    assert client.post(one, {"outcome": "dropped", "note": ""}).status_code == 409
    assert client.post(one, {"outcome": "resumed", "note": ""}).status_code == 302
    settled = client.get(one).content.decode()
    assert "resumed" in settled
    assert '<button class="primary">' not in settled, "nothing is sent any more"
    assert "Search re-index ·" not in client.get(incident.get_absolute_url()).content.decode()


def test_p07_several_pieces_are_put_down_at_once(
    incident: Incident, commander: User, responder: User
) -> None:
    join(incident, by=responder)
    client = Client()
    client.force_login(commander)
    answer = client.post(
        f"/incidents/{incident.ref}/paused-work/",
        {
            "title": "The re-index\n\n  The price import\n",
            "owner": str(commander.pk),
            "everything_of": [str(responder.pk)],
            "why": "Same database",
        },
    )
    assert answer.status_code == 302
    assert [(one.title, one.owner, one.why) for one in incident.paused_work.order_by("pk")] == [
        ("The re-index", commander, "Same database"),
        ("The price import", commander, "Same database"),
        ("Everything else of Tunde Okafor", responder, "Same database"),
    ]


def test_p07_of_several_pieces_all_are_taken_or_none(incident: Incident, commander: User) -> None:
    for titles in ((), (" ", ""), ("Fine", "x" * 201)):
        with pytest.raises(Invalid) as caught:
            pause_several(
                incident, by=commander, titles=titles, owner=commander, why="Same database"
            )
        assert list(caught.value.errors) == ["title"]
    assert not incident.paused_work.exists()
