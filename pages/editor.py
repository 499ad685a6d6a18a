"""How an editor is described, how its form meets an action, and what an accepted form answers."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.contrib import messages
from django.db import OperationalError
from django.http import HttpResponse

from clock.queries import now
from pages.forms import EditForm
from refusals.errors import Invalid, Refused
from waits.trouble import BUSY, is_busy

OVERTAKEN = (
    "Something here was changed while you were writing. It stands with yours: put both together, "
    "and send it again."
)


@dataclass(frozen=True)
class Editor:
    """What an editor says around its fields."""

    title: str
    submit: str = "Save"
    intro: str = ""
    beside: str | None = None
    below: str | None = None
    danger: bool = False
    status: int = 200


def attempt(form: EditForm, act: Callable[[dict[str, Any]], object]) -> int:
    """Run ``act`` on the form's values; 0 when it was done, else the status of the refusal.

    503 when others hold what it needs: nothing was done, and everything typed is on the form.
    """
    if not form.is_valid():
        return 422
    try:
        if form.settled:
            raise Refused("stale", form.settled)
        if form.overtaken():
            raise Refused("stale", OVERTAKEN)
        act(form.cleaned_data)
    except Refused as refusal:
        form.refuse(refusal)
        return refusal.status
    except Invalid as invalid:
        form.mark(invalid)
        return invalid.status
    except OperationalError as error:
        if not is_busy(error):
            raise
        form.refusal = BUSY
        return 503
    return 0


def say_settled(form: EditForm) -> None:
    """Say on an editor that is opened, or open, what became of what it is about."""
    if form.settled and not form.is_bound:
        form.refusal = Refused("stale", form.settled)


def in_dialog(answer: HttpResponse) -> HttpResponse:
    """``answer`` as htmx takes it into the dialog, whatever element had asked."""
    answer.content = (
        b'<hx-partial hx-target="#editor-body" hx-swap="innerHTML">'
        + answer.content
        + b"</hx-partial>"
    )
    return answer


def partials(html: Any) -> str:
    """Regions as htmx takes them into the page."""
    return "\n".join(
        f'<hx-partial hx-target="#{key}" hx-swap="outerMorph">{text}</hx-partial>'
        for key, text in html.items()
    )


def told(answer: HttpResponse, said: str) -> HttpResponse:
    """Tell the page that its form was taken, what to say aloud, and the server's time."""
    answer.headers["HX-Trigger"] = json.dumps({"accepted": {"said": said}})
    answer.headers["Endstate-Now"] = now().isoformat()
    return answer


def is_alone(request: Any, home: str) -> bool:
    """Whether htmx asks from the form's own page, not ``home``: nothing around it is redrawn."""
    return urlsplit(request.htmx.current_url or "").path == request.path != home  # type: ignore[no-any-return]


def taken_back(request: Any, said: str, path: str) -> HttpResponse:
    """It is done: lead from the form's own page to ``path``, which says ``said``."""
    messages.success(request, said)
    answer = told(HttpResponse(), said)
    answer.headers["HX-Redirect"] = path
    return answer
