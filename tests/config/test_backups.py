"""A backup is whole or none, is taken while people write, and is proved by restoring it."""

import hashlib
import io
import json
import os
import subprocess
import sys
import tarfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection, connections
from django.test import Client

from config.roles import as_owner
from incidents.board.actions import add_card
from incidents.lifecycle.declaring import declare_incident
from incidents.lifecycle.notes import add_note
from incidents.record.models import Incident, Severity, TimelineEntry
from incidents.record.timeline import verify
from live.hub import Hub
from people.models import User
from tests.running.terminal import manage
from tests.servers import address_of
from waits.limits import WEB, become
from waits.restoring import KEYS, Restored

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(900)]


def say(*command: str, **options: Any) -> str:
    out = io.StringIO()
    call_command(*command, stdout=out, stderr=out, **options)
    return out.getvalue()


@pytest.fixture
def kept(incident: Incident, commander: User, tmp_path: Path) -> Path:
    """A backup of a database with one incident."""
    add_note(incident, by=commander, text="Tabs\t, lines\n, quotes \" ' and \\N of ünïcode.")
    say("backup", str(tmp_path / "kept.tar"))
    return tmp_path / "kept.tar"


def content() -> dict[str, Any]:
    """What is told apart below: the incidents with their last entries, and the people."""
    return {
        "incidents": list(Incident.objects.order_by("pk").values_list("number", "last_hash")),
        "entries": list(TimelineEntry.objects.order_by("pk").values_list("pk", "hash")),
        "people": list(User.objects.order_by("pk").values_list("email", "password")),
    }


def test_a_backup_is_for_its_owner_only_and_says_what_it_holds(kept: Path) -> None:
    assert kept.stat().st_mode & 0o777 == 0o600
    assert list(kept.parent.iterdir()) == [kept]
    said = say("backup", str(kept))
    assert said.startswith(f"{kept} holds 1 incidents and ")
    assert "keep it as you keep passwords" in said


def test_what_was_done_since_is_gone_after_a_restore_and_work_goes_on(
    kept: Path, incident: Incident, commander: User
) -> None:
    before = content()
    declare_incident(by=commander, title="Since", severity=Severity.SEV2)
    User.objects.create_user("since@example.com", name="Since", role="responder")
    with pytest.raises(CommandError) as refused:
        say("restore", str(kept))
    assert str(refused.value) == (
        "Nothing was restored: the database holds 2 incidents, which a restore would throw away. "
        "Take a backup of it first; then say --replace."
    )
    assert Incident.objects.count() == 2
    said = say("restore", str(kept), "--replace").splitlines()
    assert said[0].startswith(f"Restored what {kept} holds of 20")
    assert said[1:] == ["1 timeline is complete and unaltered.", "The books balance."]
    assert content() == before
    again = declare_incident(
        by=User.objects.get(pk=commander.pk), title="Next", severity=Severity.SEV2
    )
    assert (again.number, verify(again)) == (incident.number + 1, None)
    with connection.cursor() as cursor, pytest.raises(Exception, match="append-only"):
        cursor.execute("UPDATE incidents_timelineentry SET text = 'x'")


@pytest.fixture
def of_others() -> Iterator[None]:
    """A table and a view that somebody keeps beside ours."""
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("CREATE TABLE of_others (id serial PRIMARY KEY, word text)")
        cursor.execute("INSERT INTO of_others (word) VALUES ('one'), ('two')")
        cursor.execute("CREATE VIEW words_of_others AS SELECT word FROM of_others")
        cursor.execute("GRANT SELECT ON of_others, words_of_others TO PUBLIC")
    yield
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("DROP TABLE of_others CASCADE")


def words_of_others() -> tuple[list[tuple[str]], int]:
    """What stands there, and the next number of a row."""
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("SELECT word FROM words_of_others ORDER BY word")
        words = cursor.fetchall()
        cursor.execute("SELECT last_value FROM of_others_id_seq")
        return words, cursor.fetchone()[0]


def before_prometheus(said: dict[str, Any]) -> None:
    """As a version knew it that had no such tables."""
    said["migrations"].remove(["integrations", "0002_prometheus"])
    for table in ("integrations_poll", "integrations_trial"):
        assert said["tables"].pop(table)["rows"] == 0


