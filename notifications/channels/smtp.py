"""Sends by SMTP with a limit to every conversation; says when a mail may have arrived all the same.

Each answer has its own time limit (``EMAIL_TIMEOUT``), but a server that sends a byte now and then
could talk for ever: longer than the lease of the message, which then leaves a second time.
"""

import contextlib
import smtplib
import socket
import threading
from collections.abc import Sequence
from typing import Any

from django.core.mail import EmailMessage
from django.core.mail.backends import smtp

#: Connecting takes at most this long, and so does each mail; the lease of a row is 30 s.
CONVERSATION_S = 20.0


class Unsure(smtplib.SMTPServerDisconnected):
    """The whole mail was sent, and no answer came: the server may have it."""


class _Bounded(smtplib.SMTP):
    """A conversation that is cut off in time."""

    _socket: socket.socket | None = None
    _timer: threading.Timer | None = None
    _is_whole = False

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        """Connect, and keep a handle by which the connection can be cut whatever wraps it later."""
        connected: socket.socket = super()._get_socket(host, port, timeout)  # type: ignore[misc]
        self._socket = connected.dup()
        self.begin()
        return connected

    def begin(self) -> None:
        """Cut the conversation off unless ``finish`` is called in time."""
        self.finish()
        self._timer = threading.Timer(CONVERSATION_S, self._cut)
        self._timer.daemon = True
        self._timer.start()

    def finish(self) -> None:
        """It went well in time."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def close(self) -> None:
        """Close everything."""
        self.finish()
        super().close()
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _cut(self) -> None:
        with contextlib.suppress(OSError):
            if self._socket is not None:
                self._socket.shutdown(socket.SHUT_RDWR)

    def send(self, s: Any) -> None:
        """Send, and notice that a mail is whole."""
        super().send(s)
        self._is_whole = isinstance(s, bytes) and s.endswith(b"\r\n.\r\n")

    def getreply(self) -> tuple[int, bytes]:
        """The answer; ``Unsure`` when none comes to a whole mail."""
        try:
            return super().getreply()
        except smtplib.SMTPServerDisconnected as error:
            if self._is_whole:
                raise Unsure(str(error)) from error
            raise
        finally:
            self._is_whole = False


class _BoundedTLS(_Bounded, smtplib.SMTP_SSL):
    """The same, encrypted from the first byte."""

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        # The handshake is part of connecting, so the connection has to be in hand before it.
        connected = socket.create_connection((host, port), timeout, self.source_address)
        self._socket = connected.dup()
        self.begin()
        return self.context.wrap_socket(connected, server_hostname=self._host)  # type: ignore[attr-defined,no-any-return]


class Backend(smtp.EmailBackend):
    """What ``notifications.channels.email`` sends by when ``EMAIL_URL`` asks for SMTP."""

    @property
    def connection_class(self) -> type[smtplib.SMTP]:  # type: ignore[override]
        """The conversation's class."""
        return _BoundedTLS if self.use_ssl else _Bounded

    def open(self) -> bool | None:
        """Connect, greet and sign in within ``CONVERSATION_S``."""
        opened = super().open()
        if opened and isinstance(self.connection, _Bounded):
            self.connection.finish()
        return opened

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Hand over within ``CONVERSATION_S``."""
        talk = self.connection
        if not isinstance(talk, _Bounded):
            return super().send_messages(email_messages) or 0
        talk.begin()
        try:
            return super().send_messages(email_messages) or 0
        finally:
            talk.finish()
