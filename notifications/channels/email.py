"""E-mail through Django's mail backend, one connection per batch, with a stable Message-ID."""

import smtplib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from email.utils import formataddr, parseaddr
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.validators import validate_email

from notifications.attachments import attachment_of
from notifications.channels import Later, Never, Send, Setup
from notifications.channels.letters import letter_of
from notifications.channels.smtp import Unsure
from notifications.links import host
from notifications.models import Delivery

DJANGOS = "django.core.mail.backends.smtp.EmailBackend"
#: The server wants us to sign in or to speak TLS: nothing is wrong with the message.
_OUR_SETUP = frozenset({530, 534, 535, 538})
_MAILBOX_FULL = 552
_CLOSING = 421


def describe() -> Setup:
    """What ``EMAIL_URL`` asks for, without user and password."""
    backend = settings.EMAIL_BACKEND.rsplit(".", 2)[-2]
    if backend == "filebased":
        return Setup(False, "No EMAIL_URL is set: mails become files, which the mailbox shows.")
    if backend != "smtp":
        return Setup(False, f"EMAIL_URL asks for {backend}: no mail leaves this machine.")
    safe = "TLS" if settings.EMAIL_USE_SSL else "STARTTLS" if settings.EMAIL_USE_TLS else "no TLS"
    signed_in = "signed in" if settings.EMAIL_HOST_USER else "not signed in"
    return Setup(True, f"SMTP to {settings.EMAIL_HOST}:{settings.EMAIL_PORT}, {safe}, {signed_in}.")


@contextmanager
def session() -> Iterator[Send]:
    """Connect to the mail server once for a batch; ``Later`` when it cannot be reached."""
    own = settings.EMAIL_BACKEND == DJANGOS
    connection = get_connection("notifications.channels.smtp.Backend" if own else None)
    try:
        connection.open()
    except (OSError, smtplib.SMTPException) as error:
        raise Later(f"The mail server cannot be reached: {error}", whole_channel=True) from error

    def send(deliveries: Sequence[Delivery]) -> None:
        _send(connection, deliveries)

    try:
        yield send
    finally:
        with suppress(OSError, smtplib.SMTPException):
            connection.close()


def _send(connection: Any, deliveries: Sequence[Delivery]) -> None:
    message = message_of(deliveries, connection)
    try:
        message.send()
    except smtplib.SMTPRecipientsRefused as error:
        code, answer = next(iter(error.recipients.values()))
        said = f"The mail server refused {message.to[0]}: {code} {_text(answer)}"
        raise _refused(code, said, may_change=code == _MAILBOX_FULL) from error
    except Unsure as error:
        said = f"The mail server hung up before it said whether it has the mail: {error}"
        raise Later(said, whole_channel=True, unsure=True) from error
    except smtplib.SMTPServerDisconnected as error:
        raise Later(f"The mail server hung up: {error}", whole_channel=True) from error
    except smtplib.SMTPSenderRefused as error:
        said = f"The mail server refused the sender: {error.smtp_code} {_text(error.smtp_error)}"
        raise Later(said, whole_channel=True) from error
    except smtplib.SMTPResponseException as error:
        said = f"The mail server said {error.smtp_code} {_text(error.smtp_error)}"
        raise _refused(error.smtp_code, said) from error
    except OSError as error:
        raise Later(f"The mail server does not answer: {error}", whole_channel=True) from error


def _refused(code: int, said: str, *, may_change: bool = False) -> Later | Never:
    """What an answer means for the message: 5xx is for good, unless it is about our set-up."""
    if code in _OUR_SETUP or code == _CLOSING:
        return Later(said, whole_channel=True)
    return Never(said) if code >= 500 and not may_change else Later(said)


def message_of(deliveries: Sequence[Delivery], connection: Any = None) -> EmailMultiAlternatives:
    """The mail for the deliveries of one recipient: the first one's id is its Message-ID.

    Raises ``Never`` for an address that is none.
    """
    first = deliveries[0]
    address = first.person.email if first.person else first.address
    try:
        validate_email(address)
    except ValidationError as error:
        raise Never(f"{address!r} is not an e-mail address.") from error
    headers = {
        "Message-ID": f"<{first.id}@{host()}>",
        "Auto-Submitted": "auto-generated",
        "X-Endstate-Kind": first.kind,
    }
    if first.incident_ref:
        # What mail programs put into one thread, though the subject changes with the state.
        headers["References"] = headers["In-Reply-To"] = f"<{first.incident_ref}@{host()}>"
    letter = letter_of(deliveries)
    if letter.way_out:
        headers["List-Unsubscribe"] = f"<{letter.way_out}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    mail = EmailMultiAlternatives(
        letter.subject, letter.text, to=[address], headers=headers, reply_to=[nobody()]
    )
    mail.connection = connection
    mail.attach_alternative(letter.html, "text/html")
    for row in deliveries:
        if (brought := attachment_of(row)) is not None:
            mail.attach(brought.name, brought.content, brought.kind)
    return mail


def nobody() -> str:
    """Where a reply would go: to us, under a name that says that nobody reads it."""
    _, sender = parseaddr(settings.DEFAULT_FROM_EMAIL)
    return formataddr(("Nobody reads replies", sender))


def _text(answer: bytes | str) -> str:
    return answer.decode(errors="replace") if isinstance(answer, bytes) else answer
