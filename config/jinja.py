"""The Jinja2 environment of all our pages: strict, autoescaped, with the filters people read by.

The filters say a value in the words of the pages; which value is shown is decided by queries.
"""

from collections.abc import Callable, Hashable
from datetime import UTC, datetime
from functools import cache, lru_cache, partial
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.middleware.csrf import get_token
from django.templatetags.static import static
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.html import format_html, json_script
from django_htmx.jinja import htmx_script
from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from clock.queries import now
from clock.written import parts_of, written
from incidents.attachments.queries import files_in
from notifications.mailbox import is_kept
from pages.moments import span
from pages.numbers import shown as number
from people.factors import lacks_second_factor


def environment(**options: Any) -> Environment:
    """Django's Jinja2 backend calls this once per process."""
    options.setdefault("undefined", StrictUndefined)
    # There are as many templates as files; a cache that forgets would look through all it has.
    options.setdefault("cache_size", -1)
    env = Environment(**{**options, "autoescape": True}, trim_blocks=True, lstrip_blocks=True)  # noqa: S701
    env.globals.update(
        static=static,
        url=url,
        endstate_version=settings.VERSION,
        once=once,
        server_now=now,
        mailbox_is_kept=is_kept,
        lacks_second_factor=lacks_second_factor,
        single_sign_on_url=single_sign_on_url,
        htmx_script=cache(partial(htmx_script, version=4, extensions="htmax")),
    )
    env.filters.update(
        iso=iso,
        moments=moments,
        written=written,
        utc=utc,
        clock=clock,
        day=day,
        weekday=weekday,
        day_and_clock=day_and_clock,
        span=span,
        number=number,
        files=files_in,
        json_script=json_script,
    )
    return env


def csrf_once(request: HttpRequest) -> dict[str, Any]:
    """The field and the token against forgery, masked once a page instead of once a form.

    Only a page that shows one sets the cookie.
    """
    token = SimpleLazyObject(lambda: get_token(request))
    field = '<input type="hidden" name="csrfmiddlewaretoken" value="{}">'
    return {
        "csrf_token": token,
        "csrf_input": SimpleLazyObject(lambda: format_html(field, token)),
    }


@lru_cache(maxsize=4096)
def url(name: str, *args: Any, **kwargs: Any) -> str:
    """``reverse`` with the arguments as a template writes them; a page asks for many, often."""
    return reverse(name, args=args or None, kwargs=kwargs or None)


@lru_cache(maxsize=4096)
def once(macro: Callable[..., Markup], *facts: Hashable) -> Markup:
    """What ``macro`` makes of ``facts``, made once for the same facts.

    For macros that read nothing but their arguments, and arguments that are equal only when they
    look the same: no models, which are equal by their ids.
    """
    return macro(*facts)


def single_sign_on_url() -> str:
    """Where single sign-on begins; empty when no ``OIDC_ISSUER`` is set."""
    if not settings.SOCIALACCOUNT_PROVIDERS:
        return ""
    return reverse("openid_connect_login", kwargs={"provider_id": "sso"})


def iso(moment: datetime | None) -> str:
    """A moment as machines read it: UTC, to the millisecond, ending in Z. Nothing is empty."""
    if moment is None:
        return ""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def utc(moment: datetime | None) -> str:
    """A moment in full for the hover text: ``21 Nov 2026 03:15:04 UTC``."""
    return f"{moment.astimezone(UTC):%-d %b %Y %H:%M:%S} UTC" if moment else ""


def moments(text: str) -> list[str | datetime]:
    """The words of a stored sentence and the moments written in it, in turn."""
    return list(parts_of(text)) if "UTC" in text else [text]


def clock(moment: datetime | None) -> str:
    """Hours and minutes in UTC; a script of the page rewrites it to the reader's zone."""
    return f"{moment.astimezone(UTC):%H:%M}" if moment else ""


def day(moment: datetime | None) -> str:
    """The day in UTC: ``21 Nov 2026``."""
    return f"{moment.astimezone(UTC):%-d %b %Y}" if moment else ""


def weekday(moment: datetime | None) -> str:
    """The day with its name, in UTC: ``Sat 21 Nov 2026``."""
    return f"{moment.astimezone(UTC):%a %-d %b %Y}" if moment else ""


def day_and_clock(moment: datetime | None) -> str:
    """Day and time in UTC: ``21 Nov 2026 03:15``."""
    return f"{moment.astimezone(UTC):%-d %b %Y %H:%M}" if moment else ""
