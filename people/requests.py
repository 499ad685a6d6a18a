"""The request of somebody signed in."""

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from people.models import User


class PersonRequest(HttpRequest):
    """A request of somebody signed in, with htmx's headers read."""

    user: User  # type: ignore[assignment]
    htmx: HtmxDetails
