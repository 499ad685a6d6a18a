"""`manage.py up` from outside: it starts everything, keeps it running, and ends it."""

import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

import httpx
import psycopg
import pytest

from running.embedded import Servers
from running.places import ROOT
from running.programs import postgres_binary, valkey_binary
from running.watching import RINGERS
from tests.running.terminal import Up, answers, manage
from tests.waiting import FULL, PATIENCE_S, bar, until

PASSWORD = "a long enough password"

#: A loaded machine starts the whole product in a minute instead of five seconds.
pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """One data folder for the module, so that most starts are second starts."""
    folder = tmp_path_factory.mktemp("up") / "data"
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def shared(data: Path) -> Iterator[Up]:
    """A running product that the tests below leave running."""
    up = Up(data).ready()
    yield up
    up.end()


def wait_until_ready(up: Up, within: float = PATIENCE_S) -> dict[str, object]:
    until = time.monotonic() + within
    while True:
        try:
            answer = up.get("/readyz")
            if answer.status_code == 200 or time.monotonic() > until:
                return dict(answer.json())
        except httpx.TransportError:
            if time.monotonic() > until:
                raise
        time.sleep(0.2)


def test_healthz_asks_nobody(shared: Up) -> None:
    answer = shared.get("/healthz")
    assert (answer.status_code, answer.text) == (200, "ok\n")


def test_readyz_names_database_broker_and_enforcement(shared: Up) -> None:
    found = wait_until_ready(shared)
    enforcement = found.pop("enforcement")
    assert found == {"ready": True, "database": {"ok": True}, "broker": {"ok": True}}
    assert isinstance(enforcement, dict)
    assert enforcement["ok"] is True
    assert 0 <= enforcement["age_s"] < 30


def test_metrics_are_for_loopback_that_no_proxy_speaks_for(shared: Up) -> None:
    assert "endstate" in shared.get("/metrics").text
    for name in ("X-Forwarded-For", "Forwarded", "X-Real-IP"):
        assert shared.get("/metrics", **{name: "127.0.0.1"}).status_code == 404


def test_too_much_is_refused_and_half_of_it_reaches_nobody(shared: Up) -> None:
    too_much = httpx.post(f"{shared.address}/accounts/login/", content=b"x" * 1_100_000)
    with socket.create_connection(("127.0.0.1", int(shared.address.rpartition(":")[2]))) as line:
        line.sendall(b"POST /healthz HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99\r\n\r\nhalf")
    chunked = httpx.post(f"{shared.address}/healthz", content=iter([b"one", b"two"]))
    assert (too_much.status_code, chunked.status_code) == (413, 403)
    assert shared.get("/healthz").text == "ok\n"


def test_the_secret_key_is_written_for_its_owner_only(shared: Up) -> None:
    path = shared.data / "secret_key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(path.read_text().strip()) > 50


def test_a_command_works_beside_it_and_leaves_its_servers_running(shared: Up) -> None:
    made = manage(
        *("person", "lena@example.org", "--name", "Lena", "--role", "admin", "--password-stdin"),
        given=PASSWORD,
        ENDSTATE_DATA=str(shared.data),
    )
    assert (made.returncode, made.stdout) == (0, "Created Lena <lena@example.org>, admin.\n")
    token = manage("api_token", "LENA@example.org", "--name", "t", ENDSTATE_DATA=str(shared.data))
    assert token.stdout.startswith("es_")
    assert token.stdout.count("\n") == 1
    assert wait_until_ready(shared)["ready"] is True


def test_a_backup_is_taken_and_put_back_beside_it_and_it_goes_on(
    shared: Up, tmp_path: Path
) -> None:
    def beside(*words: str) -> str:
        done = manage(*words, given=PASSWORD, ENDSTATE_DATA=str(shared.data))
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout

    def person(name: str) -> str:
        address = f"{name.lower()}@example.org"
        return beside("person", address, "--name", name, "--password-stdin")

    person("Early")
    secret = beside("api_token", "early@example.org", "--name", "t").strip()
    beside("backup", str(tmp_path / "kept.tar"))
    assert person("Late").startswith("Created Late")
    before = set(shared.children())
    assert "The books balance." in beside("restore", str(tmp_path / "kept.tar"), "--replace")
    assert person("Late").startswith("Created Late")
    assert wait_until_ready(shared)["ready"] is True
    me = shared.get("/api/v1/me", Authorization=f"Bearer {secret}")
    assert (me.status_code, me.json()["email"]) == (200, "early@example.org")
    assert set(shared.children()) == before


