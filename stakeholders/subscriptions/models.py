"""Subscriptions: who wants to hear of what, where, and how often (P48)."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from incidents.record.models import Incident, Service
from notifications.models import Endpoint
from people.models import User


class To(models.TextChoices):
    """What is subscribed to."""

    INCIDENT = "incident", "One incident"
    SERVICE = "service", "A service"
    EVERYTHING = "everything", "Everything"


class Way(models.TextChoices):
    """Where the word goes."""

    EMAIL = "email", "By e-mail"
    WEBHOOK = "webhook", "To a webhook"
    CHAT = "chat", "To a chat"
    FEED = "feed", "In my feed"


class Every(models.TextChoices):
    """How often."""

    UPDATE = "update", "Each update"
    DAILY = "daily", "Once a day"


class SubscriptionQuerySet(models.QuerySet["Subscription"]):
    """Selections of subscriptions."""

    def confirmed(self) -> "SubscriptionQuerySet":
        """Whose address agreed."""
        return self.filter(confirmed_at__isnull=False)

    def about(self, incident: Incident) -> "SubscriptionQuerySet":
        """Those that ``incident`` is in: itself, one of its services, everything."""
        services = incident.services.values("pk")
        return self.filter(Q(incident=incident) | Q(service__in=services) | Q(to=To.EVERYTHING))

    def beside(self, row: "Subscription") -> "SubscriptionQuerySet":
        """Those of the same address to the same thing, whoever entered it, ``row`` among them."""
        same = {"to": row.to, "incident": row.incident_id, "service": row.service_id}
        return self.filter(way=row.way, address__iexact=row.address, **same)

    def outside(self) -> "SubscriptionQuerySet":
        """Those of no account: an address, or a channel outside."""
        return self.exclude(way=Way.FEED).filter(~Q(address="") | Q(endpoint__isnull=False))


class Subscription(models.Model):
    """One wish to hear of something.

    ``person`` made it, and it is theirs unless it names an ``address`` of somebody without an
    account or an ``endpoint``. An address hears nothing before it confirmed. ``key`` says all that
    makes two the same one.
    """

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="subscriptions"
    )
    to = models.CharField(max_length=10, choices=To)
    incident = models.ForeignKey(Incident, null=True, blank=True, on_delete=models.CASCADE)
    service = models.ForeignKey(Service, null=True, blank=True, on_delete=models.CASCADE)
    way = models.CharField(max_length=10, choices=Way)
    every = models.CharField(max_length=10, choices=Every, default=Every.UPDATE)
    address = models.CharField(max_length=254, blank=True)
    snapshot = models.BooleanField(
        default=False, db_default=False, help_text="The whole incident comes with its all-clear."
    )
    endpoint = models.ForeignKey(Endpoint, null=True, blank=True, on_delete=models.CASCADE)
    key = models.CharField(max_length=400, unique=True)
    created_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True, blank=True)

    objects = SubscriptionQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(to="incident", incident__isnull=False, service__isnull=True)
                | Q(to="service", incident__isnull=True, service__isnull=False)
                | Q(to="everything", incident__isnull=True, service__isnull=True),
                name="subscription_to_one_thing",
            ),
            models.CheckConstraint(
                condition=Q(way__in=["webhook", "chat"], endpoint__isnull=False)
                | Q(way__in=["email", "feed"], endpoint__isnull=True),
                name="subscription_where",
            ),
            models.CheckConstraint(condition=Q(every__in=Every.values), name="subscription_every"),
        ]

    def __str__(self) -> str:
        return f"{self.what} → {self.where}"

    @property
    def what(self) -> str:
        """What it is to, for people to read."""
        if self.incident is not None:
            return self.incident.ref
        return self.service.name if self.service is not None else "everything"

    @property
    def where(self) -> str:
        """Where it goes, for people to read."""
        if self.endpoint is not None:
            return self.endpoint.name
        return self.address or ("your feed" if self.way == Way.FEED else "your e-mail")

    @property
    def is_of_account(self) -> bool:
        """Whether it reaches its own person, with what that person may see."""
        return not self.address and self.endpoint_id is None


def key_of(
    *, to: str, thing: int | None, way: str, person: User, address: str, endpoint: Endpoint | None
) -> str:
    """What makes two subscriptions the same: to what, by which way, and whose.

    Two people who enter the same address have one each, which is theirs to change and to end; the
    address itself is asked once and hears once.
    """
    mine = f"p{person.pk}"
    whose = f"e{endpoint.pk}" if endpoint else f"{address.lower()}:{mine}" if address else mine
    return f"{to}:{thing or ''}:{way}:{whose}"
