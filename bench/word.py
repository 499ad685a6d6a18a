"""An update to a thousand subscribers, until a local mail server has the mails.

Whoever digs must not feel it: the war room is asked meanwhile, and before and after without it.
"""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from aiosmtpd.controller import Controller
from django.conf import settings
from django.test import Client, override_settings
from django.urls import reverse

from bench.rows import Row
from bench.stage import ROOT, free_port, percentile
from bench.turns import site
from clock.queries import now
from incidents.lifecycle.declaring import declare_incident
from incidents.record.models import Incident
from incidents.updates.actions import publish_update
from notifications.sending import send_due
from people.models import Role, User
from stakeholders.subscriptions.actions import subscribe

SUBSCRIBERS = 1_000
MOST_OF_THEM = 0.95
QUIET_S = 10.0
SHARE = 0.95


class _Taken:
    """Notes when each mail was taken."""

    def __init__(self) -> None:
        self.at: list[float] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        self.at.append(time.perf_counter())
        return "250 taken"


def rows() -> list[Row]:
    """From the publication on: the request's own time, and until 95 % were handed over."""
    lead = User.objects.create_user("word@bench.test", name="Wim Word", role=Role.RESPONDER)
    incident = declare_incident(by=lead, title="Payments fail", severity="sev1")
    for number in range(SUBSCRIBERS):
        reader = User.objects.create_user(
            f"reader-{number}@bench.test", name=f"Reader {number}", role=Role.STAKEHOLDER
        )
        subscribe(by=reader, to="incident", way="email", ref=incident.ref)
    path = f"/incidents/{incident.ref}/"
    taken = _Taken()
    office = Controller(taken, hostname="127.0.0.1", port=free_port())
    office.start()
    smtp = {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": "127.0.0.1",
        "EMAIL_PORT": office.port,
        "EMAIL_USE_TLS": False,
        "EMAIL_USE_SSL": False,
        "EMAIL_HOST_USER": "",
    }
    try:
        with override_settings(**smtp), site() as served:
            port = served.port
            # What a web process has loaded long before somebody publishes.
            reverse("warroom:warroom", args=[incident.ref])
            before = _quiet(port, path, lead)
            with _asked(port, path, lead) as meanwhile:
                began, published = _publish(incident, lead)
                send_due("fan_out")
                while send_due("email").sent:
                    pass
            after = _quiet(port, path, lead)
    finally:
        office.stop()
    if len(taken.at) != SUBSCRIBERS:
        raise RuntimeError(f"{len(taken.at)} of {SUBSCRIBERS} mails arrived")
    most = sorted(taken.at)[int(SUBSCRIBERS * MOST_OF_THEM) - 1]
    name = f"an update to {SUBSCRIBERS} subscribers"
    quiet = percentile([*before, *after], SHARE)
    busy = percentile(meanwhile, SHARE)
    return [
        Row(f"{name}, published", (published - began) * 1000, "ms", bar=150.0),
        Row(f"{name}, 95 % with the mail server", most - began, "s", bar=60.0),
        Row(
            f"the war room while it leaves, p95 of {len(meanwhile)}",
            busy,
            "ms",
            against=quiet,
            versus="before and after",
            bar=1.5,
            bar_is="ratio",
        ),
    ]


def _publish(incident: Incident, lead: User) -> tuple[float, float]:
    """Publish the update; the moments before and after."""
    began = time.perf_counter()
    publish_update(
        incident,
        by=lead,
        status_text="Card payments fail.",
        hypothesis="The replica lags.",
        current_action="Failing reads over.",
        statement="Nobody can pay by card",
        executive_summary="A team is on it.",
        next_update_at=now() + timedelta(minutes=15),
    )
    return began, time.perf_counter()


def _quiet(port: int, path: str, person: User) -> list[float]:
    """Milliseconds of the page while nothing leaves."""
    with _asked(port, path, person) as took:
        time.sleep(QUIET_S)
    return took


@contextmanager
def _asked(port: int, path: str, person: User) -> Iterator[list[float]]:
    """Have ``path`` asked by another process to the end of the block, then fill the list."""
    client = Client()
    client.force_login(person)
    name = settings.SESSION_COOKIE_NAME
    cookie = f"{name}={client.cookies[name].value}"
    command = [sys.executable, "-m", "bench.looker", str(port), path, cookie]
    took: list[float] = []
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, text=True) as asker:
        assert asker.stdin is not None
        assert asker.stdout is not None
        if asker.stdout.readline().strip() != "ready":
            raise RuntimeError(f"{path} cannot be asked")
        try:
            yield took
        finally:
            asker.stdin.close()
            said = asker.stdout.read()
            took += json.loads(said) if said else []
