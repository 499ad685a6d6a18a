"""One pass, whoever rang: what is noted, when the outside hears of it, and the command line."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from io import StringIO
from socket import create_server

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.test import override_settings

from clock.actions import set_offset
from clock.queries import now
from deadlines import loop, passes, queries, tasks
from deadlines.actions import keep_deadline, owe, sweep
from deadlines.models import Deadline, Pass
from deadlines.passes import ping_heartbeat, run_pass
from deadlines.queries import (
    check_books,
    last_enforcement,
    promises_of,
    register_books,
    seconds_until_due,
)
from notifications.models import Delivery
from notifications.sending import send_due
from notifications.settling import SendResult
from notifications.tasks import send_due as send_due_task
from people.models import User
from tests.deadlines.kind import Watering
from tests.outbox import why_stale

MINUTE = timedelta(minutes=1)

pytestmark = pytest.mark.django_db


@pytest.fixture
def heartbeat() -> Iterator[list[str]]:
    """An outside watcher: the paths it was asked for; ``/bad`` is answered with 500."""
    asked: list[str] = []

    class Watcher(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(500 if self.path == "/bad" else 200)
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Watcher)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    passes._pinged_at = float("-inf")
    with override_settings(HEARTBEAT_URL=f"http://127.0.0.1:{server.server_port}/good"):
        yield asked
    server.shutdown()
    thread.join()
    server.server_close()


def test_before_the_first_pass_enforcement_has_no_age() -> None:
    enforcement = last_enforcement()
    assert (enforcement.ran_at, enforcement.complete_at, enforcement.age_s) == (None, None, None)


def test_every_ringer_notes_its_own_pass(watering: Watering, gardener: User) -> None:
    owe(None, "watering", gardener, due_at=now())
    first = run_pass("loop")
    second = run_pass("beat")
    run_pass("loop")
    rows = Pass.objects.order_by("ringer").values_list("ringer", "due", "stepped", "failed")
    assert list(rows) == [("beat", 0, 0, 0), ("loop", 0, 0, 0)]
    assert (first.stepped, second.stepped) == (1, 0)
    enforcement = last_enforcement()
    assert enforcement.ran_at == enforcement.complete_at != first.started_at
    assert enforcement.age_s is not None and 0 <= enforcement.age_s < 60


def test_a_pass_that_leaves_something_behind_is_not_complete(
    watering: Watering, gardener: User
) -> None:
    whole = run_pass("hand")
    watering.explodes_for = {gardener.pk}
    owe(None, "watering", gardener, due_at=now())
    assert run_pass("hand").failed == 1
    noted = Pass.objects.get()
    assert (noted.failed, noted.complete_at) == (1, whole.started_at)
    assert noted.ran_at > whole.started_at


def test_the_heartbeat_beats_after_a_complete_pass_and_not_too_often(
    heartbeat: list[str],
) -> None:
    assert [ping_heartbeat(sweep()), ping_heartbeat(sweep())] == [True, False]
    assert heartbeat == ["/good"]


def test_the_heartbeat_is_silent_while_a_due_deadline_is_not_dealt_with(
    heartbeat: list[str], watering: Watering, gardener: User
) -> None:
    watering.explodes_for = {gardener.pk}
    owe(None, "watering", gardener, due_at=now())
    assert ping_heartbeat(sweep()) is False
    keep_deadline("watering", gardener)
    assert ping_heartbeat(sweep()) is True
    assert heartbeat == ["/good"]


def test_the_loop_pings_once_for_each_complete_pass(
    heartbeat: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the database away no pass happens, and the outside must not hear that all is well."""
    monkeypatch.setattr(passes, "PING_EVERY_S", 0)
    monkeypatch.setattr(loop, "LONGEST_SLEEP_S", 0.0)
    ringing = loop.Loop(threading.Event())
    ringing._sweep_once()
    ringing._ping_once()
    ringing._ping_once()
    assert heartbeat == ["/good"]
    ringing._sweep_once()
    ringing._ping_once()
    assert heartbeat == ["/good", "/good"]


def test_a_heartbeat_nobody_takes_is_tried_again(heartbeat: list[str]) -> None:
    with override_settings(HEARTBEAT_URL=settings.HEARTBEAT_URL.replace("good", "bad")):
        assert [ping_heartbeat(sweep()), ping_heartbeat(sweep())] == [False, False]
    with override_settings(HEARTBEAT_URL="http://127.0.0.1:1/"):
        assert ping_heartbeat(sweep()) is False
    assert heartbeat == ["/bad", "/bad"]


def test_a_heartbeat_that_is_taken_and_never_answered_is_left(
    heartbeat: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passes, "PING_TAKES_S", 0.3)
    with create_server(("127.0.0.1", 0)) as mute:
        address = f"http://127.0.0.1:{mute.getsockname()[1]}/"
        with override_settings(HEARTBEAT_URL=address):
            assert ping_heartbeat(sweep()) is False
    assert ping_heartbeat(sweep()) is True


