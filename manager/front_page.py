"""The manager's front page: what needs somebody, what was changed, and the lists behind it.

With ``changes`` in its address it is the history of changes, a page of it at a time.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.contrib.admin.models import ADDITION, DELETION, LogEntry
from django.core.paginator import Page, Paginator
from django.http import HttpRequest, HttpResponse

from clock.queries import now
from deadlines.queries import BEHIND_AFTER, last_enforcement
from manager.lists import lists_of
from manager.needs import needs_at
from manager.search import find

#: So many changes stand there, so many on a page of their own; so many letters of a search count.
SHOWN, ON_A_PAGE, LONGEST = 6, 50, 200
#: What is said of a change that left no fields to name.
DONE = {ADDITION: "Added.", DELETION: "Removed."}


@dataclass(frozen=True)
class Changed:
    """One line of the history of all pages: who changed what, and from what to what."""

    at: datetime
    who: str
    kind: str
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
            "changed": _changes(1, SHOWN),
            "changes": _changes(request.GET["changes"], ON_A_PAGE)
            if "changes" in request.GET
            else None,
            "enforced": None if ran is None else timedelta(seconds=int(ran)),
            "is_enforced": ran is not None and ran < BEHIND_AFTER.total_seconds(),
            "version": settings.VERSION,
        }
    return admin.AdminSite.index(admin.site, request, {**more, **(extra_context or {})})


def _changes(number: str | int, length: int) -> Page[Changed]:
    """A page of what was changed on all pages, the newest first; ``number`` as it was asked for."""
    newest = LogEntry.objects.select_related("user", "content_type").order_by("-action_time", "-pk")
    page: Page[Any] = Paginator(newest, length).get_page(number)
    page.object_list = [_changed(one) for one in page.object_list]
    return page


def _changed(one: LogEntry) -> Changed:
    model = one.content_type.model_class() if one.content_type else None
    return Changed(
        at=one.action_time,
        who=str(one.user),
        kind=str(model._meta.verbose_name) if model else "",
        what=one.object_repr,
        how=one.get_change_message() or DONE.get(one.action_flag, "Looked after."),
    )
