"""Reading the address somebody signs in with: one way to write each, and nothing unseen in it."""

from unicodedata import normalize

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from pages.invisible import is_nothing
from pages.texts import read_line
from refusals.errors import Invalid

LIMIT = 254


def read_email(value: str) -> str:
    """The address in lower case.

    Raises ``Invalid`` for what is none, for one with characters that nobody sees, and for one that
    is written otherwise than mail is sent to it (``ｅxample.com``): such an address looks like
    another's, or leads to another's mailbox.
    """
    email = read_line("email", value, LIMIT).lower()
    try:
        validate_email(email)
    except ValidationError as error:
        raise Invalid({"email": error.messages[0]}) from None
    if (meant := as_mailed(email)) != email:
        raise Invalid({"email": f"Write the address as mail is sent to it: {meant}."})
    return email


def as_mailed(email: str) -> str:
    """The address in plain characters, as mail servers compare it, and nothing unseen in it."""
    return "".join(sign for sign in normalize("NFKC", email) if not is_nothing(sign))
