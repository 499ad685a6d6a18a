"""Creating and changing people and their tokens. Invitations stand beside, in ``invitations``."""

import secrets
from datetime import time, timedelta

from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction

from clock.queries import now
from clock.zones import zone_names
from pages.texts import read_line
from people.addresses import read_email
from people.invitations import withdraw_invitations
from people.leaving import hand_on
from people.models import CALLS_A_MINUTE, ORDINARY, ApiToken, Role, Scope, Theme, User
from people.moving import withdraw_address
from people.sessions import end_sessions
from refusals.errors import Invalid

NAME_LIMIT = 120


@transaction.atomic
def create_or_change_person(
    email: str,
    *,
    name: str | None = None,
    role: str | None = None,
    password: str | None = None,
    by: User | None = None,
    to: User | None = None,
) -> tuple[User, bool]:
    """Create the person with that address or change the one there is; answers (person, created).

    ``None`` leaves a value as it is. What somebody holds who becomes a stakeholder passes on, as
    in ``change_role``, to ``to`` where given. Refuses an unknown role, an address that is none, and
    a password that the validators do not take (``Invalid``). Twice the same is once.
    """
    errors: dict[str, str] = {}
    try:
        email = read_email(email)
    except Invalid as invalid:
        errors |= invalid.errors
    if role is not None and role not in Role.values:
        errors["role"] = f"Use one of {', '.join(Role.values)}."
    found = User.objects.select_for_update().with_address(email).first()
    user = found or User(
        email=email, name=name or email.split("@")[0], time_zone=settings.DEFAULT_ZONE
    )
    if name is not None:
        try:
            user.name = read_name(name)
        except Invalid as invalid:
            errors |= invalid.errors
    was_responder = user.is_responder
    if role is not None:
        if found is not None and not errors:
            check_managed(user, role)
        user.role = role
    if password is not None:
        try:
            validate_password(password, user)
        except ValidationError as error:
            errors["password"] = " ".join(error.messages)
    if errors:
        raise Invalid(errors)
    if found is None:
        return User.objects.create_user(
            email, password, name=user.name, role=user.role, time_zone=user.time_zone
        ), True
    if password is not None:
        user.set_password(password)
    user.save()
    if was_responder and not user.is_responder:
        _hand_on(user, by=by, to=to)
    return user, False


def read_name(name: str) -> str:
    """A person's name, on one line; raises ``Invalid`` for one that shows nothing or is long."""
    if len(name) > NAME_LIMIT:
        raise Invalid({"name": f"A name has 1 to {NAME_LIMIT} characters."})
    return read_line("name", name, NAME_LIMIT, required="A name has 1 to 120 characters.")


@transaction.atomic
def issue_token(
    user: User,
    *,
    name: str,
    scopes: tuple[str, ...] = ORDINARY,
    expires_days: int | None = None,
    is_service: bool = False,
    calls_a_minute: int = CALLS_A_MINUTE,
) -> tuple[ApiToken, str]:
    """Make a token for ``user`` and answer it with its secret, which is never shown again.

    ``expires_days`` counts from now; ``None`` never expires. ``is_service`` says that a program
    uses it, which joins no roster. An agent's token has the scope ``agent`` alone, a responder who
    answers for it, and at most ``calls_a_minute``. Refuses (``Invalid``) unknown scopes, and
    another one beside ``agent``.
    """
    if unknown := set(scopes) - set(Scope.values):
        raise Invalid({"scopes": f"Unknown: {', '.join(sorted(unknown))}."})
    if Scope.AGENT in scopes:
        if len(set(scopes)) > 1:
            raise Invalid({"scopes": "An agent has the scope agent alone: it suggests, and reads."})
        if not user.is_responder:
            raise Invalid({"user": f"{user.name} takes no part in incidents, so cannot answer."})
    if not 1 <= calls_a_minute <= 6000:
        raise Invalid({"calls_a_minute": "Between 1 and 6000."})
    if expires_days is not None and not 1 <= expires_days <= 3650:
        raise Invalid({"expires": "Between 1 and 3650 days."})
    secret = "es_" + secrets.token_urlsafe(32)
    moment = now()
    token = ApiToken.objects.create(
        user=user,
        name=read_line("name", name, 80, required="Say what the token is for."),
        digest=ApiToken.digest_of(secret),
        scopes=list(scopes),
        is_service=is_service,
        calls_a_minute=calls_a_minute,
        created_at=moment,
        expires_at=moment + timedelta(days=expires_days) if expires_days else None,
    )
    return token, secret


@transaction.atomic
def revoke_token(token: ApiToken) -> None:
    """Make the token open nothing from now on. Twice is once."""
    ApiToken.objects.filter(pk=token.pk, revoked_at__isnull=True).update(revoked_at=now())


@transaction.atomic
def end_tokens(person: User, *, of_agents: bool = False) -> int:
    """Revoke every token of the person, or those ``of_agents``; answers how many still opened
    something.
    """
    standing = ApiToken.objects.filter(user=person, revoked_at__isnull=True)
    if of_agents:
        standing = standing.filter(scopes__contains=[Scope.AGENT])
    return standing.update(revoked_at=now())


