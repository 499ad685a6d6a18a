"""The pages of the outbox: one's own notifications, and the mailbox where no mail server is set."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from notifications.actions import mark_all_read, mark_read
from notifications.headings import put_headings
from notifications.mailbox import is_kept, newest_mails
from notifications.queries import inbox
from notifications.sight import show
from people.requests import PersonRequest
from refusals.errors import Forbidden, NotVisible

#: From here on the bell says "99+".
COUNTED = 100


@login_required
@never_cache
@require_safe
def notifications(request: PersonRequest) -> HttpResponse:
    """What was addressed to me inside the product, newest first."""
    page = Paginator(inbox(request.user), 50).get_page(request.GET.get("page"))
    has_unread = any(row.read_at is None for row in page)
    rows = list(page)
    show(request.user, rows)
    put_headings(rows)
    facts = {"page": page, "has_unread": has_unread}
    return render(request, "notifications/inbox.html", facts, using="jinja2")


@login_required
@never_cache
@require_safe
def count(request: PersonRequest) -> HttpResponse:
    """The bell of every page: how many of my notifications are unread, and the newest of them.

    Three queries, one where nothing is unread.
    """
    waiting = inbox(request.user).unread().defer("text", "html")[:COUNTED]
    rows = list(waiting)
    show(request.user, rows[:1])
    put_headings(rows[:1])
    facts = {"unread": len(rows), "newest": rows[0] if rows else None}
    return render(request, "notifications/_bell.html", facts, using="jinja2")


@login_required
@never_cache
@require_safe
def open_one(request: PersonRequest, notification_id: UUID) -> HttpResponse:
    """Go to what one of mine is about; it is read from then on.

    One that names nothing this person may see any more leads back to the list.
    """
    row = mark_read(notification_id, by=request.user)
    show(request.user, [row])
    return HttpResponseRedirect(row.url or reverse("notifications:inbox"))


@login_required
@require_POST
def all_read(request: PersonRequest) -> HttpResponse:
    """Mark everything of mine as read."""
    mark_all_read(by=request.user)
    return HttpResponseRedirect(reverse("notifications:inbox"))


@login_required
@never_cache
@require_safe
def mailbox(request: PersonRequest) -> HttpResponse:
    """Every mail that would have left, for managers; there is none once ``EMAIL_URL`` is set."""
    if not request.user.is_admin:
        raise Forbidden("Only managers of the page read the mailbox.")
    if not is_kept():
        raise NotVisible
    facts = {"mails": newest_mails()}
    return render(request, "notifications/mailbox.html", facts, using="jinja2")
