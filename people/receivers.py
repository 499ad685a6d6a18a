"""Ends sessions when the account library tells by its hooks that a second factor came or went."""

from typing import Any

from allauth.mfa.signals import authenticator_added, authenticator_removed
from django.dispatch import receiver
from django.http import HttpRequest

from people.models import User
from people.sessions import end_sessions


@receiver((authenticator_added, authenticator_removed))
def end_sessions_without_it(request: HttpRequest, user: User, **_: Any) -> None:
    """End the person's other sessions: none outlives a change of what opens the account."""
    end_sessions(user, keep=request.session.session_key)