@transaction.atomic
def change_role(person: User, role: str, *, by: User | None = None, to: User | None = None) -> bool:
    """Give the account another role; answers whether it changed.

    Who becomes a stakeholder holds nothing any more: it goes to ``to``, or to who inherits it by
    rule; and the tokens of their agents end for good. ``by`` is nobody where the single sign-on
    asks for it. Refuses an unknown role, and to take the last manager away (``Invalid``).
    """
    if role not in Role.values:
        raise Invalid({"role": f"Use one of {', '.join(Role.values)}."})
    check_managed(person, role)
    changed = User.objects.filter(pk=person.pk).exclude(role=role).update(role=role)
    person.role = role
    if changed and not person.is_responder:
        end_tokens(person, of_agents=True)
        _hand_on(person, by=by, to=to)
    return bool(changed)


@transaction.atomic
def check_managed(person: User, role: str) -> None:
    """Refuse (``Invalid``) to take the last manager away."""
    managers = User.objects.admins().order_by("pk").select_for_update()
    held = list(managers.values_list("pk", flat=True))
    if role != Role.ADMIN and held == [person.pk]:
        raise Invalid({"role": "The last manager stays one; make another one first."})


@transaction.atomic
def deactivate_person(person: User, *, by: User, to: User | None = None) -> None:
    """End the person's right to sign in, and for good their tokens, sessions and links.

    What they hold goes to ``to``, or to who inherits it by rule. Twice is once. Refuses oneself
    (``Invalid``): the last manager must not lock the door from outside; and a ``to`` who may not
    act on incidents. Streams close within five seconds, because they ask again who is active.
    """
    if person.pk == by.pk:
        raise Invalid({"person": "Ask another manager to deactivate you."})
    ended = User.objects.filter(pk=person.pk, is_active=True).update(is_active=False)
    person.is_active = False
    end_sessions(person)
    end_tokens(person)
    withdraw_invitations(person)
    withdraw_address(person)
    if ended:
        _hand_on(person, by=by, to=to)


@transaction.atomic
def hand_on_what_is_left(person: User, *, by: User, to: User | None = None) -> None:
    """Give what somebody still holds who left or is a stakeholder to ``to``, or by rule.

    Refuses (``Invalid``) somebody who may act on incidents, and a ``to`` who may not.
    """
    if person.is_responder:
        raise Invalid({"person": f"{person.name} is still here and holds what they hold."})
    _hand_on(person, by=by, to=to)


def _hand_on(person: User, *, by: User | None, to: User | None) -> None:
    if to is not None and (to == person or not to.is_responder):
        raise Invalid({"to": f"{to.name} cannot: an active responder or admin takes it over."})
    hand_on(person, by=by, to=to)


@transaction.atomic
def reactivate_person(person: User, *, by: User) -> None:
    """Let a deactivated person sign in again; no old session or token revives. Twice is once."""
    User.objects.filter(pk=person.pk).update(is_active=True)


@transaction.atomic
def change_office(
    person: User,
    *,
    time_zone: str,
    office_start: time,
    office_end: time,
    by_email: bool,
    is_chosen: bool = False,
) -> None:
    """Set when and how the person is nudged about what can wait (P58).

    ``time_zone`` is an IANA name; the working day is local and must not end before it starts. Where
    the zone ``is_chosen``, no sign-in takes the browser's for it any more.
    """
    errors: dict[str, str] = {}
    if time_zone not in zone_names():
        errors["time_zone"] = "Use a name such as Europe/Berlin."
    if office_end <= office_start:
        errors["office_end"] = "The working day ends after it starts."
    if errors:
        raise Invalid(errors)
    User.objects.filter(pk=person.pk).update(
        time_zone=time_zone,
        office_start=office_start,
        office_end=office_end,
        by_email=by_email,
        **({"zone_is_chosen": True} if is_chosen else {}),
    )


def take_zone(person: User, zone: str) -> None:
    """Read by the clock of the browser that somebody signs in with, until they choose a zone.

    Mails and what can wait then follow the clock that the pages show. What is no zone is nothing.
    """
    if zone == person.time_zone or person.zone_is_chosen or zone not in zone_names():
        return
    User.objects.filter(pk=person.pk, zone_is_chosen=False).update(time_zone=zone)
    person.time_zone = zone


@transaction.atomic
def change_preferences(
    person: User,
    *,
    name: str,
    theme: str,
    time_zone: str,
    office_start: time,
    office_end: time,
    by_email: bool,
) -> None:
    """Set what a person decides about themselves: name, look, zone, working day, nudges by mail.

    ``theme`` is one of ``people.models.Theme``; the rest as in ``change_office``. Twice is once.
    """
    errors: dict[str, str] = {}
    try:
        name = read_name(name)
    except Invalid as invalid:
        errors |= invalid.errors
    if theme not in Theme.values:
        errors["theme"] = f"Use one of {', '.join(Theme.values)}."
    if errors:
        raise Invalid(errors)
    change_office(
        person,
        time_zone=time_zone,
        office_start=office_start,
        office_end=office_end,
        by_email=by_email,
        is_chosen=True,
    )
    User.objects.filter(pk=person.pk).update(name=name, theme=theme)
