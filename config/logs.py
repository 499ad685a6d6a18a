"""How lines of the log are written: as words or as JSON, and never with secrets in them.

Which request and which incident a line is about is known from where it is written.
"""

import json
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

#: A share link's token, a hook's key, a bearer token, a password inside a URL.
SECRETS = (
    (re.compile(r"(/s/)[^/\s\"']+"), r"\1…"),
    (re.compile(r"(/hooks/[a-z]+/)[^/\s\"'?]+"), r"\1…"),
    (re.compile(r"(/accounts/password/reset/key/)[^/\s\"']+"), r"\1…"),
    (re.compile(r"(/accounts/confirm-email/)[^/\s\"']+"), r"\1…"),
    (re.compile(r"(/invitation/)[^/\s\"']+"), r"\1…"),
    (re.compile(r"(?i)(bearer\s+)[^\s\"']+"), r"\1…"),
    (re.compile(r"\bes_[A-Za-z0-9_-]{20,}"), "es_…"),
    (re.compile(r"([a-z+]+://[^:/\s@]*:)[^@/\s]+@"), r"\1…@"),
)


def without_secrets(line: str) -> str:
    """``line`` with every secret replaced by an ellipsis."""
    for pattern, replacement in SECRETS:
        line = pattern.sub(replacement, line)
    return line


class Formatter(logging.Formatter):
    """Formats a record, trace included, and takes the secrets out of the result."""

    def format(self, record: logging.LogRecord) -> str:
        """The line as it is written."""
        return without_secrets(super().format(record))


INCIDENT = re.compile(r"\bINC-[0-9]+\b")


@dataclass(frozen=True)
class Asked:
    """The request that is being answered: its id, method and path, and the incident in it."""

    id: str
    method: str
    path: str

    @property
    def incident(self) -> str:
        """The reference in the address, or nothing."""
        found = INCIDENT.search(self.path)
        return found[0] if found else ""


_asked: ContextVar[Asked | None] = ContextVar("asked", default=None)


@contextmanager
def answering(method: str, path: str) -> Iterator[Asked]:
    """Whatever is logged inside is about this request."""
    asked = Asked(uuid4().hex, method, path)
    token = _asked.set(asked)
    try:
        yield asked
    finally:
        _asked.reset(token)


class JsonFormatter(logging.Formatter):
    """One JSON object a line, which tools that gather logs take apart by themselves."""

    def format(self, record: logging.LogRecord) -> str:
        """The line as it is written, without secrets."""
        asked = _asked.get()
        message = record.getMessage()
        named = INCIDENT.search(message)
        said: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": message,
            "process": record.process,
            "request": asked.id if asked else None,
            "method": asked.method if asked else None,
            "path": asked.path if asked else None,
            "incident": (asked.incident if asked else "") or (named[0] if named else None),
        }
        if record.exc_info:
            said["trace"] = self.formatException(record.exc_info)
        return json.dumps(
            {
                name: without_secrets(value) if isinstance(value, str) else value
                for name, value in said.items()
                if value is not None
            },
            ensure_ascii=False,
        )
