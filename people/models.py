"""Accounts, invitations, sign-ins, API tokens.

What a person may do to an incident stands in that app's permissions.
"""

import hashlib
from datetime import datetime
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.contrib.sessions.models import Session
from django.db import models, transaction
from django.db.models.functions import Lower

from people.browsers import browser_named
from prepared import prepared

#: From this length on a password does without a second factor; beside one, the shorter is enough.
LONG_PASSWORD, SHORT_PASSWORD = 15, 8


class Role(models.TextChoices):
    """What an account is for; the role on an incident's roster is another thing."""

    RESPONDER = "responder", "Responder"
    STAKEHOLDER = "stakeholder", "Stakeholder"
    ADMIN = "admin", "Admin"


class Theme(models.TextChoices):
    """Which colour scheme the pages use; ``auto`` follows the system."""

    AUTO = "auto", "Like the system"
    LIGHT = "light", "Light"
    DARK = "dark", "Dark"


class UserQuerySet(models.QuerySet["User"]):
    """Selections of accounts."""

    def with_address(self, email: str) -> "UserQuerySet":
        """Whose address it is, one at most, whatever its case and the spaces around it."""
        return self.filter(email__iexact=email.strip())

    def active(self) -> "UserQuerySet":
        """Accounts that may sign in."""
        return self.filter(is_active=True)

    def responders(self) -> "UserQuerySet":
        """Active accounts that may act on incidents: responders and admins."""
        return self.active().filter(role__in=[Role.RESPONDER, Role.ADMIN])

    def admins(self) -> "UserQuerySet":
        """Active managers of the page."""
        return self.active().filter(role=Role.ADMIN)


class UserManager(BaseUserManager["User"].from_queryset(UserQuerySet)):  # type: ignore[misc]
    """Finds people by e-mail address without regard to case."""

    def get(self, *args: Any, **named: Any) -> "User":
        """As ever. By its id, as each page asks for whoever is signed in, compiled once."""
        match args, named:
            case (), {"pk": int(person), **others} if not others and type(self) is UserManager:
                found = _by_id.first(person)
                if found is None:
                    raise self.model.DoesNotExist
                return found
        return super().get(*args, **named)  # type: ignore[no-any-return]

    def get_by_natural_key(self, email: str | None) -> "User":
        """The account with that address; raises ``User.DoesNotExist``."""
        return self.with_address(email or "").get()  # type: ignore[no-any-return]

    def create_user(self, email: str, password: str | None = None, **fields: object) -> "User":
        """Create an account; without a password it cannot sign in by one."""
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user  # type: ignore[no-any-return]


