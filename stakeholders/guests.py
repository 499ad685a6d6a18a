"""The page behind a share link, for people without an account, and its live audience (P48)."""

from collections.abc import Callable, Collection
from functools import wraps

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from clock.queries import now
from incidents.record.live import OfIncident
from incidents.sharing.queries import link_by, links_by, which_open
from live.state_cache import show
from live.topics import Door, Found, State, Viewer
from pages.refusal import refusal_page
from refusals.errors import NotVisible
from stakeholders.live import STAKEHOLDER_PAGE
from stakeholders.queries import load_page
from stakeholders.unnamed import for_outsiders, unnamed

HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
}
"""Nobody keeps, forwards or lists the address, whatever it is answered."""


class GuestPage(OfIncident):
    """The stakeholder page of one incident, for whoever holds a link to it."""

    name = "guest"
    doors = (Door("/s/{word}/events/", by="link"),)
    regions = STAKEHOLDER_PAGE.regions

    def find(self, door: Door, words: Collection[str]) -> dict[str, Found]:
        """The incidents that these secrets open. One query."""
        return {
            secret: Found(link.incident_id, Viewer("link", link.pk))
            for secret, link in links_by(words).items()
        }

    def load(self, id: int) -> State | None:
        """The page without what outsiders are not told. Ten queries."""
        page = load_page(id)
        if page is None:
            return None
        context = for_outsiders(page, unnamed(page.incident))
        return State(page.version, page.at, context, page.next_change_at)

    def authorise(self, id: int, viewers: Collection[Viewer]) -> set[Viewer]:
        """Those whose link still opens the incident. One query."""
        links = {viewer.id: viewer for viewer in viewers if viewer.kind == "link"}
        return {links[pk] for pk in which_open(id, links)}


GUEST_PAGE = GuestPage()


def _unlisted(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Give every answer of ``view`` the headers of a secret address, *not there* too."""

    @wraps(view)
    def answered(request: HttpRequest, token: str) -> HttpResponse:
        try:
            answer = view(request, token)
        except NotVisible as error:
            title, why = "Nothing here", "The link may have ended. Ask who sent it for a new one."
            answer = refusal_page(request, 404, title, error.sentence, why)
        for name, value in HEADERS.items():
            answer.headers[name] = value
        return answer

    return answered


@_unlisted
@require_safe
def guest(request: HttpRequest, token: str) -> HttpResponse:
    """The page; wrong, revoked, out of time and private since look alike (404)."""
    regions = show(GUEST_PAGE, link_by(token).incident_id)
    if regions is None:
        raise NotVisible
    facts = {"regions": regions, "path": request.path, "now": now()}
    return render(request, "stakeholders/guest.html", facts, using="jinja2")
