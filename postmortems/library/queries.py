"""The library: every review one may read, found by its words."""

from typing import Any

from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Lower

from incidents.record.models import Service
from people.models import User
from postmortems.items.models import ActionItem
from postmortems.review.models import Postmortem, PostmortemQuerySet
from postmortems.whys.models import Why
from refusals.errors import Invalid


def search(user: User, words: str) -> PostmortemQuerySet:
    """Reviews that hold every one of ``words`` somewhere, newest first; all without words.

    Looked for in title, statement, reference, services, summary, analysis, grid, whys and action
    items, without regard to case.
    """
    found = Postmortem.objects.visible_to(user).select_related("incident", "facilitator")
    for word in words.split()[:8]:
        whys = Why.objects.filter(postmortem=OuterRef("pk"))
        items = ActionItem.objects.filter(postmortem=OuterRef("pk"))
        services = Service.objects.filter(incidents__postmortem=OuterRef("pk"))
        anywhere: Any = (
            Q(incident__title__icontains=word)
            | Q(incident__statement__icontains=word)
            | Q(summary__icontains=word)
            | Q(analysis__icontains=word)
            | Q(grid__icontains=word)
            | Exists(whys.filter(Q(question__icontains=word) | Q(answer__icontains=word)))
            | Exists(items.filter(title__icontains=word))
            | Exists(services.filter(name__icontains=word))
        )
        number = word.upper().removeprefix("INC-")
        if number.isascii() and number.isdecimal() and len(number) < 10:
            anywhere |= Q(incident__number=int(number))
        found = found.filter(anywhere)
    return found.order_by("-id")


def service_named(name: str) -> Service:
    """The service with that slug or name, or ``Invalid``. One query."""
    found = (
        Service.objects.alias(lower=Lower("name"))
        .filter(Q(slug=name) | Q(lower=name.lower()))
        .first()
    )
    if found is None:
        raise Invalid({"service": f"No service is called “{name}”."})
    return found
