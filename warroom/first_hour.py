"""What a new installation still lacks before it is needed: a checklist that goes once done."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Exists, OuterRef, QuerySet, Subquery, Value
from django.urls import reverse

from incidents.record.models import Incident, Kind, Service, SeverityPolicy
from notifications.models import Channel, Delivery, State
from people.factors import FACTORS
from people.models import User
from prepared import prepared

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
    """What an admin is led through, the done ones too; nothing once all are. One query."""
    if not user.is_admin:
        return []
    ((factor, mail, services, contacts, practised, people),) = _what_is_there(user.pk)
    steps = [
        FirstStep(
            "Sign in with a second factor",
            "An admin may change everything; a password alone is too little.",
            factor,
            reverse("mfa_index"),
            "Add one",
        ),
        FirstStep(
            "Invite two people",
            "One alone can lead, but not fix and approve. They get a link by mail and here.",
            people >= TWO_MORE,
            reverse("admin:people_user_add"),
            "Invite",
        ),
        FirstStep(
            "Let mail go out",
            "The first letter that was handed over ticks this by itself.",
            mail,
            reverse("admin:notifications_delivery_changelist"),
            "Look",
        ),
        FirstStep(
            "Name what can break",
            "Three services are enough to start: name, owner, whom to call in.",
            services,
            reverse("admin:incidents_service_add"),
            "Add a service",
        ),
        FirstStep(
            "Who hears when promises stay broken?",
            "For SEV1 and SEV2. Empty means nobody.",
            contacts,
            reverse("admin:incidents_severitypolicy_changelist"),
            "Choose",
        ),
        FirstStep(
            "Practise once",
            "A drill with your own people; nobody outside hears of it.",
            practised,
            f"{reverse('warroom:new')}?kind=drill",
            "Run a drill",
        ),
    ]
    return [] if all(step.is_done for step in steps) else steps


@prepared
def _what_is_there(admin: int) -> "QuerySet[User, Any]":
    me = User.objects.filter(pk=OuterRef("pk"), authenticator__type__in=FACTORS)
    sent = Delivery.objects.filter(channel=Channel.EMAIL, state=State.SENT)
    contacts = SeverityPolicy.objects.filter(escalation_contacts__isnull=False)
    drills = Incident.objects.filter(kind=Kind.DRILL)
    active = User.objects.active().order_by().annotate(one=Value(1)).values("one")
    rows: QuerySet[User, Any] = (
        User.objects.filter(pk=admin)
        .annotate(
            has_factor=Exists(me),
            has_mail=Exists(sent),
            has_services=Exists(Service.objects.all()),
            has_contacts=Exists(contacts),
            has_practised=Exists(drills),
            people=Subquery(active.annotate(n=Count("pk")).values("n")),
        )
        .values_list(
            "has_factor", "has_mail", "has_services", "has_contacts", "has_practised", "people"
        )
    )
    return rows
