"""How long a password must be: long, or shorter beside a second factor."""

from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import ValidationError

from people.factors import has_second_factor
from people.models import LONG_PASSWORD, SHORT_PASSWORD, User

HELP = (
    f"At least {LONG_PASSWORD} characters, or {SHORT_PASSWORD} if you have a second factor. Not a "
    "common one, and nothing like your name or address."
)


class LengthByFactor:
    """At least 15 characters; 8 for an account with a second factor."""

    def validate(self, password: str, user: AbstractBaseUser | None = None) -> None:
        """Refuse what is too short for this account."""
        if len(password) >= LONG_PASSWORD:
            return
        if not isinstance(user, User) or user.pk is None or not has_second_factor(user):
            raise ValidationError(
                f"Use at least {LONG_PASSWORD} characters; without a second factor the length "
                "is what protects you.",
                code="password_too_short",
            )
        if len(password) < SHORT_PASSWORD:
            raise ValidationError(
                f"Use at least {SHORT_PASSWORD} characters.", code="password_too_short"
            )

    def get_help_text(self) -> str:
        """The rule in words."""
        return HELP
