"""The library: every review one may read, found by its words."""

from typing import Any

from django.db.models import Exists, OuterRef, Q

from incidents.record.models import Service
from incidents.record.references import number_among
from people.models import User
from postmortems.ideas.models import Idea
from postmortems.items.models import ActionItem
from postmortems.review.models import Postmortem, PostmortemQuerySet
from postmortems.whys.models import Why
from refusals.errors import Invalid


def search(user: User, words: str) -> PostmortemQuerySet:
    """Reviews that hold every one of ``words`` somewhere, newest first; all without words.

    Looked for in title, statement, reference, services, summary, analysis, grid, whys, action items
    and ideas, however it is written.
    """
    found = Postmortem.objects.visible_to(user).select_related("incident", "facilitator")
    for word in words.split()[:8]:
        whys = Why.objects.filter(postmortem=OuterRef("pk"))
        items = ActionItem.objects.filter(postmortem=OuterRef("pk"))
        ideas = Idea.objects.filter(postmortem=OuterRef("pk"))
        services = Service.objects.filter(incidents__postmortem=OuterRef("pk"))
        anywhere: Any = (
            Q(incident__title__says=word)
            | Q(incident__statement__says=word)
            | Q(summary__says=word)
            | Q(analysis__says=word)
            | Q(grid__says=word)
            | Exists(whys.filter(Q(question__says=word) | Q(answer__says=word)))
            | Exists(items.filter(title__says=word))
            | Exists(ideas.filter(text__says=word))
            | Exists(services.filter(name__says=word))
        )
        if (number := number_among(word)) is not None:
            anywhere |= Q(incident__number=number)
        found = found.filter(anywhere)
    return found.order_by("-id")


def service_named(name: str) -> Service:
    """The service with that slug or name, or ``Invalid``. One query."""
    found = Service.objects.filter(Q(slug=name) | Q(name__called=name)).first()
    if found is None:
        raise Invalid({"service": f"No service is called “{name}”."})
    return found
