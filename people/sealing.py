"""Keeping secrets that must be read again: encrypted with keys derived from ``SECRET_KEY``.

What only has to be recognised (tokens, invitations) is hashed instead and cannot be read at all.
"""

import base64

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

PREFIX = "sealed:"


class Unreadable(Exception):
    """It was sealed with a ``SECRET_KEY`` that is not known any more, or altered."""


def seal(text: str) -> str:
    """``text`` encrypted; each time another result."""
    return PREFIX + _box().encrypt(text.encode()).decode()


def is_sealed(text: str) -> bool:
    """Whether ``text`` came from ``seal``."""
    return text.startswith(PREFIX)


def unseal(sealed: str) -> str:
    """What was sealed, also with a key of ``SECRET_KEY_FALLBACKS``; raises ``Unreadable``."""
    try:
        return _box().decrypt(sealed.removeprefix(PREFIX).encode()).decode()
    except InvalidToken:
        raise Unreadable from None


def _box() -> MultiFernet:
    return MultiFernet(
        [
            Fernet(_key(str(secret)))
            for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
        ]
    )


def _key(secret: str) -> bytes:
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"endstate.sealing")
    return base64.urlsafe_b64encode(derived.derive(secret.encode()))