class User(AbstractBaseUser, PermissionsMixin):
    """A person. Signs in by e-mail; ``name`` is what others read."""

    email = models.EmailField(max_length=254)
    name = models.CharField(max_length=120)
    role = models.CharField(max_length=20, choices=Role, default=Role.RESPONDER)
    is_active = models.BooleanField(default=True)
    time_zone = models.CharField(max_length=64, default="UTC")
    zone_is_chosen = models.BooleanField(
        default=False,
        db_default=False,
        editable=False,
        help_text="Whether somebody chose the zone; else it is the browser's they sign in with.",
    )
    theme = models.CharField(max_length=10, choices=Theme, default=Theme.AUTO)
    office_start = models.TimeField(default="09:00", help_text="Start of their working day.")
    office_end = models.TimeField(default="17:00", help_text="End of their working day.")
    by_email = models.BooleanField("nudges by e-mail", default=True)
    feed_epoch = models.PositiveIntegerField(
        default=0,
        db_default=0,
        editable=False,
        help_text="Raised when the key of their feeds and calendar is renewed.",
    )
    date_joined = models.DateTimeField(auto_now_add=True)
    password_is_short = models.BooleanField(
        default=False, editable=False, help_text="Good enough only beside a second factor."
    )
    #: Whether somebody answers for a new account's address: whoever makes it, or the single
    #: sign-on. A stranger who signs up proves it by a link first.
    address_is_known: ClassVar[bool] = True

    #: The token that speaks for this account in the present request, if one does.
    token: "ApiToken | None" = None

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    class Meta:
        constraints = [
            models.UniqueConstraint(Lower("email"), name="people_user_email_unique"),
            models.CheckConstraint(
                condition=models.Q(role__in=Role.values), name="people_user_role_known"
            ),
        ]
        ordering = ["name", "id"]
        verbose_name = "person"
        verbose_name_plural = "people"

    def __str__(self) -> str:
        return self.name or self.email

    def save(self, **options: Any) -> None:
        """Store the account and, in the same transaction, the address it signs in with.

        An address that an account holds is nobody else's: another row that claims it goes.
        """
        with transaction.atomic():
            super().save(**options)
            written = options.get("update_fields")
            if self.address_is_known and (written is None or "email" in written):
                self._keep_address()

    def _keep_address(self) -> None:
        """Make the account's address its only one, verified; one that stands there stays."""
        addresses = self.emailaddress_set  # type: ignore[attr-defined]
        if addresses.filter(email=self.email).exists():
            return
        addresses.model.objects.filter(models.Q(user=self) | models.Q(email=self.email)).delete()
        addresses.create(email=self.email, primary=True, verified=True)

    def set_password(self, raw_password: str | None) -> None:
        """Set the password, and note whether its length needs a second factor beside it."""
        super().set_password(raw_password)
        self.password_is_short = raw_password is not None and len(raw_password) < LONG_PASSWORD

    def get_full_name(self) -> str:
        """The name others read."""
        return self.name

    def get_short_name(self) -> str:
        """The first word of the name, for tight places."""
        return self.name.split(" ")[0] if self.name else self.email

    @property
    def initials(self) -> str:
        """Two letters that stand for the person on a card."""
        words = [word for word in self.name.split() if word[0].isalnum()]
        letters = words[0][0] + words[-1][0] if len(words) > 1 else (self.name or self.email)[:2]
        return letters.upper()

    @property
    def is_admin(self) -> bool:
        """Whether this is a manager of the page."""
        return self.is_active and self.role == Role.ADMIN

    @property
    def is_program(self) -> bool:
        """Whether this account is being spoken for by a program's token, not by a person.

        It joins no roster and counts for no seat (docs/practices.md, *Programs*). Set where a
        request is identified; false for a person at a page.
        """
        return self.token is not None and self.token.is_program

    @property
    def agent(self) -> "ApiToken | None":
        """The agent that speaks for this account in the present request, if one does (P37)."""
        return self.token if self.token is not None and self.token.is_agent else None

    @property
    def is_responder(self) -> bool:
        """Whether this account may act on incidents: responders and admins."""
        return self.is_active and self.role in (Role.RESPONDER, Role.ADMIN)

    @property
    def is_staff(self) -> bool:
        """What Django's admin asks: may this person enter it."""
        return self.is_admin

    def has_perm(self, perm: str, obj: object = None) -> bool:
        """What Django's admin asks: managers may, as far as each admin page lets them."""
        return self.is_admin

    def has_module_perms(self, app_label: str) -> bool:
        """Whether the admin shows an app at all."""
        return self.is_admin

    @property
    def zone(self) -> ZoneInfo:
        """The person's time zone."""
        return ZoneInfo(self.time_zone)


class Scope(models.TextChoices):
    """What a token may do: ``ingest`` only sends samples, alerts and deployments.

    ``agent`` stands alone: it reads, and suggests what a person then decides (P37).
    """

    READ = "read", "Read"
    WRITE = "write", "Write"
    INGEST = "ingest", "Ingest"
    AGENT = "agent", "Agent"


#: What a token of a person or of their script may have beside each other.
ORDINARY = (Scope.READ, Scope.WRITE, Scope.INGEST)
#: How many calls an agent makes in a minute, unless a manager says otherwise.
CALLS_A_MINUTE = 60


