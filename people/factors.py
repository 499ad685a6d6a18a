"""Second factors: whether somebody has one, who needs one, and how their secrets are kept."""

from typing import Any

from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db import transaction

from people.account_mail import AccountMail, send_account_mail
from people.models import User
from people.sealing import Unreadable, is_sealed, seal, unseal
from people.sessions import end_sessions
from refusals.errors import Forbidden

FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


def has_second_factor(person: User) -> bool:
    """Whether signing in asks for an authenticator app or a passkey. One query."""
    factors = Authenticator.objects.filter(user_id=person.pk, type__in=FACTORS)
    return bool(factors.exists())


def lacks_second_factor(person: User) -> bool:
    """Whether the person is a manager who must add a second factor first (``ADMIN_MFA``).

    One query for managers where it is asked, none for anybody else.
    """
    return bool(settings.ADMIN_MFA) and person.is_admin and not has_second_factor(person)


@transaction.atomic
def remove_second_factors(person: User, *, by: User) -> int:
    """Take away what the person has lost, end their sessions and tell them; answers how many.

    Their recovery codes go too. Nothing to take away is nothing to do.
    """
    removed = Authenticator.objects.filter(user_id=person.pk, type__in=FACTORS)
    count: int = removed.count()
    if not count:
        return 0
    newest = removed.order_by("-pk").values_list("pk", flat=True)[0]
    Authenticator.objects.filter(user_id=person.pk).delete()
    end_sessions(person)
    send_account_mail(
        AccountMail(
            key=f"factors:{person.pk}:{newest}",
            person=person,
            subject_line="Your second factor was removed",
            text=(
                f"Hello {person.name},\n\n{by.name} removed the second factor of your account, "
                "so that you can sign in with your password and add a new one. If you did not "
                "ask for this, tell another admin at once."
            ),
        )
    )
    return count


class MFAAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """How allauth keeps second factors here: sealed, and named as Endstate."""

    def encrypt(self, text: str) -> str:
        """A seed as it is stored."""
        return seal(text)

    def decrypt(self, encrypted_text: str) -> str:
        """A stored seed; refuses when the key it was sealed with is gone (``Forbidden``)."""
        if not is_sealed(encrypted_text):
            return encrypted_text
        try:
            return unseal(encrypted_text)
        except Unreadable:
            raise Forbidden(
                "This second factor cannot be read any more, because the SECRET_KEY was "
                "replaced. An admin can remove it; then you add a new one."
            ) from None

    def get_totp_issuer(self) -> str:
        """The name an authenticator app shows."""
        return "Endstate"

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """The site a passkey belongs to: its address, under our name."""
        entity: dict[str, str] = super().get_public_key_credential_rp_entity()
        return {**entity, "name": "Endstate"}

    def generate_authenticator_name(self, user: User, type: Any) -> str:
        """What a new passkey is called until its owner says otherwise."""
        return f"Passkey {Authenticator.objects.filter(user_id=user.pk, type=type).count() + 1}"

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        """Not the last one of a manager who needs one, nor of a password too short without it."""
        person = User.objects.get(pk=authenticator.user_id)
        others = Authenticator.objects.filter(user_id=person.pk, type__in=FACTORS)
        if others.exclude(pk=authenticator.pk).exists():
            return True
        is_needed = bool(settings.ADMIN_MFA) and person.is_admin
        is_only_way = authenticator.type == Authenticator.Type.WEBAUTHN and not (
            person.has_usable_password() or hasattr(person, "single_sign_on")
        )
        return not (is_needed or person.password_is_short or is_only_way)

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "cannot_delete_authenticator": (
            "This one has to stay: you are an admin, or your password is shorter than 15 "
            "characters, or it is your only way in. Add another one or a longer password first."
        ),
        "cannot_generate_recovery_codes": "Add an authenticator app or a passkey first.",
        "incorrect_code": "That did not match. Use the code that is shown now.",
        "unverified_email": "Confirm your address first, by the link that was mailed to it.",
    }