def test_a_second_one_on_the_same_data_says_why_not(shared: Up) -> None:
    second = manage("up", "--port", "0", "--data", str(shared.data))
    assert (second.returncode, second.stdout) == (
        1,
        f"Endstate cannot start: it already runs on {shared.data}. Stop that one first.\n",
    )


def test_a_taken_port_says_so(shared: Up, tmp_path: Path) -> None:
    port = shared.address.rpartition(":")[2]
    second = manage("up", "--port", port, "--data", str(tmp_path))
    assert second.returncode == 1
    assert f"127.0.0.1:{port} cannot be opened" in second.stdout
    assert "--port" in second.stdout


@pytest.fixture(scope="module")
def recoveries() -> Iterator[dict[str, list[float]]]:
    """How long each process took to be back; a full run keeps the figures."""
    took: dict[str, list[float]] = {}
    yield took
    if FULL and took:
        figures = {
            name: {
                "rounds": len(one),
                "p50_s": round(median(one), 2),
                "longest_s": round(max(one), 2),
            }
            for name, one in took.items()
        }
        path = ROOT / "bench" / "results" / f"recoveries-{datetime.now(UTC):%Y-%m-%d}.json"
        path.write_text(json.dumps(figures, indent=1) + "\n")


def passed_s_ago(up: Up, ringer: str) -> float:
    """The age of the last pass that it rang."""
    return float(up.get("/readyz").json()["enforcement"]["ringers"].get(ringer, 1e6))


@pytest.mark.parametrize("name", ["web", "worker", "beat", "loop", "valkey", "postgres"])
@pytest.mark.parametrize("turn", range(20 if FULL else 1))
def test_a_dead_child_is_started_again_and_said_so(
    shared: Up, recoveries: dict[str, list[float]], name: str, turn: int
) -> None:
    before = shared.children()
    said = shared.output.count(f"\n{name} ended")
    before[name].kill()
    killed = time.monotonic()
    until(lambda: shared.output.count(f"\n{name} ended") > said)
    until(lambda: shared.children().get(name, before[name]).pid != before[name].pid)
    there = time.monotonic()
    assert wait_until_ready(shared)["ready"] is True
    if FULL and (ringer := RINGERS.get(name)):
        # Its own passes, not those of before.
        until(lambda: passed_s_ago(shared, ringer) < time.monotonic() - there)
    took = time.monotonic() - killed
    recoveries.setdefault(name, []).append(took)
    assert took <= bar(15 if name == "postgres" else 30), shared.output
    now = shared.children()
    assert {one for one in before if now[one].pid != before[one].pid} == {name}


def test_it_stops_at_sigterm_within_ten_seconds_and_leaves_nothing(shared: Up) -> None:
    status, took, left = shared.end()
    assert (status, left) == (0, [])
    assert took <= 10


def test_data_is_kept_and_a_kill_of_everything_is_survived(shared: Up, data: Path) -> None:
    shared.end()
    up = Up(data).ready()
    kept = ("person", "kept@example.org", "--name", "Kept", "--password-stdin")
    made = manage(*kept, given=PASSWORD, ENDSTATE_DATA=str(data))
    up.kill_everything()
    again = Up(data).ready()
    found = manage("person", "kept@example.org", ENDSTATE_DATA=str(data))
    status, _, left = again.end(signal.SIGINT)
    assert made.stdout == "Created Kept <kept@example.org>, responder.\n"
    assert found.stdout == "Changed Kept <kept@example.org>, responder.\n"
    assert (status, left) == (0, [])


