"""Checks what tools sign their bodies with: a secret we share, two while it rotates."""

import hashlib
import hmac
from collections.abc import Iterable

from integrations.models import HookKey
from people.sealing import Unreadable, unseal


def secrets_of(key: HookKey, said: str) -> tuple[list[str], bool]:
    """What a tool may sign with, and whether it has to.

    A key with secrets of its own asks for a signature. One without takes unsigned bodies, and
    signed ones only where the tool was given the key itself (``said``) as its secret.
    """
    if not key.secrets:
        return [said], False
    found = []
    for sealed in key.secrets:
        try:
            found.append(unseal(sealed))
        except Unreadable:
            continue
    return found, True


def is_signed(body: bytes, signatures: Iterable[str], secrets: Iterable[str]) -> bool:
    """Whether one of the hexadecimal HMAC-SHA256 ``signatures`` is that of ``body``."""
    wanted = [hmac.new(one.encode(), body, hashlib.sha256).hexdigest() for one in secrets]
    given = [one.strip().lower() for one in signatures]
    return any(hmac.compare_digest(a.encode(), b.encode()) for a in wanted for b in given)


def is_token(given: str, secrets: Iterable[str]) -> bool:
    """Whether ``given`` is one of the secrets."""
    return any(hmac.compare_digest(one.encode(), given.encode()) for one in secrets)
