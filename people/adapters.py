"""How allauth behaves here: who may sign up, and what its pages are told."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.http import HttpRequest

from people.models import User


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Sign-up is closed unless ``SIGNUP_OPEN`` is set; people are made by an admin or by SSO."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Whether a stranger may create an account."""
        return bool(settings.SIGNUP_OPEN)

    def save_user(self, request: HttpRequest, user: User, form: Any, commit: bool = True) -> User:
        """Keep a new account; its name is the address until the person says another."""
        user = super().save_user(request, user, form, commit=False)
        user.name = user.name or user.email.split("@")[0]
        if commit:
            user.save()
        return user
