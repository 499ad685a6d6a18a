"""The Jinja2 environment of all our pages: strict, autoescaped, with the filters people read by."""

from typing import Any

from django.templatetags.static import static
from django.urls import reverse
from jinja2 import Environment, StrictUndefined


def environment(**options: Any) -> Environment:
    """Django's Jinja2 backend calls this once per process."""
    options.setdefault("undefined", StrictUndefined)
    env = Environment(**{**options, "autoescape": True}, trim_blocks=True, lstrip_blocks=True)
    env.globals.update(static=static, url=url)
    return env


def url(name: str, *args: Any, **kwargs: Any) -> str:
    """``reverse`` with the arguments as a template writes them."""
    return reverse(name, args=args or None, kwargs=kwargs or None)
