"""Words the e-mails about somebody's account, and hands them to the outbox.

The outbox lies above this app and registers itself; so no request waits for a mail server.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from people.models import User


@dataclass(frozen=True)
class AccountMail:
    """A mail about an account, to its person or, where that has changed, to an ``address``.

    ``key`` counts once for ever. ``link`` is secret: it is sealed until the mail leaves, and the
    mail is not worth sending after ``expires_at``.
    """

    key: str
    subject_line: str
    text: str
    person: User | None = None
    address: str = ""
    link: str = ""
    expires_at: datetime | None = None


Post = Callable[[AccountMail], None]
_posts: list[Post] = []


def register_post(post: Post) -> None:
    """Queue account mails by ``post``, in the sender's transaction. Again replaces it."""
    _posts[:] = [post]


def send_account_mail(mail: AccountMail) -> None:
    """Put the mail into the outbox, in the caller's transaction."""
    for post in _posts:
        post(mail)


#: allauth's own mails by the template it asks for: subject and text, in our words. ``{name}`` is
#: the person's. A link, where there is one, follows the text.
WORDS = {
    "account/email/password_reset_key": (
        "Set your password",
        (
            "Hello {name},\n\nsomebody, hopefully you, asked to set the password of your account. "
            "This link does it, once and for three days. If it was not you, nothing has happened "
            "and nothing needs doing."
        ),
    ),
    "account/email/password_reset": (
        "Your password was set anew",
        (
            "Hello {name},\n\nthe password of your account was set anew by a link to this address. "
            "All other sessions have ended. If it was not you, tell an admin of your Endstate at "
            "once."
        ),
    ),
    "account/email/password_changed": (
        "Your password was changed",
        (
            "Hello {name},\n\nthe password of your account was changed and all other sessions have "
            "ended. If it was not you, set a new one by “Set a password” on the sign-in page and "
            "tell an admin."
        ),
    ),
    "account/email/password_set": (
        "A password was set",
        (
            "Hello {name},\n\nyour account has a password now. If it was not you, tell an admin at "
            "once."
        ),
    ),
    "account/email/email_confirmation": (
        "Confirm your address",
        (
            "Hello {name},\n\nthis link confirms that you read the mail of this address. If you "
            "did not ask for it, ignore it."
        ),
    ),
    "account/email/email_confirmation_signup": (
        "Confirm your address",
        (
            "Hello {name},\n\nan account was made with your address. This link confirms that you "
            "read its mail; after that you can sign in. If it was not you, ignore it."
        ),
    ),
    "account/email/account_already_exists": (
        "You have an account already",
        (
            "Hello {name},\n\nsomebody, maybe you, tried to sign up with your address. You have "
            "an account already: sign in, or set a new password from the sign-in page."
        ),
    ),
    "mfa/email/totp_activated": (
        "An authenticator app was added",
        (
            "Hello {name},\n\nyour account asks for a code of your authenticator app from now on. "
            "If it was not you, tell an admin at once."
        ),
    ),
    "mfa/email/totp_deactivated": (
        "The authenticator app was removed",
        (
            "Hello {name},\n\nyour account does not ask for a code of your authenticator app any "
            "more. If it was not you, tell an admin at once."
        ),
    ),
    "mfa/email/webauthn_added": (
        "A passkey was added",
        (
            "Hello {name},\n\na passkey was added to your account. If it was not you, tell an "
            "admin at once."
        ),
    ),
    "mfa/email/webauthn_removed": (
        "A passkey was removed",
        (
            "Hello {name},\n\na passkey was removed from your account. If it was not you, tell an "
            "admin at once."
        ),
    ),
    "mfa/email/recovery_codes_generated": (
        "New recovery codes were made",
        (
            "Hello {name},\n\nyour account has new recovery codes; the old ones open nothing any "
            "more. If it was not you, tell an admin at once."
        ),
    ),
    "socialaccount/email/account_connected": (
        "Your account joined the single sign-on",
        (
            "Hello {name},\n\nyou can sign in to your account by single sign-on now. If it was not "
            "you, tell an admin at once."
        ),
    ),
    "socialaccount/email/account_disconnected": (
        "Your account left the single sign-on",
        (
            "Hello {name},\n\nthe single sign-on does not open your account any more. If it was "
            "not you, tell an admin at once."
        ),
    ),
}