def test_the_tasks_of_the_doorbell_do_the_same(watering: Watering, gardener: User) -> None:
    owe(None, "watering", gardener, due_at=now())
    tasks.sweep_due()
    assert Pass.objects.get().ringer == "beat"
    send_due_task("email")
    assert list(Delivery.objects.values_list("channel", "state").order_by("channel")) == [
        ("email", "sent"),
        ("in_app", "sent"),
    ]


def test_the_command_is_one_pass_of_everything(watering: Watering, gardener: User) -> None:
    owe(None, "watering", gardener, due_at=now())
    said = StringIO()
    call_command("sweep", stdout=said)
    assert said.getvalue() == (
        "1 deadlines took a step, 1 messages left, 0 were stale, 0 will be tried again.\n"
    )
    assert Pass.objects.get().ringer == "hand"


def test_the_command_says_when_something_is_left_behind(watering: Watering, gardener: User) -> None:
    watering.explodes_for = {gardener.pk}
    owe(None, "watering", gardener, due_at=now())
    said = StringIO()
    call_command("sweep", stdout=StringIO(), stderr=said)
    assert "Not every due deadline could be dealt with" in said.getvalue()


def test_the_books_balance_until_they_do_not(
    watering: Watering,
    gardener: User,
    neighbour: User,
    caplog: pytest.LogCaptureFixture,
) -> None:
    deadline = owe(None, "watering", gardener, due_at=now())
    sweep()
    send_due("email")
    assert check_books() == []
    said = StringIO()
    call_command("sweep", "--check", stdout=said)
    assert said.getvalue() == "The books balance.\n"

    owe(None, "watering", neighbour, due_at=now())
    set_offset(180)
    Deadline.objects.filter(pk=deadline.pk).update(kind="unheard-of", set_aside_at=now())
    expected = [
        "1 deadlines are due for more than two minutes.",
        "1 deadlines were set aside after failing.",
        "Deadlines of the kind unheard-of are open, which nobody registered.",
    ]
    assert check_books() == expected
    with pytest.raises(CommandError, match="two minutes"):
        call_command("sweep", "--check")
    tasks.check_books()
    assert [record.args for record in caplog.records if "balance" in record.msg] == [
        (sentence,) for sentence in expected
    ]


def test_a_settled_deadline_whose_nudge_still_waits_is_an_imbalance(
    watering: Watering, gardener: User
) -> None:
    owe(None, "watering", gardener, due_at=now())
    sweep()
    Deadline.objects.update(state="kept", settled_at=now(), next_step_at=None)
    assert check_books() == ["1 settled deadlines still have nudges waiting."]


def test_an_app_above_adds_its_own_reconciliation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "_books", [])
    register_books(lambda: ["Nothing fits."])
    assert check_books() == ["Nothing fits."]


def test_a_nudge_whose_deadline_changed_before_sending_is_cancelled(
    watering: Watering, gardener: User
) -> None:
    """Between claim and send nobody may cancel the row any more, so the sender asks again."""
    outcomes = {}
    for what, change in {
        "kept": {
            "state": "kept",
            "settled_at": now(),
            "next_step_at": None,
            "settled_reason": "Wet.",
        },
        "moved": {"moved_count": 7},
        "untouched": {},
    }.items():
        Deadline.objects.all().delete()
        Delivery.objects.all().delete()
        owe(None, "watering", gardener, due_at=now())
        sweep()
        Deadline.objects.update(**change)  # type: ignore[arg-type]
        send_due("email")
        row = Delivery.objects.get(channel="email")
        outcomes[what] = (row.state, row.cancelled_reason)
    assert outcomes == {
        "kept": ("cancelled", "Wet."),
        "moved": ("cancelled", "The due time was moved."),
        "untouched": ("sent", ""),
    }


def test_a_kind_may_say_that_a_nudge_no_longer_matters(watering: Watering, gardener: User) -> None:
    owe(None, "watering", gardener, due_at=now())
    sweep()
    watering.no_longer_allowed = "Gardener left the roster."
    assert send_due("email") == SendResult(cancelled=1)
    row = Delivery.objects.get(channel="email")
    assert row.cancelled_reason == "Gardener left the roster."


def test_relevance_leaves_messages_of_other_sources_alone() -> None:
    assert why_stale(Delivery(kind="update", source="update:5")) is None
    assert why_stale(Delivery(kind="update", source="deadline:999999")) == "The deadline is gone."


def test_what_somebody_owes_comes_soonest_first(
    watering: Watering, gardener: User, neighbour: User
) -> None:
    moment = now()
    later = owe(None, "watering", gardener, due_at=moment + 9 * MINUTE, owner=gardener)
    soon = owe(None, "watering", neighbour, due_at=moment + 8 * MINUTE, owner=gardener)
    assert list(promises_of(gardener.pk)) == [soon, later]
    keep_deadline("watering", neighbour)
    assert list(promises_of(gardener.pk)) == [later]


def test_the_loop_learns_how_long_it_may_sleep(watering: Watering, gardener: User) -> None:
    assert seconds_until_due() is None
    before = now()
    row = owe(None, "watering", gardener, due_at=before + 30 * MINUTE)
    seconds = seconds_until_due()
    assert row.next_step_at is not None and seconds is not None
    assert before <= row.next_step_at - timedelta(seconds=seconds) <= now()
    set_offset(3600)
    assert seconds_until_due() == 0
