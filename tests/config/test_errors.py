"""Errors are reported to whom ``SENTRY_DSN`` names, by what the image installs, without secrets."""

import gzip
import json
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from config.errors import harmless
from running.places import ROOT
from tests.running.terminal import environment

TOKEN = "es_44-q-QdIzQWf6yJJRXHfd_vzfVXla"
SECRETS = ("hunter2", "s3cretLink", TOKEN)
BREAKS = f"""
import logging
import django
import sentry_sdk
django.setup()
log = logging.getLogger("endstate")
log.warning("before it: Bearer {TOKEN}")
try:
    raise ValueError("postgres://endstate:hunter2@db/x")
except ValueError:
    log.exception("It broke at /s/s3cretLink/")
sentry_sdk.flush(20)
"""


class Receiver(BaseHTTPRequestHandler):
    """Keeps the bodies of what is posted to it."""

    bodies: list[bytes] = []

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        self.bodies.append(body)
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Nothing on the terminal."""


@pytest.fixture
def receiver() -> Iterator[tuple[str, list[bytes]]]:
    """Somebody's Sentry: its address with a key, and what it got."""
    Receiver.bodies = []
    server = HTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://key@127.0.0.1:{server.server_port}/1", Receiver.bodies
    server.shutdown()
    server.server_close()


def events(bodies: list[bytes]) -> list[dict[str, Any]]:
    lines = [line for body in bodies for line in body.splitlines()]
    found = [json.loads(line) for line in lines if line.startswith(b"{")]
    return [one for one in found if "exception" in one]


def test_an_error_is_reported_without_what_would_open_something(
    receiver: tuple[str, list[bytes]],
) -> None:
    dsn, bodies = receiver
    subprocess.run(
        [sys.executable, "-c", BREAKS],
        cwd=ROOT,
        env=environment(
            SENTRY_DSN=dsn,
            NO_PROXY="127.0.0.1",
            SECRET_KEY="only-for-this-test-0123456789-0123456789-0123456789-0123456789",
            DATABASE_URL="postgres://endstate@127.0.0.1:1/none",
            DJANGO_SETTINGS_MODULE="config.settings",
        ),
        capture_output=True,
        check=True,
        timeout=120,
    )
    (event,) = events(bodies)
    told = event["exception"]["values"][0]
    crumbs = [crumb["message"] for crumb in event["breadcrumbs"]["values"]]
    assert (told["type"], told["value"]) == ("ValueError", "postgres://endstate:…@db/x")
    assert event["logentry"]["message"] == "It broke at /s/…/"
    assert "before it: Bearer …" in crumbs
    assert [secret for secret in SECRETS if any(secret.encode() in one for one in bodies)] == []


def test_a_report_holds_no_body_no_header_and_nobody() -> None:
    event = {
        "user": {"id": 7, "email": "maya@example.com"},
        "request": {
            "url": "https://endstate.example/invitation/s3cretLink/",
            "method": "POST",
            "data": {"text": "typed"},
            "headers": {"Cookie": "sessionid=1"},
            "cookies": {"sessionid": "1"},
            "query_string": "q=typed",
            "env": {"REMOTE_ADDR": "192.0.2.1"},
        },
    }
    assert harmless(event, {}) == {
        "request": {"url": "https://endstate.example/invitation/…/", "method": "POST"}
    }


def test_the_image_installs_the_package_that_reports() -> None:
    installs = re.findall(r"--require-hashes -r (\S+)", (ROOT / "Dockerfile").read_text())
    assert installs == ["requirements/base.txt"]
    locked = (ROOT / "requirements/base.txt").read_text()
    assert re.search(r"^sentry-sdk==", locked, re.MULTILINE)