def test_a_table_of_others_is_neither_taken_nor_touched(
    incident: Incident, of_others: None, tmp_path: Path
) -> None:
    path = tmp_path / "kept.tar"
    said = say("backup", str(path)).splitlines()
    assert said[1].startswith("It does not hold ")
    assert "of_others" in said[1]
    with tarfile.open(path) as tar:
        assert [one.name for one in tar if "of_others" in one.name] == []
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("INSERT INTO of_others (word) VALUES ('three')")
    before = words_of_others()
    say("restore", str(path), "--replace")
    assert words_of_others() == before == ([("one",), ("three",), ("two",)], 3)
    # The same where the tables are made anew, as that earlier version knew them.
    rewritten(path, before_prometheus)
    say("restore", str(path), "--replace")
    assert words_of_others() == before


def test_what_a_newer_version_made_is_taken_though_nobody_here_knows_it(
    incident: Incident, of_others: None, tmp_path: Path
) -> None:
    path, tomorrow = tmp_path / "kept.tar", ["incidents", "9999_of_tomorrow"]
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("INSERT INTO django_migrations VALUES (DEFAULT, %s, %s, now())", tomorrow)
    try:
        said = say("backup", str(path))
    finally:
        with as_owner(), connection.cursor() as cursor:
            cursor.execute("DELETE FROM django_migrations WHERE name = %s", tomorrow[1:])
    assert "It does not hold" not in said
    with tarfile.open(path) as tar:
        assert "tables/of_others/00001.gz" in tar.getnames()


def unchanged(kept: Path, words: str) -> None:
    """A restore of this file is refused so, and touches nothing."""
    before = content()
    with pytest.raises(CommandError, match=words):
        say("restore", str(kept), "--replace")
    assert content() == before


def rewritten(kept: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """The same file, saying something else of itself, sealed as ours are."""
    with tarfile.open(kept) as tar:
        members = {one.name: tar.extractfile(one).read() for one in tar}  # type: ignore[union-attr]
    said = json.loads(members["endstate.json"])
    change(said)
    members["endstate.json"] = json.dumps(said).encode()
    members["endstate.sha256"] = hashlib.sha256(members["endstate.json"]).hexdigest().encode()
    with tarfile.open(kept, "w") as tar:
        for name, words in members.items():
            found = tarfile.TarInfo(name)
            found.size = len(words)
            tar.addfile(found, io.BytesIO(words))


def test_half_a_file_restores_nothing(kept: Path) -> None:
    whole = kept.read_bytes()
    end = whole.index(b"endstate.sha256")
    for length in (end // 3, end // 2, end, end + 520):
        kept.write_bytes(whole[:length])
        unchanged(kept, "is half a backup")
    for length in (0, 100):
        kept.write_bytes(whole[:length])
        unchanged(kept, "is no backup of Endstate")


def test_a_file_that_was_changed_restores_nothing(kept: Path) -> None:
    whole = kept.read_bytes()
    for word in (b"tables/incidents_incident/00001.gz", b"endstate.json"):
        at = whole.index(word) + 600
        kept.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        unchanged(kept, "is damaged")
    kept.write_bytes(b"PGDMP" + whole)
    unchanged(kept, "is no backup of Endstate")
    unchanged(kept.parent / "nowhere.tar", "cannot be read: No such file")
    unchanged(kept.parent, "is no file")
    os.symlink("/dev/zero", kept.parent / "zero")
    unchanged(kept.parent / "zero", "is no file")


def test_a_backup_of_a_newer_version_is_refused(kept: Path) -> None:
    rewritten(kept, lambda said: said["migrations"].append(["incidents", "9999_of_tomorrow"]))
    unchanged(
        kept,
        r"made by a newer version of Endstate \(.*; incidents.9999_of_tomorrow is not known here\)",
    )
    rewritten(kept, lambda said: said.update(format=2, migrations=[]))
    unchanged(kept, "made by a newer version of Endstate")


def test_rows_that_are_missing_or_point_nowhere_restore_nothing(kept: Path) -> None:
    rewritten(kept, lambda said: said["tables"]["people_user"].update(rows=0))
    unchanged(kept, "does not hold every row of people_user")
    rewritten(kept, lambda said: said["tables"]["people_user"].update(rows=0, parts=[]))
    unchanged(kept, "violates foreign key constraint")


def test_a_full_disk_is_said_and_leaves_nothing_behind(kept: Path) -> None:
    before = kept.read_bytes()
    with pytest.raises(CommandError, match="/dev/full: No space left on device"):
        say("backup", "/dev/full")
    # A disk that fills up on the way: the kernel takes so much of a file and no more.
    full = manage_limited(kept, 8192)
    assert "could not be written" in full.stderr
    assert (kept.read_bytes(), list(kept.parent.iterdir())) == (before, [kept])


def here() -> dict[str, str]:
    """The settings with which another process works on the database of this test."""
    url = address_of(connection.settings_dict)
    names = ("SECRET_KEY", "REDIS_URL", "ENDSTATE_DATA")
    return {**{name: os.environ[name] for name in names}, "DATABASE_URL": url}


def manage_limited(path: Path, size: int) -> Any:
    code = (
        "import resource, sys, runpy; resource.setrlimit(resource.RLIMIT_FSIZE, "
        f"({size}, {size})); sys.argv = ['manage.py', 'backup', {str(path)!r}]; "
        "runpy.run_path('manage.py', run_name='__main__')"
    )
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=settings.ROOT,
        env={**os.environ, **here()},
        capture_output=True,
        text=True,
        check=False,
    )


@contextmanager
def somebody_restores() -> Iterator[None]:
    """Hold what a restore holds, and send everybody away as it does."""
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s, %s)", KEYS)
        owner = connection.connection
        connection.connection = None
    try:
        yield
    finally:
        owner.close()


