"""Signals are asked of Prometheus while their incident is open, and nothing it says is believed."""

import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connections
from django.test import Client
from prometheus_client import CollectorRegistry, Gauge, start_http_server

from incidents.endstate.models import Sample, Signal
from incidents.endstate.queries import signal_with_state
from incidents.endstate.signals import (
    add_signal,
    change_signal,
    record_polled,
    record_samples,
    remove_signal,
)
from incidents.lifecycle.actions import change_status
from incidents.record.models import Incident, Status
from integrations.prometheus import asking
from integrations.prometheus.asking import NoData
from integrations.prometheus.models import Poll
from integrations.prometheus.polling import (
    EVERY,
    LEASE,
    Question,
    _claim,
    _queue_new,
    _write,
    ask_what_is_due,
)
from integrations.tasks import ask_prometheus
from people.models import User
from refusals.errors import NotVisible
from tests.conftest import Clock
from tests.incidents.board.test_board_races import at_once
from tests.integrations.prometheus.lying import Lies, drip, hang, lies, say, vector
from tests.programs import Programs
from tests.tools import free_port, prometheus, soon

pytestmark = pytest.mark.django_db


def as_it_is(signal: Signal) -> Signal:
    return Signal.objects.get(pk=signal.pk)


def test_p22_a_signal_with_a_query_is_asked_every_15_seconds_while_its_incident_is_open(
    source: Lies, signal: Signal, incident: Incident, commander: User, clock: Clock
) -> None:
    pushed = add_signal(incident, by=commander, name="Pushed", comparator="<=", target=1)
    source.answer = say(vector("0.5"))
    assert ask_what_is_due() == 1
    assert ask_what_is_due() == 0
    clock.advance(seconds=EVERY.total_seconds())
    source.answer = say(vector("2.5"))
    ask_prometheus()
    found = list(Sample.objects.filter(signal=signal).order_by("at"))
    assert [(one.value, one.by, one.by_hand) for one in found] == [
        (0.5, None, False),
        (2.5, None, False),
    ]
    assert found[1].at - found[0].at >= EVERY
    assert signal_with_state(as_it_is(signal), clock.now).state == "unmet"
    record_samples(pushed.pk, by=commander, samples=[(1, None)])
    change_status(incident, by=commander, to=Status.CANCELLED, reason="A false alarm.")
    clock.advance(minutes=1)
    assert (ask_what_is_due(), source.queries()) == (0, ["errors", "errors"])


def test_the_last_hour_is_asked_for_once_so_that_the_picture_is_whole_at_once(
    source: Lies, signal: Signal, clock: Clock
) -> None:
    moment = clock.now
    past = [[(moment - timedelta(minutes=n)).timestamp(), str(n)] for n in range(50, 0, -1)]
    series = {"resultType": "matrix", "result": [{"metric": {}, "values": [*past, [1, "NaN"]]}]}

    def answer(handler: Any) -> None:
        ranged = handler.path.endswith("query_range")
        say({"status": "success", "data": series} if ranged else vector("0"))(handler)

    source.answer = answer
    ask_what_is_due()
    clock.advance(seconds=20)
    ask_what_is_due()
    assert [path.rpartition("/")[2] for path, _ in source.asked] == [
        "query_range",
        "query",
        "query",
    ]
    start, end = (float(source.asked[0][1][name]) for name in ("start", "end"))
    assert 3500 < end - start < 3600
    assert Sample.objects.filter(signal=signal).count() == 52
    change_signal(signal.pk, by=signal.created_by, query="other")  # type: ignore[arg-type]
    assert ask_what_is_due() == 1
    assert source.queries()[-1] == "other"


