"""Letting somebody new in: one link, good once and for a week, on screen once and by mail."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from clock.queries import now
from people.account_mail import AccountMail, send_account_mail
from people.models import ApiToken, Invitation, User
from refusals.errors import Invalid, NotVisible

GOOD_FOR = timedelta(days=7)


@dataclass(frozen=True)
class Invited:
    """An invitation as it is shown, this once: the link opens the account until ``expires_at``."""

    person: User
    link: str
    expires_at: datetime


@transaction.atomic
def invite(person: User) -> Invited:
    """Make the link by which ``person`` chooses a password or a passkey, and mail it to them.

    It replaces an earlier one, works once and for a week. Refuses somebody deactivated
    (``Invalid``). Only a digest is kept; in the outbox the link is sealed until it leaves.
    """
    if not person.is_active:
        raise Invalid({"person": f"{person.name} is deactivated; let them sign in first."})
    moment = now()
    withdraw_invitations(person)
    secret = secrets.token_urlsafe(32)
    invitation = Invitation.objects.create(
        person=person,
        digest=ApiToken.digest_of(secret),
        created_at=moment,
        expires_at=moment + GOOD_FOR,
    )
    link = settings.BASE_URL + reverse("people:invitation", args=[secret])
    send_account_mail(
        AccountMail(
            key=f"invitation:{invitation.pk}",
            person=person,
            subject_line="Your way into Endstate",
            text=(
                f"Hello {person.name},\n\nyou have an account in Endstate now. Choose a password "
                "or a passkey by this link; it works once and for seven days."
            ),
            link=link,
            expires_at=invitation.expires_at,
        )
    )
    return Invited(person, link, invitation.expires_at)


def withdraw_invitations(person: User) -> None:
    """Make the links that were not used open nothing any more. Twice is once."""
    person.invitations.filter(used_at__isnull=True).delete()


def invitation_by(secret: str) -> Invitation:
    """The invitation this link opens; looking uses nothing. One query.

    Used, replaced, too old, never made and somebody deactivated look alike (``NotVisible``).
    """
    found = Invitation.objects.filter(
        digest=ApiToken.digest_of(secret),
        used_at__isnull=True,
        expires_at__gt=now(),
        person__is_active=True,
    )
    invitation = found.select_related("person").first()
    if invitation is None:
        raise NotVisible
    return invitation


@transaction.atomic
def use_invitation(invitation: Invitation) -> None:
    """Mark the link as used; of two at once one wins and the other finds nothing there.

    In the caller's transaction with whatever the link was used for.
    """
    mine = Invitation.objects.filter(pk=invitation.pk, used_at__isnull=True)
    if not mine.update(used_at=now()):
        raise NotVisible
