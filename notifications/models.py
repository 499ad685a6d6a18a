"""The outbox: one row for every message that somebody must get, and how far it has come.

How rows are written stands in ``actions``, how they leave in ``sending`` and ``channels``.
"""

import uuid
from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q

from notifications.about import Reference
from people.models import User


class Channel(models.TextChoices):
    """The ways a message can leave; each has a module of the same name in ``channels``."""

    IN_APP = "in_app", "In Endstate"
    EMAIL = "email", "E-mail"
    WEBHOOK = "webhook", "Webhook"
    CHAT = "chat", "Chat"
    FAN_OUT = "fan_out", "To everybody who asked"


class State(models.TextChoices):
    """``pending → sending → sent``; or ``cancelled``, ``expired``, ``dead``, which are ends too."""

    PENDING = "pending", "Waiting"
    SENDING = "sending", "Being sent"
    SENT = "sent", "Sent"
    CANCELLED = "cancelled", "Cancelled"
    EXPIRED = "expired", "Expired"
    DEAD = "dead", "Given up"


def key_for(key: str, person: User) -> str:
    """The key of what is told to one person under ``key``, without the channel."""
    return f"{key}/p{person.pk}"


UNDERWAY = (State.PENDING, State.SENDING)
SEALED_LINK = "sealed_link"
"""Where a delivery's context keeps a link that is nobody's but the recipient's."""


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    """Selections of deliveries."""

    def underway(self) -> "DeliveryQuerySet":
        """Not at an end yet: waiting or being sent."""
        return self.filter(state__in=UNDERWAY)

    def due(self, moment: "datetime | models.Func") -> "DeliveryQuerySet":
        """What somebody may take at ``moment``: due rows, and rows whose sender's lease ran out."""
        return self.underway().filter(next_attempt_at__lte=moment)

    def inbox_of(self, person_id: int) -> "DeliveryQuerySet":
        """What was addressed to this person inside the product, newest first."""
        return self.filter(person_id=person_id, channel=Channel.IN_APP, state=State.SENT).order_by(
            "-created_at", "-id"
        )

    def ended_before(self, moment: datetime) -> "DeliveryQuerySet":
        """At an end since before ``moment``: sent, cancelled, expired or given up."""
        return self.filter(settled_at__lt=moment)

    def unread(self) -> "DeliveryQuerySet":
        """Not marked read."""
        return self.filter(read_at__isnull=True)


