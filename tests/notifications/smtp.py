"""A mail server for tests: keeps what it gets, and can refuse, hang up or fall silent."""

import asyncio
import email
import email.policy
import logging
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from django.test import override_settings

logging.getLogger("mail.log").setLevel(logging.ERROR)


@dataclass
class Post:
    """What arrived when, and what is answered: ``answers`` maps an address to an SMTP answer.

    ``slow`` is how many seconds it keeps a message before it says that it has it; of the next
    ``drops`` messages it hangs up instead of saying so. ``verdict`` is what it says.
    """

    port: int = 0
    messages: list[EmailMessage] = field(default_factory=list)
    answers: dict[str, str] = field(default_factory=dict)
    connections: int = 0
    slow: float = 0.0
    drops: int = 0
    verdict: str = "250 taken"
    arrived: list[float] = field(default_factory=list)

    async def handle_EHLO(  # noqa: N802 - the name aiosmtpd calls
        self,
        server: SMTP,
        session: Session,
        envelope: Envelope,
        hostname: str,
        responses: list[str],
    ) -> list[str]:
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[Any]
    ) -> str:
        if (answer := self.answers.get(address)) is not None:
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        content = envelope.content
        assert isinstance(content, bytes)
        message = email.message_from_bytes(content, policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        self.messages.append(message)
        self.arrived.append(time.time())
        if self.slow:
            await asyncio.sleep(self.slow)
        if self.drops:
            self.drops -= 1
            assert isinstance(server.transport, asyncio.Transport)
            server.transport.abort()
        return self.verdict

    @property
    def ids(self) -> list[str]:
        """The Message-IDs in the order of arrival."""
        return [str(message["Message-ID"]) for message in self.messages]


@contextmanager
def post_office(port: int = 0) -> Iterator[Post]:
    """Run the server on a loopback port and point Django's mail at it."""
    post = Post()
    controller = Controller(post, hostname="127.0.0.1", port=port or _free_port())
    controller.start()
    post.port = controller.port
    settings = override_settings(
        EMAIL_BACKEND="django.core.mail.backends.smtp.EmailBackend",
        EMAIL_HOST="127.0.0.1",
        EMAIL_PORT=controller.port,
        EMAIL_TIMEOUT=2,
        EMAIL_USE_TLS=False,
        EMAIL_HOST_USER="",
        EMAIL_HOST_PASSWORD="",
    )
    try:
        with settings:
            yield post
    finally:
        controller.stop()


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
