"""How allauth behaves here: who may sign up, and what its pages are told."""

from typing import Any
from urllib.parse import quote

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from people.models import User


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Sign-up is closed unless ``SIGNUP_OPEN`` is set; people are made by an admin or by SSO."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Whether a stranger may create an account."""
        return bool(settings.SIGNUP_OPEN)

    def get_reset_password_from_key_url(self, key: str) -> str:
        """The link in the mail, by ``BASE_URL``: a forged Host header must not lead elsewhere."""
        path = reverse("account_reset_password_from_key", kwargs={"uidb36": "UID", "key": "KEY"})
        return str(settings.BASE_URL) + path.replace("UID-KEY", quote(key))

    def get_email_confirmation_url(self, request: HttpRequest, emailconfirmation: Any) -> str:
        """As above."""
        path = reverse("account_confirm_email", args=[emailconfirmation.key])
        return str(settings.BASE_URL) + path

    def save_user(self, request: HttpRequest, user: User, form: Any, commit: bool = True) -> User:
        """Keep a new account; its name is the address until the person says another."""
        user = super().save_user(request, user, form, commit=False)
        user.name = user.name or user.email.split("@")[0]
        user.time_zone = settings.DEFAULT_ZONE
        if commit:
            user.save()
        return user
