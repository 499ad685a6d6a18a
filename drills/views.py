"""Takes the wish that the demo's night be played again."""

from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_POST

from drills.panel import may_play_again
from drills.progress import Progress
from people.requests import PersonRequest


@login_required
@require_POST
def again(request: HttpRequest) -> HttpResponse:
    """Leave the wish for the player. 404 where nothing waits for it; twice is once."""
    progress = Progress.load() if Progress.is_alive() else None
    if progress is None or not may_play_again(cast(PersonRequest, request).user, progress):
        raise Http404
    Progress.wish().touch()
    messages.success(request, "A new night begins in a moment.")
    return HttpResponseRedirect("/")
