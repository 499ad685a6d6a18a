"""The manager's front page: what needs somebody, what was changed, and the lists behind it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.http import HttpRequest, HttpResponse

from clock.queries import now
from deadlines.queries import BEHIND_AFTER, last_enforcement
from manager.lists import lists_of
from manager.needs import needs_at
from manager.search import find

#: So many changes stand there, and so many letters of what is searched for count.
SHOWN, LONGEST = 6, 200


@dataclass(frozen=True)
class Changed:
    """One line of the history of all pages: who changed what, and from what to what."""

    at: datetime
    who: str
    what: str
    how: str


def front_page(request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
    """The index of the admin with what needs somebody above its lists."""
    more: dict[str, Any] = {}
    if request.user.is_authenticated:
        moment = now()
        every = needs_at(moment)
        tiles = lists_of(admin.site.get_app_list(request))
        words = " ".join(request.GET.get("q", "").split())[:LONGEST]
        ran = last_enforcement().age_s
        more = {
            "needs": [need for need in every if need.count],
            "figures": [need for need in every if need.figure],
            "total": sum(need.count for need in every),
            "lists": tiles,
            "words": words,
            "found": find(words, tiles),
            "changed": _changed_lately(),
            "enforced": None if ran is None else timedelta(seconds=int(ran)),
            "is_enforced": ran is not None and ran < BEHIND_AFTER.total_seconds(),
            "version": settings.VERSION,
        }
    return admin.AdminSite.index(admin.site, request, {**more, **(extra_context or {})})


def _changed_lately() -> list[Changed]:
    newest = LogEntry.objects.select_related("user").order_by("-action_time", "-pk")
    return [
        Changed(one.action_time, str(one.user), one.object_repr, one.get_change_message())
        for one in newest[:SHOWN]
    ]
