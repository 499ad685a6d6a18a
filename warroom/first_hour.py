"""What a new installation still lacks before it is needed: a checklist that goes once done."""

from dataclasses import dataclass

from django.db.models import Exists, OuterRef
from django.urls import reverse

from incidents.record.models import Incident, Kind, Service, SeverityPolicy
from notifications.models import Channel, Delivery, State
from people.factors import FACTORS
from people.models import User

TWO_MORE = 3
"""One alone can lead, but neither fix nor approve."""


@dataclass(frozen=True)
class FirstStep:
    """One thing to do once: what, why, and where."""

    title: str
    why: str
    is_done: bool
    href: str
    button: str


def first_steps(user: User) -> list[FirstStep]:
    """What an admin is led through, the done ones too; nothing once all are. Two queries."""
    if not user.is_admin:
        return []
    policies = SeverityPolicy.objects.filter(escalation_contacts__isnull=False)
    sent = Delivery.objects.filter(channel=Channel.EMAIL, state=State.SENT)
    others = User.objects.active()
    found = User.objects.filter(pk=user.pk).annotate(
        has_factor=Exists(User.objects.filter(pk=OuterRef("pk"), authenticator__type__in=FACTORS)),
        has_mail=Exists(sent),
        has_services=Exists(Service.objects.all()),
        has_contacts=Exists(policies),
        has_practised=Exists(Incident.objects.filter(kind=Kind.DRILL)),
    )
    me = found.get()
    steps = [
        FirstStep(
            "Sign in with a second factor",
            "An admin may change everything; a password alone is too little.",
            me.has_factor,
            reverse("mfa_index"),
            "Add one",
        ),
        FirstStep(
            "Invite two people",
            "One alone can lead, but not fix and approve. They get a link by mail and here.",
            others.count() >= TWO_MORE,
            reverse("admin:people_user_add"),
            "Invite",
        ),
        FirstStep(
            "Let mail go out",
            "The first letter that was handed over ticks this by itself.",
            me.has_mail,
            reverse("admin:notifications_delivery_changelist"),
            "Look",
        ),
        FirstStep(
            "Name what can break",
            "Three services are enough to start: name, owner, whom to call in.",
            me.has_services,
            reverse("admin:incidents_service_add"),
            "Add a service",
        ),
        FirstStep(
            "Who hears when promises stay broken?",
            "For SEV1 and SEV2. Empty means nobody.",
            me.has_contacts,
            reverse("admin:incidents_severitypolicy_changelist"),
            "Choose",
        ),
        FirstStep(
            "Practise once",
            "A drill with your own people; nobody outside hears of it.",
            me.has_practised,
            f"{reverse('warroom:new')}?kind=drill",
            "Run a drill",
        ),
    ]
    return [] if all(step.is_done for step in steps) else steps