class Delivery(models.Model):
    """One message to one recipient over one channel.

    ``id`` is the stable Message-ID: a retry carries the same one. ``key`` says what the row is for
    and can exist once. ``source`` names the obligation behind it (``deadline:17``), so that all its
    messages can be cancelled at once. Rows of the same person and channel with the same ``digest``
    leave as one message. ``target`` is the machine it is handed to where a channel has several
    (``ShutTarget``); ``unsure`` counts tries after which nobody knows whether it has it.
    ``next_attempt_at`` is when somebody may take the row; while it is being
    sent that is the end of the sender's lease. ``attempt`` fences the completion.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    key = models.CharField(max_length=200, unique=True)
    channel = models.CharField(max_length=10, choices=Channel)
    kind = models.CharField(max_length=40)
    step = models.CharField(max_length=40, blank=True)
    source = models.CharField(max_length=60, blank=True)
    digest = models.CharField(max_length=80, blank=True)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="deliveries",
    )
    address = models.CharField(max_length=500, blank=True, help_text="Where no person is named.")
    target = models.CharField(max_length=200, blank=True, default="", db_default="")
    incident_id = models.BigIntegerField(null=True, blank=True)
    incident_ref = models.CharField(max_length=20, blank=True)

    subject_line = models.CharField(max_length=200)
    text = models.TextField()
    html = models.TextField(blank=True)
    url = models.CharField(max_length=500, blank=True)
    context = models.JSONField(default=dict, blank=True)

    state = models.CharField(max_length=10, choices=State, default=State.PENDING)
    due_at = models.DateTimeField()
    next_attempt_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    attempt = models.PositiveIntegerField(default=0)
    crashes = models.PositiveSmallIntegerField(default=0)
    replays = models.PositiveSmallIntegerField(default=0)
    unsure = models.PositiveSmallIntegerField(default=0, db_default=0)
    cancelled_reason = models.CharField(max_length=200, blank=True)
    last_error = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)
    read_at = models.DateTimeField(null=True, blank=True)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "deliveries"
        ordering = ["created_at", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=State.values), name="delivery_state_known"
            ),
            models.CheckConstraint(
                condition=Q(channel__in=Channel.values), name="delivery_channel_known"
            ),
            models.CheckConstraint(
                condition=Q(person__isnull=False) | ~Q(address=""), name="delivery_has_recipient"
            ),
            # The books balance by constraint: what is underway has a next moment and no end,
            # what is at an end has an end and no next moment.
            models.CheckConstraint(
                condition=Q(
                    state__in=["pending", "sending"],
                    next_attempt_at__isnull=False,
                    settled_at__isnull=True,
                )
                | Q(
                    state__in=["sent", "cancelled", "expired", "dead"],
                    next_attempt_at__isnull=True,
                    settled_at__isnull=False,
                ),
                name="delivery_in_one_state",
            ),
            models.CheckConstraint(
                condition=Q(state="sent", sent_at__isnull=False)
                | Q(~Q(state="sent"), sent_at__isnull=True),
                name="delivery_sent_has_moment",
            ),
        ]
        indexes = [
            models.Index(
                fields=["channel", "next_attempt_at"],
                name="delivery_underway",
                condition=Q(state__in=["pending", "sending"]),
            ),
            models.Index(
                fields=["source"],
                name="delivery_underway_source",
                condition=Q(state__in=["pending", "sending"]),
            ),
            models.Index(
                fields=["person", "-created_at"],
                name="delivery_inbox",
                condition=Q(channel="in_app"),
            ),
            models.Index(
                fields=["incident_id", "-settled_at"],
                name="delivery_dead",
                condition=Q(state="dead"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.subject_line or self.kind} · {self.recipient}"

    @property
    def about(self) -> Reference | None:
        """What it is about, as far as the row keeps it."""
        if self.incident_id is None:
            return None
        return Reference(self.incident_id, self.incident_ref, self.url)

    @property
    def recipient(self) -> str:
        """Who gets it, for people to read."""
        if self.person:
            return self.person.name
        return str(self.context.get("to") or self.address)


class ShutTarget(models.Model):
    """A machine messages are handed to that does not take any at the moment.

    ``target`` as in ``Delivery``; empty stands for the whole channel. Nobody tries before
    ``opens_at``, then one sender tries for all. The row goes when a message was taken.
    """

    channel = models.CharField(max_length=10, choices=Channel)
    target = models.CharField(max_length=200, blank=True)
    failures = models.PositiveIntegerField(default=1)
    opens_at = models.DateTimeField()
    last_error = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["channel", "target"], name="shut_target_once"),
        ]

    def __str__(self) -> str:
        return f"{self.channel} {self.target}".strip()


class EndpointKind(models.TextChoices):
    """What speaks at an endpoint; each has its way of saying things in ``channels``."""

    WEBHOOK = "webhook", "Webhook"
    SLACK = "slack", "Slack"
    TEAMS = "teams", "Teams"
    MATTERMOST = "mattermost", "Mattermost"
    DISCORD = "discord", "Discord"
    APPRISE = "apprise", "Apprise"


class Endpoint(models.Model):
    """A place outside that messages go to: a webhook of somebody's own, or the hook of a chat.

    Managers make them; people and the API call them channels. ``url`` and ``secret`` are sealed,
    since whoever knows a chat's hook can write there; ``host`` is what of it is shown.
    ``room_url`` is the address under which people open the chat: incidents linked to it are told
    there. One that answered that it is gone (410) is disabled and says why.
    """

    kind = models.CharField(max_length=10, choices=EndpointKind)
    name = models.CharField(max_length=80, unique=True)
    url = models.TextField()
    secret = models.TextField(blank=True)
    host = models.CharField(max_length=260)
    room_url = models.CharField(max_length=500, blank=True)
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField()
    disabled_at = models.DateTimeField(null=True, blank=True)
    succeeded_at = models.DateTimeField(null=True, blank=True)
    failed_at = models.DateTimeField(null=True, blank=True)
    last_error = models.CharField(max_length=500, blank=True)

    class Meta:
        verbose_name = "channel outside"
        verbose_name_plural = "channels outside"
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=EndpointKind.values), name="endpoint_kind_known"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def channel(self) -> str:
        """The way out of the outbox that leads there."""
        return Channel.WEBHOOK if self.kind == EndpointKind.WEBHOOK else Channel.CHAT

    @property
    def address(self) -> str:
        """What a delivery to it is addressed to; it is a target of its own."""
        return f"{ENDPOINT}{self.pk}"


ENDPOINT = "endpoint:"


class ChannelStatus(Delivery):
    """The outbox seen channel by channel; gives the admin a page of its own for that."""

    class Meta:
        proxy = True
        verbose_name = "channel"
        verbose_name_plural = "channels"