def test_while_a_backup_is_restored_pages_and_programs_are_told_so(
    kept: Path, browser_of: Client, commander: User
) -> None:
    browser_of.force_login(commander)
    with somebody_restores():
        become(WEB)
        connection.close()
        page, api = browser_of.get("/"), browser_of.get("/api/v1/me")
        with pytest.raises(OperationalError, match="a backup is being restored"):
            connection.ensure_connection()
        assert connection.connection is None
    assert (page.status_code, "A backup is being restored" in page.content.decode()) == (503, True)
    assert (api.status_code, api.json()["code"], api["Retry-After"]) == (503, "unavailable", "3")
    assert browser_of.get("/api/v1/me").status_code == 200


def test_two_restores_at_once_are_one(kept: Path) -> None:
    with somebody_restores():
        unchanged(kept, "somebody else is restoring a backup")


def test_a_restore_ends_the_work_of_others_and_makes_them_forget(kept: Path) -> None:
    forgotten: list[str] = []
    restored = Restored()
    restored.register(lambda: forgotten.append("once"))
    with psycopg.connect(here()["DATABASE_URL"]) as other:
        other.execute("SELECT FROM incidents_incident FOR UPDATE")
        say("restore", str(kept), "--replace")
        with pytest.raises(psycopg.OperationalError):
            other.execute("SELECT 1")
    for mark in (1, 1, 2, 2):
        restored.notice(mark)
    assert forgotten == ["once"]
    hub = Hub()
    hub.forget()
    assert hub._is_of_another


WRITERS = 4


def test_a_backup_taken_while_people_write_is_restored_elsewhere_whole(
    commander: User, tmp_path: Path
) -> None:
    """From a database that changes at every moment, into one that was never prepared."""
    incidents = [
        declare_incident(by=commander, title=f"No {n}", severity=Severity.SEV2)
        for n in range(WRITERS)
    ]
    stop, written = threading.Event(), [0] * WRITERS

    def write(n: int) -> None:
        while not stop.is_set():
            add_note(incidents[n], by=commander, text=f"Note {written[n]}")
            add_card(incidents[n], by=commander, title=f"Card {written[n]}")
            written[n] += 1
        connections.close_all()

    writers = [threading.Thread(target=write, args=(n,)) for n in range(WRITERS)]
    for writer in writers:
        writer.start()
    while min(written) < 2:
        time.sleep(0.01)
    began = sum(written)
    say("backup", str(tmp_path / "kept.tar"))
    grew = sum(written) - began
    stop.set()
    for writer in writers:
        writer.join()
    assert grew > 0, "nobody wrote while the backup was taken"

    elsewhere = "restored_elsewhere"
    with as_owner(), connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {elsewhere}")
        cursor.execute(f"CREATE DATABASE {elsewhere}")
    with as_owner():
        url = address_of({**connection.settings_dict, "NAME": elsewhere})
    own = {**here(), "DATABASE_URL": url, "DATABASE_OWNER_URL": url}
    done = manage("restore", str(tmp_path / "kept.tar"), within_s=250, **own)
    assert (done.returncode, done.stderr) == (0, "")
    assert "4 timelines are complete and unaltered.\nThe books balance.\n" in done.stdout
    with psycopg.connect(url) as line:
        notes, cards = (
            line.execute(f"SELECT count(*) FROM incidents_{what}").fetchall()
            for what in ("timelineentry WHERE kind = 'note'", "card")
        )
        ran = line.execute("SELECT app, name FROM django_migrations ORDER BY 1, 2").fetchall()
    assert 0 <= notes[0][0] - cards[0][0] <= WRITERS
    with connection.cursor() as cursor:
        cursor.execute("SELECT app, name FROM django_migrations ORDER BY 1, 2")
        assert cursor.fetchall() == ran
    with as_owner(), connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE {elsewhere}")