MANY = say(vector(*["1"] * 10_000))
A_TEXT = {"status": "success", "data": {"resultType": "string", "result": [1, "x"]}}
LIES: dict[str, tuple[Any, str]] = {
    "hangs": (hang, "it does not answer"),
    "drips": (drip, "it does not finish its answer"),
    "text": (
        say(b"<html>Sign in</html>"),
        "it does not answer as Prometheus does (status 200, no JSON)",
    ),
    "deep": (say(b"[" * 100_000), "it does not answer as Prometheus does (status 200, no JSON)"),
    "other json": (say({"errors": []}), "it does not answer as Prometheus does"),
    "a list": (say([1, 2]), "it does not answer as Prometheus does"),
    "nothing in it": (
        say({"status": "success", "data": {}}),
        "it does not answer as Prometheus does",
    ),
    "too many series": (
        MANY,
        "the query finds 10,000 series; make one of them, as sum(…) or max(…) does",
    ),
    "a megabyte": (
        say(b" " * 1_100_000),
        "the answer is larger than 1 MB: too many series. Make one of them",
    ),
    "no series": (say(vector()), "the query finds no series"),
    "nan": (say(vector("NaN")), "the value is NaN, no number"),
    "infinite": (say(vector("+Inf")), "the value is +Inf, no number"),
    "no value": (say(vector("up")), "the value is up, no number"),
    "a text value": (say(A_TEXT), "the query answers a text, no number"),
    "a number that is none": (say(vector(1)), "it does not answer as Prometheus does"),
    "wrong query": (
        say({"status": "error", "error": "parse error: unexpected\n ')'"}, 400),
        "parse error: unexpected ')'",
    ),
    "control characters": (
        say({"status": "error", "error": "no\x00 \ud800\nway"}, 422),
        "no way",
    ),
    "a value of control characters": (say(vector("\x00\x1b")), "the value is , no number"),
    "redirect": (
        say(b"", 302, Location="http://169.254.169.254/latest/"),
        "it answers with a redirect (302)",
    ),
    "broken": (say(b"oops", 500), "it does not answer as Prometheus does (status 500, no JSON)"),
    "busy": (say({"status": "error", "error": "too busy"}, 503), "too busy"),
}


