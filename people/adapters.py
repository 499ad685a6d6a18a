"""How allauth behaves here: who may sign up, how often a password is tried, what is mailed."""

import time
from typing import Any
from urllib.parse import quote
from uuid import uuid4

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import get_authentication_records
from allauth.core import context
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from people.account_mail import WORDS, AccountMail, send_account_mail
from people.actions import take_zone
from people.addresses import read_email
from people.factors import lacks_second_factor
from people.limits import Attempt, address_of, forgive, is_flood, remember_browser
from people.models import User
from people.moving import take_address
from people.sessions import ORIGIN, end_sessions
from refusals.errors import Invalid

ZONE_COOKIE = "zone"
"""In which a browser says its time zone."""
FRESH_S = 300
"""Within this time of signing in nobody is asked for the password again."""

#: What allauth says after something was done, in our words; what is missing is not said.
SAID = {
    "account/messages/password_changed.txt": "Your password is changed. Other sessions ended.",
    "account/messages/password_set.txt": "Your password is set.",
    "account/messages/email_confirmed.txt": "Your address is confirmed. Sign in.",
    "account/messages/email_confirmation_failed.txt": "That link no longer works.",
    "account/messages/email_confirmation_sent.txt": "A link is on its way to your address.",
    "mfa/messages/totp_activated.txt": "Your authenticator app is added.",
    "mfa/messages/totp_deactivated.txt": "Your authenticator app is removed.",
    "mfa/messages/webauthn_added.txt": "Your passkey is added.",
    "mfa/messages/webauthn_removed.txt": "Your passkey is removed.",
    "mfa/messages/recovery_codes_generated.txt": "You have new recovery codes.",
    "socialaccount/messages/account_connected.txt": "Single sign-on opens your account now.",
    "socialaccount/messages/account_connected_updated.txt": "Single sign-on opens your account.",
    "socialaccount/messages/account_connected_other.txt": (
        "That single sign-on belongs to another account."
    ),
    "socialaccount/messages/account_disconnected.txt": (
        "Single sign-on does not open your account any more."
    ),
}


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Sign-up is closed unless ``SIGNUP_OPEN`` is set; people are made by an admin or by SSO."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "account_inactive": "This account is deactivated. Ask an admin.",
        "email_password_mismatch": "No account has that address and password.",
        "incorrect_password": "That is not your password.",
        "enter_current_password": "That is not your password.",
        "too_many_login_attempts": (
            "Too many wrong tries. Wait five minutes, use a passkey, or set a new password."
        ),
        "rate_limited": "Too many wrong tries. Wait five minutes.",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Whether a stranger may create an account."""
        return bool(settings.SIGNUP_OPEN)

    def clean_email(self, email: str) -> str:
        """The address a stranger signs up with, read as everybody's."""
        try:
            return read_email(email)
        except Invalid as invalid:
            raise ValidationError(invalid.errors["email"]) from None

    def get_client_ip(self, request: HttpRequest) -> str:
        """Where a request comes from; never refuses one for a header that does not fit."""
        return address_of(request)

    def get_reset_password_from_key_url(self, key: str) -> str:
        """The link in the mail, by ``BASE_URL``: a forged Host header must not lead elsewhere."""
        path = reverse("account_reset_password_from_key", kwargs={"uidb36": "UID", "key": "KEY"})
        return str(settings.BASE_URL) + path.replace("UID-KEY", quote(key))

    def get_email_confirmation_url(self, request: HttpRequest, emailconfirmation: Any) -> str:
        """As above."""
        path = reverse("account_confirm_email", args=[emailconfirmation.key])
        return str(settings.BASE_URL) + path

    def confirm_email(self, request: HttpRequest, email_address: Any) -> bool:
        """Take the address whose link was followed: a stranger's own, or a changed one."""
        if email_address.primary:
            return bool(super().confirm_email(request, email_address))
        taken = take_address(email_address)
        if taken and request.user == email_address.user:
            # Their sessions ended with the old address, this one too.
            logout(request)
        result = "email_confirmed" if taken else "email_confirmation_failed"
        level = messages.SUCCESS if taken else messages.ERROR
        self.add_message(request, level, f"account/messages/{result}.txt")
        return taken

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """Home; a manager who still needs a second factor goes to add one."""
        if isinstance(request.user, User) and lacks_second_factor(request.user):
            return reverse("mfa_index")
        return str(super().get_login_redirect_url(request))

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        """Back to the preferences, from where one came."""
        return reverse("people:preferences")

    def save_user(self, request: HttpRequest, user: User, form: Any, commit: bool = True) -> User:
        """Keep a stranger's new account; its name is the address until the person says another.

        The address counts only when its link was followed.
        """
        user = super().save_user(request, user, form, commit=False)
        user.name = user.name or user.email.split("@")[0]
        user.time_zone = settings.DEFAULT_ZONE
        user.address_is_known = False  # type: ignore[misc]
        if commit:
            user.save()
        return user

    @transaction.atomic
    def set_password(self, user: User, password: str) -> None:
        """Set it and end every other session of the person."""
        super().set_password(user, password)
        request = self.request
        is_own = request is not None and request.user.is_authenticated and request.user == user
        end_sessions(user, keep=request.session.session_key if is_own else None)

    def post_login(self, request: HttpRequest, user: User, **options: Any) -> HttpResponse:
        """Go on, and know this browser from now on."""
        response: HttpResponse = super().post_login(request, user, **options)
        remember_browser(request, response, user)
        return response

    def login(self, request: HttpRequest, user: User) -> None:
        """Sign in, note in the session from where, and take the browser's zone (``take_zone``)."""
        records = get_authentication_records(request, user)
        super().login(request, user)
        request.session[ORIGIN] = {
            "address": address_of(request),
            "agent": request.headers.get("User-Agent", "")[:200],
            "by_single_sign_on": any(one.get("method") == "socialaccount" for one in records),
        }
        take_zone(user, request.COOKIES.get(ZONE_COOKIE, ""))

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Count a try with a password, and refuse one too many before it is looked at."""
        attempt = Attempt(request, str(credentials.get("email", "")))
        if attempt.is_one_too_many:
            request.is_one_too_many = True  # type: ignore[attr-defined]
            raise self.validation_error("too_many_login_attempts")
        self._attempt = attempt

    def _rollback_login_failed_rl_usage(self) -> None:
        """The password was right."""
        self._attempt.take_back()

    def _delete_login_attempts_cached_email(self, request: HttpRequest, **credentials: Any) -> None:
        """A new password was set by the person's own mail."""
        forgive(str(credentials.get("email", "")), request)

    def is_reauthentication_required(self, *, app: str) -> bool:
        """Whether to ask for the password again: not right after signing in."""
        request = context.request
        records = get_authentication_records(request, request.user)
        if records and time.time() - records[-1]["at"] < FRESH_S:
            return False
        return bool(super().is_reauthentication_required(app=app))

    def add_message(
        self,
        request: HttpRequest,
        level: int,
        message_template: str | None = None,
        message_context: dict[str, Any] | None = None,
        extra_tags: str = "",
        message: str | None = None,
    ) -> None:
        """Say on the next page what was done, in our words, or nothing."""
        if said := message or SAID.get(message_template or ""):
            messages.add_message(request, level, said, extra_tags=extra_tags)

    def send_notification_mail(
        self,
        template_prefix: str,
        user: User,
        context: dict[str, Any] | None = None,
        email: str | None = None,
    ) -> None:
        """Tell somebody what became of their account."""
        self.send_mail(template_prefix, user.email, {**(context or {}), "user": user})

    def send_account_already_exists_mail(self, email: str) -> None:
        """Tell somebody that a stranger typed their address, no more than a few times."""
        person = User.objects.active().with_address(email).first()
        if person is not None and not is_flood("account_already_exists", person):
            self.send_mail("account/email/account_already_exists", email, {"user": person})

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Write what allauth wants mailed to somebody into the outbox, in our words.

        Only to accounts: an address nobody has gets nothing.
        """
        person = context.get("user") or User.objects.with_address(email).first()
        if not isinstance(person, User):
            return
        link = str(context.get("password_reset_url", "") or context.get("activate_url", ""))
        kind = template_prefix.rpartition("/")[2]
        # Anybody can ask for these again and again; the person's mailbox is not theirs to fill.
        if link and is_flood(kind, person):
            return
        subject_line, text = WORDS[template_prefix]
        send_account_mail(
            AccountMail(
                key=f"{kind}:{person.pk}:{uuid4()}",
                person=person,
                subject_line=subject_line,
                text=text.format(name=person.name),
                link=link,
            )
        )
