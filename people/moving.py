"""Giving an account another address: asked for by a manager, done by whoever reads its mail."""

from datetime import timedelta

from allauth.account import app_settings
from allauth.account.models import EmailAddress, EmailConfirmationHMAC
from django.conf import settings
from django.db import transaction
from django.urls import reverse

from clock.queries import now
from people.account_mail import AccountMail, send_account_mail
from people.addresses import read_email
from people.invitations import withdraw_invitations
from people.models import User
from people.sessions import end_sessions
from refusals.errors import Invalid

GOOD_FOR = timedelta(days=app_settings.EMAIL_CONFIRMATION_EXPIRE_DAYS)


@transaction.atomic
def change_address(person: User, email: str, *, by: User) -> bool:
    """Ask for another address to sign in with; answers whether it counts at once.

    Only a manager asks: whoever reads the mail of an address can set the password. So a link goes
    to the new mailbox, the old one is told, and nothing else changes until the link is followed
    (``take_address``). For somebody who never came in nobody has proved the old address either:
    then the new one counts at once, and the invitation that they need proves it. Asking replaces
    what was asked before. Refuses an address that is none or another account's (``Invalid``). The
    same address is nothing to do.
    """
    person = User.objects.select_for_update().get(pk=person.pk)
    email = email.strip().lower()
    if email == person.email:
        return True
    email = read_email(email)
    if _is_of_another(email, person):
        raise Invalid({"email": "Another account has this address."})
    withdraw_address(person)
    withdraw_invitations(person)
    if person.last_login is None and not person.has_usable_password():
        _give(person, email, why=f"{by.name} changed")
        return True
    row = EmailAddress.objects.create(user=person, email=email)
    path = reverse("account_confirm_email", args=[EmailConfirmationHMAC(row).key])
    moment = now()
    send_account_mail(
        AccountMail(
            key=f"confirm:{row.pk}:{moment.isoformat()}",
            address=email,
            subject_line="Confirm your address",
            text=(
                f"Hello {person.name},\n\n{by.name} asked that you sign in to Endstate with this "
                f"address instead of {person.email}. This link confirms that you read its mail; it "
                "works for three days, and until then nothing changes. If this is not your "
                "account, ignore it."
            ),
            link=settings.BASE_URL + path,
            expires_at=moment + GOOD_FOR,
        )
    )
    send_account_mail(
        AccountMail(
            key=f"asked:{row.pk}:{moment.isoformat()}",
            address=person.email,
            subject_line="Another address was asked for",
            text=(
                f"Hello {person.name},\n\n{by.name} asked that you sign in to Endstate with "
                f"{email} instead of {person.email}. Nothing changes until the link that was sent "
                "there is followed. If you did not ask for this, tell another admin at once."
            ),
        )
    )
    return False


@transaction.atomic
def take_address(waiting: EmailAddress) -> bool:
    """Make the address, whose mail somebody reads, the one of its account; answers whether it is.

    Links sent to the old address open nothing any more, sessions end, and both are told. It is not
    where something else was asked for since, the person left, or another account has it. Of two at
    once one does it.
    """
    person = User.objects.select_for_update().get(pk=waiting.user_id)
    stands = EmailAddress.objects.filter(pk=waiting.pk, verified=False, primary=False)
    if not stands.exists() or not person.is_active or _is_of_another(waiting.email, person):
        return False
    stands.delete()
    _give(person, waiting.email, why="a link sent to the new one changed")
    return True


def withdraw_address(person: User) -> None:
    """Make the link to an address that was asked for open nothing any more. Twice is once."""
    EmailAddress.objects.filter(user=person, primary=False).delete()


def address_asked_for(person: User) -> str:
    """The address that was asked for and is not confirmed yet, or nothing. One query."""
    rows = EmailAddress.objects.filter(user_id=person.pk, primary=False)
    return str(rows.values_list("email", flat=True).first() or "")


def _is_of_another(email: str, person: User) -> bool:
    return bool(User.objects.with_address(email).exclude(pk=person.pk).exists())


def _give(person: User, email: str, *, why: str) -> None:
    old, person.email = person.email, email
    person.save(update_fields=["email"])
    withdraw_invitations(person)
    end_sessions(person)
    for address in (old, email):
        send_account_mail(
            AccountMail(
                key=f"address:{person.pk}:{now().isoformat()}:{address}",
                address=address,
                subject_line="The address of your account was changed",
                text=(
                    f"Hello {person.name},\n\n{why} the address of your account in "
                    f"Endstate from {old} to {email}. You sign in with the new one from now on. "
                    "If you did not ask for this, tell another admin at once."
                ),
            )
        )
