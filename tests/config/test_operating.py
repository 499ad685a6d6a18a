"""What whoever runs it reads and sets: log, version, retention and health checks."""

import json
import logging
import re
import subprocess
import sys
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.test import Client

from config.env import days_kept, one_of
from config.logs import JsonFormatter, answering
from config.retention import forget_what_is_old, what_is_forgotten
from deadlines.passes import run_pass
from incidents.record.models import Incident
from people.models import User
from running.places import ROOT, version
from tests.conftest import Clock
from tests.programs import Programs
from tests.servers import address_of


def written(message: str, *facts: object, error: Exception | None = None) -> dict[str, Any]:
    trace = (type(error), error, None) if error else None
    line = logging.LogRecord("live.hub", logging.WARNING, "x", 1, message, facts, trace)
    said: dict[str, Any] = json.loads(JsonFormatter().format(line))
    return said


def test_a_line_as_json_says_which_request_and_incident_and_no_secret() -> None:
    with answering("POST", "/api/v1/incidents/INC-42/cards") as asked:
        said = written("late\n%s", "Bearer es_abcdefghijklmnopqrstuvwxyz")
    at, process = said.pop("at"), said.pop("process")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00", at)
    assert process > 0
    assert said == {
        "level": "WARNING",
        "logger": "live.hub",
        "message": "late\nBearer …",
        "request": asked.id,
        "method": "POST",
        "path": "/api/v1/incidents/INC-42/cards",
        "incident": "INC-42",
    }
    with answering("GET", "/s/secret-of-a-link/") as _:
        assert written("x")["path"] == "/s/…/"
    outside = written("the sweep set a deadline of INC-7 aside", error=ValueError("es_" + "x" * 30))
    assert (outside["incident"], outside["trace"]) == ("INC-7", "ValueError: es_…")
    assert "request" not in outside


@pytest.mark.django_db
def test_an_answer_names_its_request_and_the_api_its_version(
    client: Client, program: Programs, responder: User
) -> None:
    first, second = client.get("/accounts/login/"), client.get("/accounts/login/")
    assert re.fullmatch(r"[0-9a-f]{32}", first["X-Request-ID"])
    assert first["X-Request-ID"] != second["X-Request-ID"]
    assert "Endstate-Version" not in first
    assert program(responder).get("me")["Endstate-Version"] == version()
    client.force_login(responder)
    assert f"Endstate {version()}</span>" in client.get("/").content.decode()


def test_a_setting_that_is_one_of_some_words_is_held_to_them() -> None:
    assert (one_of("LOG_FORMAT", "", "line", "json"), one_of("X", "b", "a", "b")) == ("line", "b")
    with pytest.raises(ImproperlyConfigured, match="LOG_FORMAT is one of line, json; it is 'xml'"):
        one_of("LOG_FORMAT", "xml", "line", "json")


@pytest.mark.parametrize(
    ("said", "days"),
    [
        ("", {"deliveries": 90, "samples": 30}),
        ("14", {"deliveries": 14, "samples": 30}),
        (" samples = 7 , deliveries=365,", {"deliveries": 365, "samples": 7}),
    ],
)
def test_days_are_kept_as_the_setting_says(
    said: str, days: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RETENTION_DAYS", said)
    assert days_kept() == days


@pytest.mark.parametrize("said", ["0", "samples=0", "samples=-1", "x", "record=1", "3651", "²"])
def test_days_that_mean_nothing_are_refused(said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RETENTION_DAYS", said)
    with pytest.raises(ImproperlyConfigured, match=f"RETENTION_DAYS holds '{said}'. It is days"):
        days_kept()


@pytest.mark.django_db
def test_the_days_count_and_stand_on_the_first_page_of_the_admin(
    client: Client, admin: User, incident: Incident, clock: Clock, settings: Any
) -> None:
    client.force_login(admin)
    page = client.get("/admin/").content.decode()
    for what, goes in what_is_forgotten():
        assert f'<th scope="row">{what}</th><td>{goes}</td>' in page
    assert "90 days after they left" in page
    settings.RETENTION = {"deliveries": 5, "samples": 3}
    assert [goes.partition(",")[0] for _, goes in what_is_forgotten()][2:4] == [
        "5 days after they left or were given up",
        "after 3 days",
    ]
    assert forget_what_is_old()["deliveries"] == 0


@pytest.mark.django_db(transaction=True)
def test_each_process_that_passes_is_healthy_as_long_as_it_does(clock: Clock) -> None:
    def healthy(name: str) -> tuple[int, str]:
        done = subprocess.run(
            [sys.executable, "-m", "config.healthy", name],
            cwd=ROOT,
            env={"DATABASE_URL": address_of(connection.settings_dict), "SECRET_KEY": "k" * 60},
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, re.sub(r"\d+ s", "n s", done.stdout + done.stderr)

    assert healthy("loop") == (1, "loop never passed\n")
    run_pass("loop")
    run_pass("beat")
    assert [healthy(name) for name in ("loop", "worker", "beat")] == [
        (0, "loop passed n s ago\n"),
        (0, "worker passed n s ago\n"),
        (0, "beat passed n s ago\n"),
    ]
    clock.advance(minutes=5)
    assert healthy("worker") == (1, "worker passed n s ago\n")
    assert healthy("web") == (2, "Ask for one of loop, worker, beat.\n")
