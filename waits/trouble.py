"""Names what is wrong when PostgreSQL raises: busy, full or away; one answer for all who ask."""

from dataclasses import dataclass

import psycopg
from django.db import InterfaceError, OperationalError

from waits.restoring import Restoring

RETRY_AFTER_S = 3


class Busy(OperationalError):
    """A wait was refused before it began, since enough others wait for the same thing."""


@dataclass(frozen=True)
class Trouble:
    """``code`` as the API shows it, a sentence for people, a reason for probes.

    A form shows ``title``, ``sentence`` and ``why`` like those of a rule's refusal.
    """

    code: str
    title: str
    sentence: str
    reason: str
    why: str = ""


BUSY = Trouble(
    "busy",
    "Somebody else holds that",
    "Others are changing the same thing and have not finished. Nothing of yours was written, what "
    "you typed is kept; send it again in a moment.",
    "busy",
)
FULL = Trouble(
    "disk_full",
    "The disk is full",
    "The database's disk is full, so nothing can be written. What you typed is kept; "
    "somebody has to make room.",
    "the disk is full",
)
AWAY = Trouble(
    "unavailable",
    "One moment",
    "The database does not answer. What you typed is kept; try again in a moment.",
    "does not answer",
)

RESTORED = Trouble(
    "unavailable",
    "A backup is being restored",
    "Somebody is putting a backup back in place. Wait until that is done, then look again before "
    "you send what you typed: what is here will be as it was when the backup was made.",
    "a backup is being restored",
)


def trouble_of(error: BaseException) -> Trouble:
    """What ``error``, Django's or psycopg's, means."""
    if isinstance(error, Restoring):
        return RESTORED
    cause = error.__cause__ if isinstance(error.__cause__, psycopg.Error) else error
    if isinstance(error, Busy) or isinstance(
        cause, psycopg.errors.LockNotAvailable | psycopg.errors.QueryCanceled
    ):
        return BUSY
    if isinstance(cause, psycopg.errors.DiskFull):
        return FULL
    return AWAY


def is_busy(error: BaseException) -> bool:
    """Whether ``error`` is a wait that ended: the database answers, but not this."""
    return isinstance(error, OperationalError | InterfaceError) and trouble_of(error) is BUSY