@pytest.mark.parametrize("lie", LIES)
def test_whatever_a_source_says_instead_of_a_number_is_no_data_and_never_zero(
    lie: str, source: Lies, signal: Signal, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    source.answer = say(vector("0.5"))
    ask_what_is_due()
    seen_at = as_it_is(signal).latest_at
    clock.advance(seconds=20)
    source.answer, words = LIES[lie]
    with monkeypatch.context() as sooner:
        if lie in ("hangs", "drips"):
            sooner.setattr(asking, "ANSWERS_WITHIN_S", 0.5)
        ask_what_is_due()
    found = as_it_is(signal)
    assert (found.no_data_since, found.no_data_because) == (seen_at, words)
    assert (found.latest_value, Sample.objects.count()) == (0.5, 1)
    assert signal_with_state(found, clock.now + timedelta(minutes=10)).state == "stale"
    clock.advance(seconds=20)
    source.answer = say(vector("0.7"))
    ask_what_is_due()
    found = as_it_is(signal)
    assert (found.no_data_since, found.no_data_because, found.latest_value) == (None, "", 0.7)


def test_a_redirect_leads_nowhere(source: Lies, signal: Signal) -> None:
    with lies() as canary:
        source.answer = say(b"", 307, Location=f"{canary.address}/api/v1/query")
        ask_what_is_due()
        assert canary.asked == []


def test_a_source_that_is_silent_for_one_is_not_asked_for_the_others(
    source: Lies, incident: Incident, commander: User, settings: Any
) -> None:
    signals = [
        add_signal(incident, by=commander, name=f"S{n}", comparator="<=", target=1, query=f"q{n}")
        for n in range(30)
    ]
    settings.PROMETHEUS_URL = f"http://127.0.0.1:{free_port()}"
    ask_what_is_due()
    reasons = {as_it_is(one).no_data_because for one in signals}
    assert reasons == {"it cannot be reached (ConnectError)"}


def test_the_panel_and_the_api_say_since_when_there_is_no_data(
    source: Lies,
    signal: Signal,
    incident: Incident,
    commander: User,
    client: Client,
    program: Programs,
    clock: Clock,
) -> None:
    source.answer = say(vector("0.5"))
    ask_what_is_due()
    seen_at = as_it_is(signal).latest_at
    assert seen_at is not None
    clock.advance(seconds=20)
    source.answer = say(b"", 302, Location="http://169.254.169.254/")
    ask_what_is_due()
    client.force_login(commander)
    page = client.get(f"/incidents/{incident.ref}/").content.decode()
    told = client.get(f"/stakeholders/{incident.ref}/").content.decode()
    assert "▲ no data since" in page
    assert f"{seen_at:%H:%M} UTC</time></b>: it answers with a redirect (302)" in page.replace(
        "\n", ""
    )
    assert "▲ no data since" in told
    assert "redirect" not in told
    (found,) = program(commander).get(f"incidents/{incident.ref}").json()["end_state"]["signals"]
    assert found["no_data"] == {
        "since": seen_at.isoformat().replace("+00:00", "Z"),
        "because": "it answers with a redirect (302)",
    }


def test_a_row_of_a_killed_asker_comes_back_after_its_lease_and_a_late_answer_is_dropped(
    source: Lies, signal: Signal, clock: Clock
) -> None:
    source.answer = say(vector("1"))
    ask_what_is_due()
    Poll.objects.update(due_at=clock.now + LEASE)
    assert ask_what_is_due() == 0
    clock.advance(seconds=LEASE.total_seconds() + 1)
    assert ask_what_is_due() == 1
    late = Question(signal.pk, "errors", clock.now, lease=clock.now, wants_past=False)
    _write(late, [(9.0, clock.now)])
    _write(late, NoData("too late"))
    assert (as_it_is(signal).latest_value, as_it_is(signal).no_data_because) == (1, "")


def test_what_was_removed_meanwhile_is_asked_for_no_more(
    source: Lies, signal: Signal, commander: User, clock: Clock
) -> None:
    (question,) = _claim_after_queueing()
    remove_signal(signal.pk, by=commander)
    _write(question, [(9.0, clock.now)])
    _write(question, NoData("gone"))
    clock.advance(minutes=5)
    assert (ask_what_is_due(), source.asked, Sample.objects.count()) == (0, [], 0)
    with pytest.raises(NotVisible):
        record_polled(signal.pk, samples=[(1, None)])


def _claim_after_queueing() -> list[Question]:
    _queue_new()
    return _claim()


@pytest.mark.django_db(transaction=True)
def test_loop_and_worker_at_once_write_each_moment_once(
    source: Lies, incident: Incident, commander: User
) -> None:
    signals = [
        add_signal(incident, by=commander, name=f"S{n}", comparator="<=", target=1, query=f"q{n}")
        for n in range(60)
    ]
    source.answer = say(vector("1"))

    def ask() -> None:
        ask_what_is_due()
        connections.close_all()

    askers = [threading.Thread(target=ask) for _ in range(4)]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join()
    assert sorted(source.queries()) == sorted(f"q{n}" for n in range(60))
    assert Sample.objects.filter(signal__in=signals).count() == 60


@pytest.mark.django_db(transaction=True)
def test_a_query_is_changed_while_its_answer_is_written_and_neither_fails(
    source: Lies, signal: Signal, incident: Incident, commander: User
) -> None:
    (question,) = _claim_after_queueing()
    # It is not met, which the timeline hears: so both want the incident, the signal and its row.
    found = at_once(
        lambda: change_signal(signal.pk, by=commander, query="other").query,
        lambda: _write(question, [(9.0, question.moment)]),
        behind=incident,
    )
    assert found == ["other", None]
    assert Poll.objects.get().wants_past
    source.answer = say(vector("1"))
    assert (ask_what_is_due(), source.queries()) == (1, ["other"])


@pytest.mark.tools
@pytest.mark.timeout(900)
def test_a_real_prometheus_moves_a_signal_from_its_past_to_met_and_says_what_is_wrong(
    tmp_path: Path, incident: Incident, commander: User, settings: Any
) -> None:
    registry, port = CollectorRegistry(), free_port()
    gauge = Gauge("shop_errors", "Errors in percent.", ["pod"], registry=registry)
    for pod in ("a", "b"):
        gauge.labels(pod).set(4)
    server, thread = start_http_server(port, addr="127.0.0.1", registry=registry)
    with prometheus(tmp_path / "prometheus", scrapes=f"127.0.0.1:{port}") as address:
        settings.PROMETHEUS_URL = address
        names = {"max": "max(shop_errors)", "all": "shop_errors", "wrong": "sum(", "none": "no"}
        signals = {
            name: add_signal(
                incident, by=commander, name=name, comparator="<=", target=1, hold_s=0, query=query
            )
            for name, query in names.items()
        }

        def asked(name: str) -> Signal:
            Poll.objects.update(due_at=incident.declared_at)
            ask_what_is_due()
            return as_it_is(signals[name])

        soon(lambda: asked("max").latest_value == 4)
        found = {name: as_it_is(one).no_data_because for name, one in signals.items()}
        assert (
            found["all"] == "the query finds 2 series; make one of them, as sum(…) or max(…) does"
        )
        assert found["none"] == "the query finds no series"
        assert found["wrong"].endswith("parse error: unclosed left parenthesis")
        for pod in ("a", "b"):
            gauge.labels(pod).set(0.5)
        soon(lambda: asked("max").latest_value == 0.5)
        assert signal_with_state(as_it_is(signals["max"]), as_now(signals["max"])).state == "met"
        server.shutdown()
        server.server_close()
        thread.join()
        soon(lambda: asked("max").no_data_because == "the query finds no series")
    assert asked("max").no_data_because == "it cannot be reached (ConnectError)"
    assert as_it_is(signals["max"]).latest_value == 0.5


def as_now(signal: Signal) -> Any:
    found = as_it_is(signal).latest_at
    assert found is not None
    return found + timedelta(seconds=1)
