"""What earlier versions left is taken over: it migrates, it reads, and it is whole."""

import gzip
import json
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.test import Client

from clock.actions import set_offset
from config.roles import as_owner
from incidents.lifecycle.declaring import declare_incident
from incidents.record.models import Incident, Severity
from incidents.record.timeline import verify
from people.models import Role, User
from running.places import ROOT
from running.programs import postgres_binary
from tests.servers import address_of
from tests.upgrades.__main__ import migrations

HERE = Path(__file__).parent
VERSIONS = sorted(path.name.removesuffix(".json") for path in HERE.glob("*.json"))
#: What is not about the data, ends the session, or is one more page of the admin for each row.
NOT_FOLLOWED = re.compile(r"/(accounts|static|api/v1/docs|admin/\w+/\w+/.)|.*/events/")

pytestmark = pytest.mark.timeout(900)


@dataclass(frozen=True)
class Kept:
    """What a version left, taken over by this one, and what was said of it when it was made."""

    version: str
    made_at: datetime
    rows: dict[str, int]


def said_of(version: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((HERE / f"{version}.json").read_text())
    return found


def restore(version: str, database: str) -> None:
    """Make ``database`` anew from the dump of ``version``, as the schema's owner."""
    owner = address_of({**connection.settings_dict, "NAME": "postgres"})
    with psycopg.connect(owner, autocommit=True) as line:
        line.execute(f"DROP DATABASE IF EXISTS {database}")
        line.execute(f"CREATE DATABASE {database}")
    subprocess.run(
        [
            str(postgres_binary("psql")),
            *("--no-psqlrc", "--quiet", "--output=/dev/null", "--set=ON_ERROR_STOP=1"),
            *("--single-transaction", f"--dbname={owner.rpartition('/')[0]}/{database}"),
        ],
        input=gzip.decompress((HERE / f"{version}.sql.gz").read_bytes()),
        check=True,
    )


@pytest.fixture(scope="module", params=VERSIONS)
def kept(
    request: pytest.FixtureRequest, django_db_setup: None, django_db_blocker: Any
) -> Iterator[Kept]:
    """Each version's data, migrated; the clock stands an hour after it was made."""
    version: str = request.param
    said = said_of(version)
    made_at = datetime.fromisoformat(said["made_at"])
    with django_db_blocker.unblock():
        with as_owner():
            restore(version, database := f"made_by_{version.replace('.', '_')}")
        chosen, before = connection.settings_dict, connection.settings_dict["NAME"]
        connection.close()
        chosen["NAME"] = database
        call_command("migrate", verbosity=0, interactive=False)
        set_offset((made_at + timedelta(hours=1) - datetime.now(UTC)).total_seconds())
        yield Kept(version, made_at, said["rows"])
        connection.close()
        chosen["NAME"] = before


def test_a_dump_stands_for_every_version_from_the_first() -> None:
    assert VERSIONS[0] == "0.1.0"
    assert [path.name.removesuffix(".sql.gz") for path in sorted(HERE.glob("*.gz"))] == VERSIONS


@pytest.mark.parametrize("version", VERSIONS)
def test_no_migration_of_a_version_is_rewritten(version: str) -> None:
    here, then = migrations(), said_of(version)["migrations"]
    assert {path: here.get(path) for path in then} == then


def test_every_migration_has_run_and_every_row_is_there(kept: Kept) -> None:
    executor = MigrationExecutor(connection)
    assert executor.migration_plan(executor.loader.graph.leaf_nodes()) == []
    found = {label: apps.get_model(label)._default_manager.count() for label in kept.rows}
    assert found == kept.rows


def test_every_record_is_complete_and_unaltered(kept: Kept) -> None:
    incidents = list(Incident.objects.order_by("number"))
    assert len(incidents) == kept.rows["incidents.Incident"] > 0
    assert [verify(incident) for incident in incidents] == [None] * len(incidents)


def test_the_record_still_refuses_to_be_changed(kept: Kept) -> None:
    with connection.cursor() as cursor, pytest.raises(Exception, match="append-only"):
        cursor.execute("UPDATE incidents_timelineentry SET text = 'x'")


def pages_from(client: Client, first: list[str]) -> dict[str, int]:
    """The status of ``first`` and of every page they lead to, by link, in the end."""
    found: dict[str, int] = {}
    waiting = list(first)
    while waiting:
        path = waiting.pop()
        if path in found or NOT_FOLLOWED.match(path):
            continue
        answer = client.get(path, follow=True)
        found[path] = answer.status_code
        if answer.headers["Content-Type"].startswith("text/html"):
            links = re.findall(r'href="(/[^"#?]*)', answer.content.decode())
            waiting += [link for link in links if link not in found]
    return found


@pytest.mark.parametrize("email", ["maya", "ada", "ingrid"])
def test_every_page_that_its_people_can_reach_opens(kept: Kept, email: str) -> None:
    person = User.objects.get(email=f"{email}@endstate.example")
    client = Client()
    client.force_login(person)
    refs = [incident.ref for incident in Incident.objects.visible_to(person)]
    rooms = [f"/stakeholders/{ref}/" for ref in refs]
    if person.role != Role.STAKEHOLDER:
        rooms += [f"/incidents/{ref}/" for ref in refs]
        rooms += [f"/incidents/{ref}/timeline/" for ref in refs]
        rooms += [f"/api/v1/incidents/{ref}" for ref in refs]
    assert len(refs) == kept.rows["incidents.Incident"]
    found = pages_from(client, ["/", *rooms])
    assert {path: status for path, status in found.items() if status != 200} == {}
    assert set(rooms) <= set(found)


def test_its_reviews_open(kept: Kept) -> None:
    client = Client()
    client.force_login(User.objects.get(email="maya@endstate.example"))
    reviews = list(Incident.objects.filter(postmortem__isnull=False))
    assert len(reviews) == kept.rows["postmortems.Postmortem"] > 0
    assert [client.get(f"/postmortems/{one.ref}/").status_code for one in reviews] == [
        200 for _ in reviews
    ]


def test_work_goes_on_with_the_next_number(kept: Kept) -> None:
    commander = User.objects.get(email="maya@endstate.example")
    last = Incident.objects.order_by("number").last()
    assert last is not None
    with transaction.atomic():
        declared = declare_incident(by=commander, title="The next one", severity=Severity.SEV2)
        assert declared.number == last.number + 1
        assert verify(declared) is None
        transaction.set_rollback(True)


def test_a_dump_holds_nothing_of_the_machine_it_was_made_on() -> None:
    for path in HERE.glob("*.sql.gz"):
        words = gzip.decompress(path.read_bytes()).decode()
        hosts = set(re.findall(r"[a-z+]+://([^/\s\"'\\]+)", words))
        assert {host for host in hosts if not host.endswith(".example")} <= {"127.0.0.1:8000"}
        assert str(ROOT) not in words
        assert "/tmp/" not in words