@prepared
def _by_id(person: int) -> "models.QuerySet[User]":
    return User.objects.filter(pk=person).order_by()  # type: ignore[no-any-return]


class ApiToken(models.Model):
    """A program's right to act as one person. Only the SHA-256 of the secret is stored."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=80)
    digest = models.CharField(max_length=64, unique=True)
    scopes = models.JSONField(default=list)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    is_service = models.BooleanField(
        default=False, help_text="Made for a program (api_token --service): it joins no roster."
    )
    calls_a_minute = models.PositiveIntegerField(
        "calls a minute", default=CALLS_A_MINUTE, help_text="Counted for agents only."
    )
    counted_since = models.DateTimeField(null=True, editable=False)
    counted_calls = models.PositiveIntegerField(default=0, editable=False)

    class Meta:
        ordering = ["-created_at"]
        verbose_name = "API token"

    def __str__(self) -> str:
        return f"{self.name} ({self.user})"

    @staticmethod
    def digest_of(secret: str) -> str:
        """The stored form of a secret. 256 random bits need no salt and no slow hash."""
        return hashlib.sha256(secret.encode()).hexdigest()

    def is_valid_at(self, moment: datetime) -> bool:
        """Whether the token opens anything at ``moment``."""
        return (
            self.revoked_at is None
            and self.user.is_active
            and (self.expires_at is None or moment < self.expires_at)
        )

    @property
    def is_program(self) -> bool:
        """Whether a program uses it: made for a service, or without the right to write."""
        return self.is_service or Scope.WRITE not in self.scopes

    @property
    def is_agent(self) -> bool:
        """Whether an agent uses it, for which its person answers (P37)."""
        return Scope.AGENT in self.scopes


class AgentToken(ApiToken):
    """A token of an agent, as managers make one for the person who answers for it."""

    class Meta:
        proxy = True
        verbose_name = "agent"


class SignIn(models.Model):
    """Who is behind a session, from where: what the preferences page lists and can end.

    Written and deleted with the session; where it began is known from signing in.
    """

    session = models.OneToOneField(Session, primary_key=True, on_delete=models.CASCADE)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="sign_ins")
    started_at = models.DateTimeField()
    address = models.CharField(max_length=45, blank=True)
    agent = models.CharField(max_length=200, blank=True)
    by_single_sign_on = models.BooleanField(default=False)

    class Meta:
        ordering = ["-started_at"]

    def __str__(self) -> str:
        return f"{self.user} since {self.started_at}"

    @property
    def browser(self) -> str:
        """What it was signed in with, as people would say it."""
        return browser_named(self.agent)


class SignInAttempt(models.Model):
    """One try with a password, by what it counts for; a good one is taken back.

    ``key`` is a digest of account and address, of one of them, or of a known browser.
    """

    key = models.CharField(max_length=64)
    at = models.DateTimeField(db_index=True)

    class Meta:
        indexes = [models.Index(fields=["key", "at"], name="people_attempts_of")]

    def __str__(self) -> str:
        return f"{self.key[:8]} at {self.at}"


class Invitation(models.Model):
    """A link by which somebody new sets a password or a passkey, once. Only its digest is kept."""

    person = models.ForeignKey(User, on_delete=models.CASCADE, related_name="invitations")
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"for {self.person}, until {self.expires_at}"


class SingleSignOn(models.Model):
    """What an account that came by single sign-on is asked about again, and when.

    ``refresh_token`` and ``access_token`` are sealed. ``checked_at`` is when the question was put
    whose answer counts, ``next_check_at`` when somebody may ask; while they ask it is the end of
    their lease.
    """

    person = models.OneToOneField(User, on_delete=models.CASCADE, related_name="single_sign_on")
    subject = models.CharField(max_length=255)
    access_token = models.TextField(blank=True)
    refresh_token = models.TextField(blank=True)
    checked_at = models.DateTimeField()
    next_check_at = models.DateTimeField(null=True, blank=True, db_index=True)

    def __str__(self) -> str:
        return f"{self.person}, asked {self.checked_at}"
