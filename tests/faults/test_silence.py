"""PostgreSQL that says nothing: its address silent, its processes frozen. And when it is back."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from django.conf import settings
from django.db import connection

from clock.queries import now
from deadlines.actions import owe
from incidents.record.models import Incident
from people.models import User
from running.embedded import Servers
from tests.faults.conftest import Loops
from tests.faults.proxy import Wire, wire_to
from tests.faults.site import Answer, Site, Sites, serving
from tests.notifications.smtp import Post
from tests.waiting import FULL, bar, until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(900)]

#: How long anybody waits to be told that the database is silent, and for everything to be back.
TOLD_S, BACK_S = bar(5, busy=12), bar(15, busy=40)
#: Whoever is not answered by then hangs, as the controls have it.
HANGS_S = 12
#: A probe answers within a second, whatever is stuck.
PROBED_S = bar(1, busy=12)
#: How long the address says nothing: packets are dropped for as long as ``make faults`` has time.
SILENCES = (10, 60) if FULL else (6,)


def database_of(answer: str) -> str:
    """What ``/readyz`` says of the database."""
    return answer.partition('"database": {')[2].partition("}")[0].strip()


@pytest.mark.parametrize("silence_s", SILENCES)
def test_a_silent_address_is_503_everywhere_and_forgotten_when_it_is_back(
    silence_s: int, site: Site, wire: Wire, incident: Incident, commander: User
) -> None:
    site.signed_in(commander)
    page = f"incidents/{incident.ref}"
    assert {one.status for one in site.together([lambda: site.api(page)] * 8).answers} == {200}
    wire.is_silent = True
    ends_at = time.monotonic() + silence_s
    first = site.together([lambda: site.api(page)] * 12)
    probe, health = site.ask("/readyz"), site.ask("/healthz")
    told = first.answers
    later: list[Answer] = []
    while not later or time.monotonic() < ends_at:
        later += site.together([lambda: site.api(page)] * 12).answers
    wire.is_silent = False
    took = until(lambda: site.api(page).status == 200, BACK_S)
    again = site.together([lambda: site.api(page)] * 8).answers
    assert {(one.status, one.headers["retry-after"]) for one in [*told, *later]} == {(503, "3")}
    assert max(one.took for one in [*told, *later]) <= TOLD_S
    assert (health.status, probe.status) == (200, 503)
    assert max(health.took, probe.took) <= PROBED_S
    assert '"ok": false' in database_of(probe.text)
    assert {one.status for one in again} == {200}, "no thread kept a dead connection"
    assert took <= BACK_S
    assert site.process.poll() is None


def test_control_without_limits_a_silent_address_hangs_every_page(
    sites: Sites, wire: Wire, incident: Incident, commander: User
) -> None:
    site = sites("limits")
    site.signed_in(commander)
    page = f"incidents/{incident.ref}"
    assert site.api(page).status == 200
    wire.is_silent = True
    told = site.together([lambda: site.api(page, patience=HANGS_S)] * 3).answers
    # The thread with a connection hangs; the others find out by not getting one.
    assert 0 in {one.status for one in told}


@pytest.mark.usefixtures("watering")
def test_a_nudge_that_falls_due_while_the_address_is_silent_leaves_when_it_is_back(
    loops: Loops, wire: Wire, post: Post, gardener: User
) -> None:
    loops.elsewhere = {"HOST": "127.0.0.1", "PORT": wire.port}
    process = loops.start()
    wire.is_silent = True
    owe(None, "watering", gardener, due_at=now())
    time.sleep(12)
    assert (post.messages, process.poll()) == ([], None)
    wire.is_silent = False
    until(lambda: post.messages, BACK_S)
    assert process.poll() is None


@pytest.fixture(scope="module")
def own_servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """A PostgreSQL that only this module uses, so that it can be frozen whole."""
    servers = Servers(tmp_path_factory.mktemp("frozen"), careless=True, with_parent=True)
    servers.start(valkey=False)
    environment = {
        **os.environ,
        "DATABASE_URL": servers.database_url,
        "DATABASE_OWNER_URL": servers.owner_url,
    }
    for command in (["migrate", "--verbosity=0"], ["createcachetable"]):
        subprocess.run(
            [sys.executable, "manage.py", *command],
            cwd=settings.ROOT,
            env=environment,
            check=True,
            timeout=240,
        )
    yield servers
    signal_all(servers, signal.SIGCONT)
    servers.stop(even_if_used=True)


def signal_all(servers: Servers, number: signal.Signals) -> None:
    """Send a signal to PostgreSQL and all its processes."""
    pid = servers.postgres_pid()
    assert pid is not None
    first = psutil.Process(pid)
    for one in [first, *first.children(recursive=True)]:
        one.send_signal(number)


@pytest.mark.parametrize(
    ("broken", "statuses"),
    [("", {503}), ("limits", {0, 503})],
    ids=["told", "control: without limits"],
)
def test_a_frozen_postgresql_is_503_within_seconds_and_pages_are_back_when_it_is(
    broken: str, statuses: set[int], own_servers: Servers, tmp_path: Path
) -> None:
    with wire_to(connection.settings_dict["HOST"]) as unused:
        served = serving(unused, own_servers.database_url, tmp_path / "log", broken)
        with served as site:
            warm = site.together([lambda: site.ask("/accounts/login/")] * 8).answers
            assert {one.status for one in warm} == {200}
            signal_all(own_servers, signal.SIGSTOP)
            try:
                # With a session a page has to ask the database who that is.
                cookie = {"Cookie": "endstate=somebody"}
                told = site.together(
                    [lambda: site.ask("/", headers=cookie, patience=HANGS_S)] * 12
                ).answers
                probe, health = site.ask("/readyz"), site.ask("/healthz")
            finally:
                signal_all(own_servers, signal.SIGCONT)
            assert {one.status for one in told} == statuses
            assert broken or max(one.took for one in told) <= TOLD_S
            assert (health.status, probe.status) == (200, 503)
            assert max(health.took, probe.took) <= PROBED_S
            assert '"ok": false' in database_of(probe.text)
            if not broken:
                until(lambda: site.ask("/", headers=cookie).status == 302, BACK_S)
