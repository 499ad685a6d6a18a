"""Keeps secrets that are part of an address or a header out of the log."""

import logging
import re

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