def test_a_command_without_it_starts_the_servers_for_its_own_time(shared: Up, data: Path) -> None:
    shared.end()
    alone = ("person", "alone@example.org", "--name", "Alone", "--password-stdin")
    found = manage(*alone, given=PASSWORD, ENDSTATE_DATA=str(data))
    assert found.stdout == "Created Alone <alone@example.org>, responder.\n"
    servers = Servers(data)
    assert (answers(servers, "postgres"), answers(servers, "valkey")) == (False, False)


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@pytest.fixture
def by_hand() -> Iterator[dict[str, str]]:
    """A PostgreSQL and a Valkey on TCP, started from their binaries without our code."""
    folder = Path(tempfile.mkdtemp(prefix="by-hand-"))
    uid = 65534 if os.geteuid() == 0 else None
    if uid is not None:
        os.chown(folder, uid, -1)
    who: dict[str, Any] = {"user": uid, "group": uid, "extra_groups": []} if uid else {}
    quiet: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": "/"}
    database = folder / "database"
    initdb: list[str | Path] = [
        postgres_binary("initdb"),
        "-D",
        database,
        "-U",
        "endstate",
        "-A",
        "trust",
        "-N",
    ]
    subprocess.run(initdb, check=True, **who, **quiet)
    ports = free_port(), free_port()
    servers = [
        subprocess.Popen([str(part) for part in command], **who, **quiet)
        for command in (
            (postgres_binary("postgres"), "-D", database, "-k", "", "-p", ports[0], "-F"),
            (valkey_binary(), "--port", ports[1], "--dir", folder, "--save", ""),
        )
    ]
    createdb: list[str | Path] = [
        postgres_binary("createdb"),
        "-h",
        "127.0.0.1",
        "-p",
        str(ports[0]),
    ]
    until = time.monotonic() + PATIENCE_S
    while subprocess.run(
        [*createdb, "-U", "endstate", "endstate"], check=False, **quiet
    ).returncode:
        assert time.monotonic() < until
        time.sleep(0.1)
    yield {
        "DATABASE_URL": f"postgres://endstate@127.0.0.1:{ports[0]}/endstate",
        "REDIS_URL": f"redis://127.0.0.1:{ports[1]}/0",
    }
    for server in servers:
        server.send_signal(signal.SIGINT)
        server.wait(10)
    shutil.rmtree(folder, ignore_errors=True)


def test_it_runs_on_servers_started_by_hand(tmp_path: Path, by_hand: dict[str, str]) -> None:
    up = Up(tmp_path, **by_hand).ready()
    ready = wait_until_ready(up)["ready"]
    names = set(up.children())
    status, _, left = up.end()
    assert (ready, names) == (True, {"web", "worker", "beat", "loop"})
    assert (status, left) == (0, [])
    assert not (tmp_path / "postgres").exists()


def test_without_a_secret_key_every_command_says_what_to_set(tmp_path: Path) -> None:
    refused = manage("person", "a@example.org", "--name", "A", ENDSTATE_DATA=str(tmp_path))
    assert refused.returncode == 1
    assert refused.stderr.startswith("manage.py: SECRET_KEY is not set")
    assert list(tmp_path.iterdir()) == []


def test_a_secret_key_others_can_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "secret_key"
    path.write_text("known to all")
    path.chmod(0o644)
    refused = manage("person", "a@example.org", "--name", "A", ENDSTATE_DATA=str(tmp_path))
    assert refused.returncode == 1
    assert "chmod 600" in refused.stderr


@pytest.fixture
def made_by_another_version(tmp_path: Path) -> Iterator[Path]:
    """A data folder whose database remembers one migration that is here, and two that are not."""
    folder = tmp_path / "data"
    servers = Servers(folder)
    servers.start(valkey=False)
    with psycopg.connect(servers.owner_url) as line:
        line.execute(
            "CREATE TABLE django_migrations (id bigint PRIMARY KEY GENERATED BY DEFAULT AS "
            "IDENTITY, app varchar(255) NOT NULL, name varchar(255) NOT NULL, "
            "applied timestamptz NOT NULL DEFAULT now())"
        )
        line.execute(
            "INSERT INTO django_migrations (app, name) VALUES ('incidents', '0001_initial'), "
            "('incidents', '0002_append_only_and_policies'), ('people', '0003_accounts')"
        )
    servers.stop()
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def what_it_holds(folder: Path) -> list[tuple[Any, ...]]:
    servers = Servers(folder)
    servers.start(valkey=False)
    try:
        with psycopg.connect(servers.owner_url) as line:
            return [
                *line.execute("SELECT app, name, applied FROM django_migrations ORDER BY id"),
                *line.execute(
                    "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace "
                    "ORDER BY relname"
                ),
            ]
    finally:
        servers.stop()


def test_the_data_of_another_version_is_refused_in_a_sentence_and_left_as_it_is(
    made_by_another_version: Path,
) -> None:
    data, before = made_by_another_version, what_it_holds(made_by_another_version)
    up = manage("up", "--port", "0", "--data", str(data))
    migrate = manage("migrate", ENDSTATE_DATA=str(data))
    sentence = (
        "this database was made by another version of Endstate "
        "(incidents.0002_append_only_and_policies and 1 more are not known here), and nothing in "
        "it was changed. Go on with that version; or make a backup with it, and start this one "
        "on a new --data folder (with DATABASE_URL: on a new database).\n"
    )
    assert (up.returncode, up.stdout) == (1, f"Endstate cannot start: {sentence}")
    assert (migrate.returncode, migrate.stderr) == (1, f"manage.py: {sentence}")
    assert what_it_holds(data) == before
