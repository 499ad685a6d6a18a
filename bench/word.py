"""An update to a thousand subscribers, until a local mail server has the mails."""

import socket
import time
from datetime import timedelta
from typing import Any

from aiosmtpd.controller import Controller
from django.test import override_settings

from bench.rows import Row
from clock.queries import now
from incidents.lifecycle.declaring import declare_incident
from incidents.updates.actions import publish_update
from notifications.sending import send_due
from people.models import Role, User
from stakeholders.subscriptions.actions import subscribe

SUBSCRIBERS = 1_000
MOST_OF_THEM = 0.95


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
    taken = _Taken()
    office = Controller(taken, hostname="127.0.0.1", port=_free_port())
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
        with override_settings(**smtp):
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
            published = time.perf_counter()
            send_due("fan_out")
            while send_due("email").sent:
                pass
    finally:
        office.stop()
    if len(taken.at) != SUBSCRIBERS:
        raise RuntimeError(f"{len(taken.at)} of {SUBSCRIBERS} mails arrived")
    most = sorted(taken.at)[int(SUBSCRIBERS * MOST_OF_THEM) - 1]
    name = f"an update to {SUBSCRIBERS} subscribers"
    return [
        Row(f"{name}, published", (published - began) * 1000, "ms", bar=150.0),
        Row(f"{name}, 95 % with the mail server", most - began, "s", bar=60.0),
    ]


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
